-- Caps: limits on cost and calls that a persona or a workspace sets. Only capped scopes have a row in platform.spend. A
-- reservation locks that row, so that concurrent calls cannot exceed the cap together; uncapped work needs no lock. If a cap
-- is set in the middle of a day or month, its scope starts with what the calls of that time have cost so far. Amounts are in
-- the currency of model_prices.

-- The caps that apply to a run, one row each, with the reason that the run ends with if it reaches the cap. The cap per run
-- comes from the version that the run uses. Caps per day and month come from the persona's current version, so that nobody
-- can bypass them with an old version. PostgreSQL inlines this function, so keep it one plain query.
create function platform.caps_of(r public.runs)
returns table (scope text, reason text, max_cost numeric, max_calls int)
language sql stable
begin atomic
  with limits as (
    select v.limits as run, now_set.limits as persona, w.limits as workspace,
      to_char(platform.now() at time zone 'UTC', 'YYYY-MM-DD') as day,
      to_char(platform.now() at time zone 'UTC', 'YYYY-MM') as month
    from public.persona_versions v
    join public.personas p on p.id = v.persona_id
    join public.persona_versions now_set on now_set.id = p.current_version_id
    join public.workspaces w on w.id = v.workspace_id
    where v.id = r.persona_version_id
  )
  select c.scope, c.reason, c.max_cost, c.max_calls
  from limits, lateral (values
    ('run:' || r.id, 'run_budget', (run ->> 'cost_per_run')::numeric, (run ->> 'calls_per_run')::int),
    ('persona:' || r.persona_id || ':' || day, 'persona_day_budget', (persona ->> 'cost_per_day')::numeric, (persona ->> 'calls_per_day')::int),
    ('persona:' || r.persona_id || ':' || month, 'persona_month_budget', (persona ->> 'cost_per_month')::numeric, (persona ->> 'calls_per_month')::int),
    ('workspace:' || r.workspace_id || ':' || day, 'workspace_day_budget', (workspace ->> 'cost_per_day')::numeric, (workspace ->> 'calls_per_day')::int),
    ('workspace:' || r.workspace_id || ':' || month, 'workspace_month_budget', (workspace ->> 'cost_per_month')::numeric, (workspace ->> 'calls_per_month')::int)
  ) c (scope, reason, max_cost, max_calls)
  where c.max_cost is not null or c.max_calls is not null;
end;

-- The cost of a model call, as one row, by the first price that there is: the workspace's for this model, the operator's for
-- this model, the workspace's for all others, the operator's for all others. It is a table function so that PostgreSQL
-- inlines it.
create function platform.cost_of(workspace_id uuid, model text, input_tokens bigint, output_tokens bigint)
returns table (cost numeric)
language sql stable
begin atomic
  select (input_tokens * p.input_per_million + output_tokens * p.output_per_million) / 1000000
  from public.model_prices p
  where p.model in (cost_of.model, '*') and (p.workspace_id is null or p.workspace_id = cost_of.workspace_id)
  order by p.model = '*', p.workspace_id is null limit 1;
end;

-- The model calls of a scope, if that is a day or month of a persona or workspace; no rows for the scope of a run.
create function platform.calls_in(scope text) returns setof public.llm_calls
language plpgsql stable
as $$
declare
  owner_id uuid := split_part(scope, ':', 2);
  since timestamptz := left(nullif(split_part(scope, ':', 3), '') || '-01', 10)::timestamp at time zone 'UTC';
begin
  return query
  select l.* from public.llm_calls l
  where (l.persona_id = owner_id and l.created_at >= since) or (l.workspace_id = owner_id and l.created_at >= since);
end
$$;

-- What a scope starts with when a cap is set: the costs and open reservations of its calls.
create function platform.spend_so_far(scope text) returns platform.spend
language plpgsql stable
as $$
declare
  s platform.spend;
begin
  select spend_so_far.scope, coalesce(sum(l.cost), 0), coalesce(sum(l.reserved_cost), 0), count(*) into s
  from platform.calls_in(spend_so_far.scope) l;
  return s;
end
$$;

create function platform.spend_of(scope text) returns platform.spend
language plpgsql stable
as $$
declare
  s platform.spend;
begin
  select * into s from platform.spend x where x.scope = spend_of.scope;
  return case when found then s else platform.spend_so_far(spend_of.scope) end;
end
$$;

-- The refusal of a new run whose persona or workspace has used up a cap; null if none is used up.
create function platform.budget_refusal(p public.personas) returns jsonb
language sql stable
as $$
  select jsonb_build_object('status', 402, 'code', 'budget_exhausted',
    'message', case c.reason
      when 'persona_day_budget' then 'The persona''s budget for today'
      when 'persona_month_budget' then 'The persona''s budget for this month'
      when 'workspace_day_budget' then 'The workspace''s budget for today'
      else 'The workspace''s budget for this month'
    end || ' is used up. Raise it, or wait for the next ' || case when c.reason like '%day%' then 'day.' else 'month.' end)
  from platform.caps_of(jsonb_populate_record(null::public.runs, jsonb_build_object(
    'persona_id', p.id, 'workspace_id', p.workspace_id, 'persona_version_id', p.current_version_id))) c,
    platform.spend_of(c.scope) s
  where c.reason <> 'run_budget' and (s.cost + s.reserved >= c.max_cost or s.calls >= c.max_calls)
  limit 1
$$;

-- Ends a run because a cap does not allow its next call, and raises an alert. `refused` comes from reserve_call. The answer
-- is {stopped}.
create function platform.stop_at_cap(r public.runs, refused jsonb) returns platform.transition
language plpgsql
as $$
declare
  reason text := refused ->> 'stopped';
  cap record;
  stopped platform.transition;
begin
  select * into cap from jsonb_to_record(refused -> 'cap') as c (scope text, reason text, max_cost numeric, max_calls int);
  stopped := platform.end_run(r, 'failed', reason, null, jsonb_build_object('code', reason,
    'message', 'The next model call could have exceeded the budget, so it was not made.'));
  perform platform.alert_of_cap(r, cap, 'A run was stopped because its next model call could have exceeded the budget.');
  stopped.answer := jsonb_build_object('stopped', reason);
  return stopped;
end
$$;
