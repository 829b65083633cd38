-- Guards against runs that cost more than they bring: alerts before a cap, runaway detection.

-- Raises an alert once; the same one is not raised again while it is open.
create function platform.raise_alert(
  workspace_id uuid, persona_id uuid, kind text, message text, details jsonb default '{}'
) returns void
language sql
as $$
  insert into public.alerts (workspace_id, persona_id, kind, message, details)
  values (raise_alert.workspace_id, raise_alert.persona_id, raise_alert.kind, raise_alert.message, raise_alert.details)
  on conflict (kind, coalesce(persona_id, workspace_id)) where resolved_at is null do nothing
$$;

-- 80 % of a day's or a month's cap spent raises an alert; the run's own cap only ends the run. `scopes` were just settled.
create function platform.warn_of_caps(r public.runs, scopes text[]) returns void
language plpgsql
as $$
declare
  cap record;
begin
  for cap in
    select c.* from platform.caps_of(r) c join platform.spend s on s.scope = c.scope
    where c.scope = any (scopes) and (s.cost >= 0.8 * c.max_cost or s.calls >= 0.8 * c.max_calls)
  loop
    perform platform.alert_of_cap(r, cap, '80 % of a cap is used. At 100 % runs stop.');
  end loop;
end
$$;

create function platform.alert_of_cap(r public.runs, cap record, message text) returns void
language plpgsql
as $$
declare
  s platform.spend;
begin
  if cap.reason = 'run_budget' then
    return;
  end if;
  select * into s from platform.spend where scope = cap.scope;
  perform platform.raise_alert(r.workspace_id, case when cap.scope like 'persona:%' then r.persona_id end, cap.reason, message,
    jsonb_build_object('scope', cap.scope, 'cost', s.cost, 'max_cost', cap.max_cost, 'calls', s.calls, 'max_calls', cap.max_calls));
end
$$;

-- An alert holds through its cap's day or month, until the cap is changed and less than 80 % of it is used.
create function platform.cap_alert_holds(a public.alerts) returns boolean
language plpgsql stable
as $$
declare
  period text := split_part(a.details ->> 'scope', ':', 3);
  unit text := case when length(period) = 10 then 'day' else 'month' end;
  limits jsonb;
  max_cost numeric;
  max_calls int;
  s platform.spend;
begin
  if period not in (
    to_char(platform.now() at time zone 'UTC', 'YYYY-MM-DD'), to_char(platform.now() at time zone 'UTC', 'YYYY-MM')
  ) then
    return false;
  end if;
  if a.persona_id is null then
    select w.limits into limits from public.workspaces w where w.id = a.workspace_id;
  else
    select v.limits into limits
    from public.personas p join public.persona_versions v on v.id = p.current_version_id where p.id = a.persona_id;
  end if;
  max_cost := limits ->> ('cost_per_' || unit);
  max_calls := limits ->> ('calls_per_' || unit);
  if max_cost is not distinct from (a.details ->> 'max_cost')::numeric
    and max_calls is not distinct from (a.details ->> 'max_calls')::int then
    return true;
  end if;
  select * into s from platform.spend where scope = a.details ->> 'scope';
  return coalesce(s.cost >= 0.8 * max_cost, false) or coalesce(s.calls >= 0.8 * max_calls, false);
end
$$;

create function platform.resolve_cap_alerts() returns void
language sql
as $$
  update public.alerts a set resolved_at = platform.now()
  where a.resolved_at is null and a.kind like '%\_budget' and not platform.cap_alert_holds(a)
$$;

-- Resolves an alert by hand. Refuses: alert_not_found, not_allowed.
create function public.resolve_alert(alert_id uuid) returns public.alerts
language plpgsql security definer set search_path = ''
as $$
declare
  a public.alerts;
begin
  select * into a from public.alerts where id = resolve_alert.alert_id;
  if a.id is null or not (public.is_workspace_member(a.workspace_id) or public.is_platform_admin()) then
    perform platform.refuse(404, 'alert_not_found', 'There is no such alert.');
  end if;
  if not (public.is_workspace_member(a.workspace_id, 'admin') or public.is_platform_admin()
    or coalesce(public.can_edit_persona(a.persona_id), false)) then
    perform platform.refuse(403, 'not_allowed', 'Only an admin may resolve this alert.');
  end if;
  if a.resolved_at is not null then
    return a;
  end if;
  update public.alerts set resolved_at = platform.now(), resolved_by = auth.uid() where id = a.id returning * into a;
  perform platform.audit_as_me(a.workspace_id, 'alert.resolved', jsonb_build_object('alert_id', alert_id, 'kind', a.kind), a.persona_id);
  return a;
end
$$;

-- Is the run going round in circles, or out of steps? Null, or {code, message}: the reason that it ends with.
--   step_limit      it used its `max_segments`
--   repeated_call   the same call with the same arguments, more often than `max_repeats`
--   no_progress     more than `max_idle_segments` segments in a row that brought no new call
-- `made_before`: how often each of the calls was made already (null when there are none).
create function platform.runaway(r public.runs, made_before int[]) returns jsonb
language plpgsql stable
as $$
declare
  limits jsonb := (
    select a.default_limits || v.limits
    from public.persona_versions v join public.agents a on a.id = v.agent_id where v.id = r.persona_version_id);
begin
  if r.segment >= (limits ->> 'max_segments')::int then
    return jsonb_build_object('code', 'step_limit', 'message', format('The run used its %s steps without an end.', r.segment));
  end if;
  if r.idle_segments >= coalesce((limits ->> 'max_idle_segments')::int, 10) then
    return jsonb_build_object('code', 'no_progress', 'message', 'The run went on and on without a new step, so it was ended.');
  end if;
  if coalesce((limits ->> 'max_repeats')::int, 5) <= any (made_before) then
    return jsonb_build_object('code', 'repeated_call', 'message', 'The run made the same call again and again, so it was ended.');
  end if;
  return null;
end
$$;

-- How often a run has made each of these calls, with the same arguments, before. A question to people may be asked again:
-- its count is 0 or null.
create function platform.made_before(run_id uuid, calls jsonb) returns int[]
language plpgsql stable
as $$
begin
  return (
    select array_agg((
      select case when c ->> 'tool' <> 'ask_human' or count(*) = 0 then count(*) end from public.tool_runs t
      where t.run_id = made_before.run_id and t.tool_name = c ->> 'tool'
        and t.arguments_hash = platform.hash_arguments(coalesce(c -> 'arguments', '{}'))))
    from jsonb_array_elements(calls) c
  );
end
$$;

grant execute on function public.resolve_alert(uuid) to authenticated;
