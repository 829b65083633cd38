-- What work costs, for people: today and this month (UTC, as the caps count), by persona and by model, with the caps.

-- How much of its caps a scope has used, as {day, month} of {cost, reserved, calls, max_cost, max_calls}. `cost` is settled,
-- `reserved` belongs to calls under way, caps that are not set are null. `scope` is 'workspace:<id>' or 'persona:<id>'.
create function platform.use_of_caps(scope text, limits jsonb) returns jsonb
language sql stable
as $$
  select jsonb_object_agg(period.name, jsonb_build_object(
    'cost', s.cost, 'reserved', s.reserved, 'calls', s.calls,
    'max_cost', (limits ->> ('cost_per_' || period.name))::numeric,
    'max_calls', (limits ->> ('calls_per_' || period.name))::int))
  from (values ('day', 'YYYY-MM-DD'), ('month', 'YYYY-MM')) period (name, format),
    platform.spend_of(use_of_caps.scope || ':' || to_char(platform.now() at time zone 'UTC', period.format)) s
$$;

-- The figures of this month's calls of a workspace, or of one persona of it: {by_persona, by_model, by_day}, the dearest
-- first. Only calls of personas that the signed-in person may see are counted.
create function platform.spending_lines(workspace_id uuid, persona_id uuid default null) returns jsonb
language sql stable
as $$
  with period as (
    select date_trunc('day', platform.now(), 'UTC') as today, date_trunc('month', platform.now(), 'UTC') as month
  ), seen as materialized (
    select p.id, p.name from public.personas p
    where p.workspace_id = spending_lines.workspace_id and (spending_lines.persona_id is null or p.id = spending_lines.persona_id)
      and public.can_view_persona(p.id)
  ), figures as (
    select l.persona_id, l.provider, l.model, (l.created_at at time zone 'UTC')::date as day,
      grouping(l.persona_id) = 0 as is_persona, grouping(l.model) = 0 as is_model,
      coalesce(sum(l.cost) filter (where l.created_at >= period.today), 0) as today_cost,
      count(*) filter (where l.created_at >= period.today) as today_calls,
      sum(l.cost) as month_cost, count(*) as month_calls,
      sum(l.input_tokens) as input_tokens, sum(l.output_tokens) as output_tokens
    from period
    join public.llm_calls l on l.created_at >= period.month and l.workspace_id = spending_lines.workspace_id
      and (spending_lines.persona_id is null or l.persona_id = spending_lines.persona_id)
    where l.persona_id in (select s.id from seen s)
    group by grouping sets ((l.persona_id), (l.provider, l.model), ((l.created_at at time zone 'UTC')::date))
  ), lines as (
    select f.*, s.name, jsonb_build_object(
      'today_cost', f.today_cost, 'today_calls', f.today_calls, 'month_cost', f.month_cost, 'month_calls', f.month_calls,
      'input_tokens', f.input_tokens, 'output_tokens', f.output_tokens) as told
    from figures f left join seen s on s.id = f.persona_id
  )
  select jsonb_build_object(
    'by_persona', coalesce(jsonb_agg(l.told || jsonb_build_object('persona_id', l.persona_id, 'name', l.name)
      order by l.month_cost desc, l.month_calls desc, l.name) filter (where l.is_persona), '[]'),
    'by_model', coalesce(jsonb_agg(l.told || jsonb_build_object('provider', l.provider, 'model', l.model)
      order by l.month_cost desc, l.month_calls desc, l.model) filter (where l.is_model), '[]'),
    'by_day', coalesce(jsonb_agg(jsonb_build_object('day', l.day, 'cost', l.month_cost, 'calls', l.month_calls)
      order by l.day) filter (where l.day is not null), '[]'))
  from lines l
$$;

-- The spending of a workspace. `workspace` counts all of its calls, because the caps do; the lines leave out personas that the
-- caller may not see, and those that were deleted.
-- Returns {currency, today, workspace, has_first_limits, by_persona, by_model, by_day}; `workspace` is as in use_of_caps.
create function public.workspace_spending(workspace_id uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  w public.workspaces;
begin
  perform platform.require_workspace(workspace_spending.workspace_id, 'viewer');
  select * into w from public.workspaces where id = workspace_spending.workspace_id;
  return platform.spending_lines(w.id) || jsonb_build_object(
    'currency', platform.currency(), 'today', (platform.now() at time zone 'UTC')::date,
    'workspace', platform.use_of_caps('workspace:' || w.id, w.limits), 'has_first_limits', w.limits = platform.first_limits());
end
$$;

-- The spending of a persona, with its own caps and those of its workspace, which stop it as well.
-- Returns the fields of workspace_spending without by_persona, and `persona`, which is as in use_of_caps.
create function public.persona_spending(persona_id uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  p public.personas := platform.require_persona(persona_id, 'viewer');
  w public.workspaces;
  limits jsonb := (select v.limits from public.persona_versions v where v.id = p.current_version_id);
begin
  select * into w from public.workspaces where id = p.workspace_id;
  return platform.spending_lines(w.id, p.id) - 'by_persona' || jsonb_build_object(
    'currency', platform.currency(), 'today', (platform.now() at time zone 'UTC')::date,
    'persona', platform.use_of_caps('persona:' || p.id, limits),
    'workspace', platform.use_of_caps('workspace:' || w.id, w.limits), 'has_first_limits', w.limits = platform.first_limits());
end
$$;

grant execute on function public.workspace_spending(uuid), public.persona_spending(uuid) to authenticated;
