-- Money: each model call reserves its worst case before it is made and is settled after it (DESIGN 7).
--
-- A cap is a limit that the run's persona version or the workspace sets. Only capped scopes have a row in
-- platform.spend, locked while a call is reserved, so that concurrent calls cannot overshoot together and uncapped
-- work waits for nobody. Amounts are in the currency of model_prices.

create table platform.spend (
  -- 'run:<id>', 'persona:<id>:2026-11-23', 'persona:<id>:2026-11', 'workspace:<id>:…'; days and months are UTC.
  scope text primary key,
  cost numeric(14, 6) not null default 0,
  reserved numeric(14, 6) not null default 0,
  calls int not null default 0
);
alter table platform.spend enable row level security;

-- The caps that a run stands under: one row each, with the reason that its run ends with when it is reached.
create function platform.caps_of(r public.runs)
returns table (scope text, reason text, max_cost numeric, max_calls int)
language plpgsql stable set search_path = ''
as $$
begin
  return query
  with limits as (
    select v.limits as persona, w.limits as workspace,
      to_char(platform.now() at time zone 'UTC', 'YYYY-MM-DD') as day,
      to_char(platform.now() at time zone 'UTC', 'YYYY-MM') as month
    from public.persona_versions v join public.workspaces w on w.id = v.workspace_id
    where v.id = r.persona_version_id
  )
  select c.scope, c.reason, c.max_cost, c.max_calls
  from limits, lateral (values
    ('run:' || r.id, 'run_budget', (persona ->> 'cost_per_run')::numeric, (persona ->> 'calls_per_run')::int),
    ('persona:' || r.persona_id || ':' || day, 'persona_day_budget', (persona ->> 'cost_per_day')::numeric, (persona ->> 'calls_per_day')::int),
    ('persona:' || r.persona_id || ':' || month, 'persona_month_budget', (persona ->> 'cost_per_month')::numeric, (persona ->> 'calls_per_month')::int),
    ('workspace:' || r.workspace_id || ':' || day, 'workspace_day_budget', (workspace ->> 'cost_per_day')::numeric, (workspace ->> 'calls_per_day')::int),
    ('workspace:' || r.workspace_id || ':' || month, 'workspace_month_budget', (workspace ->> 'cost_per_month')::numeric, (workspace ->> 'calls_per_month')::int)
  ) c (scope, reason, max_cost, max_calls)
  where c.max_cost is not null or c.max_calls is not null;
end
$$;

create function platform.cost_of(model text, input_tokens bigint, output_tokens bigint) returns numeric
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select (input_tokens * p.input_per_million + output_tokens * p.output_per_million) / 1000000
    from public.model_prices p where p.model in (cost_of.model, '*')
    order by p.model = '*' limit 1
  );
end
$$;

-- Before a run starts: is a cap of its persona or workspace used up already? Null, or the refusal.
create function platform.budget_refusal(p public.personas) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('status', 402, 'code', 'budget_exhausted',
    'message', 'The budget is used up (' || c.reason || '). Raise the cap, or wait for the next period.')
  from platform.caps_of(jsonb_populate_record(null::public.runs, jsonb_build_object(
    'persona_id', p.id, 'workspace_id', p.workspace_id, 'persona_version_id', p.current_version_id))) c
  join platform.spend s using (scope)
  where s.cost + s.reserved >= c.max_cost or s.calls >= c.max_calls
  limit 1
$$;

-- Reserves several model calls in one transaction: calls = [{run_id, fence, provider, model, input_tokens,
-- max_output_tokens}]. Returns what begin_model_call returns for each, in order. One that is refused refuses all of them.
create function platform.begin_model_calls(calls jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c record;
  begun jsonb[] := '{}';
begin
  perform platform.lock_runs(calls);
  for c in
    select call.* from rows from (jsonb_to_recordset(calls) as (
      run_id uuid, fence int, provider text, model text, input_tokens int, max_output_tokens int
    )) with ordinality as call (run_id, fence, provider, model, input_tokens, max_output_tokens, place)
    left join public.runs r on r.id = call.run_id
    order by r.workspace_id, r.persona_id
  loop
    begun[c.place] := platform.begin_model_call(
      c.run_id, c.fence, c.provider, c.model, c.input_tokens, c.max_output_tokens);
  end loop;
  return to_jsonb(begun);
end
$$;

-- Reserves the worst case of one model call. Returns {llm_call_id}, or {stopped: reason} when a cap does not allow it:
-- the run is then failed with that reason, in this transaction.
create function platform.begin_model_call(
  run_id uuid, fence int, provider text, model text, input_tokens int, max_output_tokens int
) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  r public.runs := platform.hold_run(run_id, fence);
  worst numeric := platform.cost_of(model, input_tokens, max_output_tokens);
  cap record;
  reserved_in text[] := '{}';
  call_id uuid := platform.uuid_v7();
begin
  -- 'workspace:…' before 'run:…' before 'persona:…': the order of locks of lock_runs
  for cap in select * from platform.caps_of(r) order by scope desc loop
    insert into platform.spend as s (scope, reserved, calls) values (cap.scope, worst, 1)
    on conflict (scope) do update set reserved = s.reserved + worst, calls = s.calls + 1;
    reserved_in := reserved_in || cap.scope;
    if exists (
      select from platform.spend s where s.scope = cap.scope and (s.cost + s.reserved > cap.max_cost or s.calls > cap.max_calls)
    ) then
      return platform.stop_at_cap(r, reserved_in, cap.reason, worst);
    end if;
    perform platform.warn_of_cap(r, cap);
  end loop;
  insert into public.llm_calls (
    id, run_id, workspace_id, persona_id, segment, provider, model, reserved_cost, scopes, trace_id)
  values (
    call_id, r.id, r.workspace_id, r.persona_id, r.segment, begin_model_call.provider, begin_model_call.model, worst,
    reserved_in, r.trace_id);
  return jsonb_build_object('llm_call_id', call_id);
end
$$;

-- Takes back what the refused call reserved, and ends the run.
create function platform.stop_at_cap(r public.runs, scopes text[], reason text, worst numeric) returns jsonb
language plpgsql set search_path = ''
as $$
begin
  update platform.spend set reserved = reserved - worst, calls = calls - 1 where scope = any (scopes);
  perform platform.end_run(r, 'failed', reason, null, jsonb_build_object('code', reason,
    'message', 'The next model call could cost more than the cap allows, so it was not made.'));
  return jsonb_build_object('stopped', reason);
end
$$;

-- Settles a call that succeeded: its real cost in its row and the scopes. The caller adds it to the run.
create function platform.settle_model_call(r public.runs, call jsonb) returns public.llm_calls
language plpgsql set search_path = ''
as $$
declare
  l public.llm_calls;
  reserved numeric;
begin
  select * into l from public.llm_calls where id = (call ->> 'id')::uuid and run_id = r.id;
  reserved := l.reserved_cost;
  update public.llm_calls set
    status = 'succeeded', reserved_cost = 0, finished_at = platform.now(),
    cost = platform.cost_of(l.model, (call ->> 'input_tokens')::int, (call ->> 'output_tokens')::int),
    input_tokens = (call ->> 'input_tokens')::int, output_tokens = (call ->> 'output_tokens')::int,
    latency_ms = (call ->> 'latency_ms')::int, first_token_ms = (call ->> 'first_token_ms')::int
  where id = l.id
  returning * into l;
  perform platform.settle_spend(l.scopes, reserved, l.cost);
  perform platform.audit(r.workspace_id, 'persona', r.persona_id, 'model.called', jsonb_build_object(
    'llm_call_id', l.id, 'provider', l.provider, 'model', l.model, 'cost', l.cost,
    'input_tokens', l.input_tokens, 'output_tokens', l.output_tokens), r.persona_id, r.id, r.trace_id);
  return l;
end
$$;

-- The step of a settled call; `call` as in commit_segment.
create function platform.model_step(l public.llm_calls, call jsonb) returns jsonb
language sql stable
return platform.step('model', jsonb_build_object(
  'llm_call_id', l.id, 'model', l.model, 'text', call ->> 'text', 'tool_calls', call -> 'tool_calls',
  'input_tokens', l.input_tokens, 'output_tokens', l.output_tokens, 'cost', l.cost::text), l.latency_ms);

-- Turns what a call reserved in its scopes into what it cost. Locks them in the order of begin_model_call: what is shared
-- by more runs first.
create function platform.settle_spend(scopes text[], reserved numeric, cost numeric) returns void
language plpgsql set search_path = ''
as $$
begin
  if scopes = '{}' then
    return;
  end if;
  perform from platform.spend s where s.scope = any (scopes) order by s.scope desc for update;
  update platform.spend s set reserved = greatest(s.reserved - settle_spend.reserved, 0), cost = s.cost + settle_spend.cost
  where s.scope = any (scopes);
end
$$;

-- Settles a call that failed: what it reserved is free again. error = {code, message}.
create function platform.fail_model_call(llm_call_id uuid, error jsonb, latency_ms int) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  l public.llm_calls;
begin
  select * into l from public.llm_calls where id = fail_model_call.llm_call_id and status = 'started' for update;
  if not found then
    return;
  end if;
  update public.llm_calls set status = 'failed', reserved_cost = 0, error = fail_model_call.error,
    latency_ms = fail_model_call.latency_ms, finished_at = platform.now()
  where id = l.id;
  perform platform.settle_spend(l.scopes, l.reserved_cost, 0);
  perform platform.audit(l.workspace_id, 'persona', l.persona_id, 'model.failed', jsonb_build_object(
    'llm_call_id', l.id, 'provider', l.provider, 'model', l.model, 'error', error ->> 'code'), l.persona_id, l.run_id, l.trace_id);
end
$$;

-- Settles the calls that a lost worker or an ended run left open. Nobody knows what the provider billed, so their
-- worst case counts as their cost: a cap holds even then. Returns the sum, which the caller adds to the run.
create function platform.lose_model_calls(r public.runs) returns numeric
language plpgsql set search_path = ''
as $$
declare
  lost record;
  total numeric := 0;
begin
  for lost in
    with open as (
      select id, reserved_cost from public.llm_calls where run_id = r.id and status = 'started'
    )
    update public.llm_calls l set status = 'failed', cost = open.reserved_cost, reserved_cost = 0,
      error = '{"code": "outcome_unknown"}', finished_at = platform.now()
    from open where l.id = open.id
    returning l.cost, l.scopes
  loop
    perform platform.settle_spend(lost.scopes, lost.cost, lost.cost);
    total := total + lost.cost;
  end loop;
  return total;
end
$$;

grant execute on function platform.begin_model_calls(jsonb), platform.fail_model_call(uuid, jsonb, int)
  to platform_executor;
