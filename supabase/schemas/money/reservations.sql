-- Reserving, settling and releasing the cost of a model call.

-- Reserves the highest possible cost of a further model call of a segment (begin_segment has reserved the first one).
-- call = {fence, provider, model, input_tokens, max_output_tokens}; the answer is `told` of reserve_call.
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

-- Reserves the highest possible cost of one model call. The caller adds the returned call to its transition.
create function platform.reserve_call(
  r public.runs, provider text, model text, input_tokens int, max_output_tokens int
) returns platform.reservation
language plpgsql
as $$
declare
  worst platform.amount := (select price.cost from platform.cost_of(r.workspace_id, model, input_tokens, max_output_tokens) price);
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

-- Adds a call to a scope. Returns the row of the scope, which is then locked.
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

-- Inserts the row of a scope, for the first call under a new cap or in a new day or month. Calls that are open now will be
-- settled in this scope as well. Calls that another transaction is settling now count with their reserved cost. Calls that
-- are being reserved now, by other transactions or for other runs of this one, are not counted.
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

-- Settles a call that succeeded: writes its real cost to its row and its scopes. `call` is as in commit_segment. The caller
-- adds the returned sums to the run.
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
    cross join lateral platform.cost_of(o.workspace_id, o.model, (call ->> 'input_tokens')::int, (call ->> 'output_tokens')::int) price
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
    'input_tokens', l.input_tokens, 'output_tokens', l.output_tokens, 'cost', l.cost::text)
    || case when call ? 'thinking' then jsonb_build_object('thinking', call -> 'thinking') else '{}' end, l.latency_ms);
  event := platform.audit_event('persona', r.persona_id, 'model.called', jsonb_build_object(
    'llm_call_id', l.id, 'provider', l.provider, 'model', l.model, 'cost', l.cost,
    'input_tokens', l.input_tokens, 'output_tokens', l.output_tokens));
end
$$;

-- Replaces the reserved cost of a call in its scopes by the real cost, and warns if that is close to a cap. Locks the scopes
-- in the order of reserve_call.
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

-- Settles a call that failed. The tokens are those that the provider may bill: none if it refused the call, otherwise what it
-- had received and sent when the call broke off. error = {code, message}.
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
    cost = (
      select price.cost
      from platform.cost_of(l.workspace_id, l.model, fail_model_call.input_tokens, fail_model_call.output_tokens) price),
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

-- Releases the reservation of a call that was not made.
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

-- Settles the open calls of a lost worker or an ended run. Nobody knows what the provider billed, so their highest possible
-- cost counts, and caps hold even then. Returns the sum, which the caller adds to the run.
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

grant execute on function
  platform.fail_model_call(uuid, jsonb, int, int, int),
  platform.release_model_call(uuid)
  to platform_executor;
