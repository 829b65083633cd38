-- Money: each model call reserves its worst case before it is made and is settled after it (DESIGN 7).
--
-- A cap is a limit that the persona or the workspace sets. Only capped scopes have a row in platform.spend, locked while
-- a call is reserved, so that concurrent calls cannot overshoot together and uncapped work waits for nobody. A scope
-- that is capped in the middle of its day or month begins with what its calls have cost so far. Amounts are in the
-- currency of model_prices.

create table platform.spend (
  -- 'run:<id>', 'persona:<id>:2026-11-23', 'persona:<id>:2026-11', 'workspace:<id>:…'; days and months are UTC.
  scope text primary key,
  cost numeric(14, 6) not null default 0,
  reserved numeric(14, 6) not null default 0,
  calls int not null default 0
);
alter table platform.spend enable row level security;

-- The caps that a run stands under: one row each, with the reason that its run ends with when it is reached. The run's own
-- cap is that of the version that it runs with; those of a day or a month are the persona's as it is now, so that nobody
-- gets around them with an older version. Written so that it is put in place where it is asked for.
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

-- One row, as a table so that it is put in place where it is asked for.
create function platform.cost_of(model text, input_tokens bigint, output_tokens bigint) returns table (cost numeric)
language sql stable
begin atomic
  select (input_tokens * p.input_per_million + output_tokens * p.output_per_million) / 1000000
  from public.model_prices p where p.model in (cost_of.model, '*')
  order by p.model = '*' limit 1;
end;

-- The model calls of a scope that is a persona's or a workspace's day or month; none for a run's.
create function platform.calls_in(scope text) returns setof public.llm_calls
language plpgsql stable
as $$
declare
  whose uuid := split_part(scope, ':', 2);
  since timestamptz := left(nullif(split_part(scope, ':', 3), '') || '-01', 10)::timestamp at time zone 'UTC';
begin
  return query
  select l.* from public.llm_calls l
  where (l.persona_id = whose and l.created_at >= since) or (l.workspace_id = whose and l.created_at >= since);
end
$$;

-- What a scope begins with when it is capped: what its calls have cost and hold.
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

-- Before a run starts: is a cap of its persona or workspace used up already? Null, or the refusal.
create function platform.budget_refusal(p public.personas) returns jsonb
language sql stable
as $$
  select jsonb_build_object('status', 402, 'code', 'budget_exhausted',
    'message', 'The budget is used up (' || c.reason || '). Raise the cap, or wait for the next period.')
  from platform.caps_of(jsonb_populate_record(null::public.runs, jsonb_build_object(
    'persona_id', p.id, 'workspace_id', p.workspace_id, 'persona_version_id', p.current_version_id))) c,
    platform.spend_of(c.scope) s
  where c.reason <> 'run_budget' and (s.cost + s.reserved >= c.max_cost or s.calls >= c.max_calls)
  limit 1
$$;

-- Reserves the worst case of one more model call of a segment (begin_segment has reserved the first).
-- call = {fence, provider, model, input_tokens, max_output_tokens}; the answer is that of reserve_call.
create function platform.begin_model_call(r public.runs, call jsonb) returns platform.transition
language plpgsql
as $$
declare
  reserved platform.reservation;
begin
  perform platform.require_claim(r, (call ->> 'fence')::int);
  reserved := platform.reserve_call(r, call ->> 'provider', call ->> 'model', (call ->> 'input_tokens')::int,
    (call ->> 'max_output_tokens')::int);
  if reserved.refused is not null then
    return platform.stop_at_cap(r, reserved.refused);
  end if;
  return platform.transition(r, answer => reserved.told, model_calls => reserved.calls);
end
$$;

-- Reserves the worst case of one model call. The caller brings it with its transition.
create function platform.reserve_call(
  r public.runs, provider text, model text, input_tokens int, max_output_tokens int
) returns platform.reservation
language plpgsql
as $$
declare
  worst numeric := (select price.cost from platform.cost_of(model, input_tokens, max_output_tokens) price);
  cap record;
  s platform.spend;
  reserved_in text[] := '{}';
  call_id uuid := platform.uuid_v7();
  made platform.reservation;
begin
  -- 'workspace:…' before 'run:…' before 'persona:…': the order of locks of write_transitions
  for cap in select * from platform.caps_of(r) order by scope desc loop
    s := platform.reserve_in(cap.scope, worst);
    reserved_in := reserved_in || cap.scope;
    if s.cost + s.reserved > cap.max_cost or s.calls > cap.max_calls then
      update platform.spend set reserved = reserved - worst, calls = calls - 1 where scope = any (reserved_in);
      made.refused := jsonb_build_object('stopped', cap.reason, 'cap', to_jsonb(cap));
      return made;
    end if;
  end loop;
  made.calls := array[row(call_id, r.segment, provider, model, worst, reserved_in)::platform.new_model_call];
  made.told := jsonb_build_object(
    'llm_call_id', call_id, 'input_tokens', input_tokens, 'max_output_tokens', max_output_tokens);
  return made;
end
$$;

-- Adds a call to a scope and returns the scope's row, locked.
create function platform.reserve_in(scope text, worst numeric) returns platform.spend
language plpgsql
as $$
declare
  reserved platform.spend;
begin
  update platform.spend s set reserved = s.reserved + worst, calls = s.calls + 1
  where s.scope = reserve_in.scope returning * into reserved;
  if not found then
    perform platform.open_scope(reserve_in.scope);
    reserved := platform.reserve_in(reserve_in.scope, worst);
  end if;
  return reserved;
end
$$;

-- The first call under a new cap, or of a new day or month, opens the scope's row. Calls that are open at this moment are
-- settled in it as well; those that are being settled just now count as much as they hold. Not seen are calls that others, or
-- this transaction for other runs, are reserving at the moment when the cap is set.
create function platform.open_scope(scope text) returns void
language plpgsql
as $$
declare
  so_far platform.spend;
  held numeric;
begin
  insert into platform.spend (scope) values (open_scope.scope) on conflict do nothing;
  if not found then
    return;
  end if;
  with open as (
    select o.id from public.llm_calls o
    where o.id in (select c.id from platform.calls_in(open_scope.scope) c where c.status = 'started')
    for update skip locked
  ), taken as (
    update public.llm_calls l set scopes = l.scopes || open_scope.scope
    from open where l.id = open.id and l.status = 'started' returning l.reserved_cost
  )
  select coalesce(sum(t.reserved_cost), 0) into held from taken t;
  so_far := platform.spend_so_far(open_scope.scope);
  update platform.spend s set cost = so_far.cost + so_far.reserved - held, reserved = held, calls = so_far.calls
  where s.scope = open_scope.scope;
end
$$;

-- Ends a run whose next call a cap does not allow, and tells people of the cap. `refused` is what reserve_call said. The
-- answer is {stopped}.
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
    'message', 'The next model call could cost more than the cap allows, so it was not made.'));
  perform platform.alert_of_cap(r, cap, 'A run was stopped: its next model call could have passed a cap.');
  stopped.answer := jsonb_build_object('stopped', reason);
  return stopped;
end
$$;

-- Settles a call that succeeded: its real cost in its row and the scopes. `call` as in commit_segment. The caller adds
-- what is returned to the run.
create function platform.settle_model_call(
  r public.runs, call jsonb, out cost numeric, out input_tokens int, out output_tokens int, out step platform.new_step,
  out event platform.new_event
)
language plpgsql
as $$
#variable_conflict use_column
declare
  l record;
begin
  with open as (
    select o.id, o.reserved_cost as reserved, price.cost
    from public.llm_calls o
    cross join lateral platform.cost_of(o.model, (call ->> 'input_tokens')::int, (call ->> 'output_tokens')::int) price
    where o.id = (call ->> 'id')::uuid and o.run_id = r.id
  )
  update public.llm_calls c set
    status = 'succeeded', reserved_cost = 0, finished_at = platform.now(),
    cost = open.cost, input_tokens = (call ->> 'input_tokens')::int, output_tokens = (call ->> 'output_tokens')::int,
    latency_ms = (call ->> 'latency_ms')::int, first_token_ms = (call ->> 'first_token_ms')::int
  from open where c.id = open.id
  returning c.id, c.provider, c.model, c.cost, c.input_tokens, c.output_tokens, c.latency_ms, c.scopes, open.reserved into l;
  perform platform.settle_spend(r, l.scopes, l.reserved, l.cost);
  cost := l.cost;
  input_tokens := l.input_tokens;
  output_tokens := l.output_tokens;
  step := platform.step('model', jsonb_build_object(
    'llm_call_id', l.id, 'model', l.model, 'text', call ->> 'text', 'tool_calls', call -> 'tool_calls',
    'input_tokens', l.input_tokens, 'output_tokens', l.output_tokens, 'cost', l.cost::text), l.latency_ms);
  event := platform.audit_event('persona', r.persona_id, 'model.called', jsonb_build_object(
    'llm_call_id', l.id, 'provider', l.provider, 'model', l.model, 'cost', l.cost,
    'input_tokens', l.input_tokens, 'output_tokens', l.output_tokens));
end
$$;

-- Turns what a call reserved in its scopes into what it cost, and warns where that comes near a cap. Locks them in the
-- order of begin_model_call: what is shared by more runs first.
create function platform.settle_spend(r public.runs, scopes text[], reserved numeric, cost numeric) returns void
language plpgsql
as $$
begin
  if scopes = '{}' then
    return;
  end if;
  perform from platform.spend s where s.scope = any (scopes) order by s.scope desc for update;
  update platform.spend s set reserved = greatest(s.reserved - settle_spend.reserved, 0), cost = s.cost + settle_spend.cost
  where s.scope = any (scopes);
  perform platform.warn_of_caps(r, scopes);
end
$$;

-- Settles a call that failed. The tokens are what the provider may bill: none when it refused the call, else what it
-- took in and had sent when the call was cut. error = {code, message}.
create function platform.fail_model_call(
  llm_call_id uuid, error jsonb, latency_ms int, input_tokens int default 0, output_tokens int default 0
) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs;
  l public.llm_calls;
  reserved numeric;
begin
  select * into r from public.runs
  where id = (select c.run_id from public.llm_calls c where c.id = fail_model_call.llm_call_id) for update;
  select * into l from public.llm_calls where id = fail_model_call.llm_call_id and status = 'started' for update;
  if not found then
    return;
  end if;
  reserved := l.reserved_cost;
  update public.llm_calls set status = 'failed', reserved_cost = 0, error = fail_model_call.error,
    cost = (select price.cost from platform.cost_of(l.model, fail_model_call.input_tokens, fail_model_call.output_tokens) price),
    input_tokens = fail_model_call.input_tokens, output_tokens = fail_model_call.output_tokens,
    latency_ms = fail_model_call.latency_ms, finished_at = platform.now()
  where id = l.id
  returning * into l;
  update public.runs set cost = runs.cost + l.cost, input_tokens = runs.input_tokens + l.input_tokens,
    output_tokens = runs.output_tokens + l.output_tokens
  where id = r.id and l.input_tokens > 0;
  perform platform.settle_spend(r, l.scopes, reserved, l.cost);
  perform platform.audit(l.workspace_id, 'persona', l.persona_id, 'model.failed', jsonb_build_object(
    'llm_call_id', l.id, 'provider', l.provider, 'model', l.model, 'cost', l.cost, 'error', error ->> 'code'),
    l.persona_id, l.run_id, l.trace_id);
end
$$;

-- Takes back the reservation of a call that was not made.
create function platform.release_model_call(llm_call_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  l public.llm_calls;
begin
  perform from public.runs
  where id = (select c.run_id from public.llm_calls c where c.id = release_model_call.llm_call_id) for update;
  delete from public.llm_calls where id = release_model_call.llm_call_id and status = 'started' returning * into l;
  perform from platform.spend s where s.scope = any (l.scopes) order by s.scope desc for update;
  update platform.spend s set reserved = greatest(s.reserved - l.reserved_cost, 0), calls = s.calls - 1
  where s.scope = any (l.scopes);
end
$$;

-- Settles the calls that a lost worker or an ended run left open. Nobody knows what the provider billed, so their
-- worst case counts as their cost: a cap holds even then. Returns the sum, which the caller adds to the run.
create function platform.lose_model_calls(r public.runs) returns numeric
language plpgsql
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
    perform platform.settle_spend(r, lost.scopes, lost.cost, lost.cost);
    total := total + lost.cost;
  end loop;
  return total;
end
$$;

grant execute on function platform.fail_model_call(uuid, jsonb, int, int, int), platform.release_model_call(uuid)
  to platform_executor;
