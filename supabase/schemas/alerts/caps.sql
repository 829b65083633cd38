-- Alerts about caps: a warning before a cap is reached, which the sweep resolves when it no longer applies.

-- Raises an alert if 80 % of a daily or monthly cap is used. The cap per run raises none, it only ends the run. `scopes` are
-- the scopes that were just settled.
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
    perform platform.alert_of_cap(r, cap, '80 % of the budget is used. Runs stop when it is used up.');
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

-- Whether an alert still applies: during the day or month of its cap, unless the cap was changed and less than 80 % of it is
-- used.
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
