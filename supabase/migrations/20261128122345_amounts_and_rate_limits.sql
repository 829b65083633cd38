-- amounts and rate limits
set check_function_bodies = off;

create domain platform.amount as numeric(14, 6) constraint amount_check check (value >= 0);

create domain platform.token_count as int constraint token_count_check check (value >= 0);

create domain platform.token_sum as bigint constraint token_sum_check check (value >= 0);

-- A model server that reported usage below zero could have left such amounts; they count as nothing.
alter table public.llm_calls
  alter column reserved_cost type platform.amount using greatest(reserved_cost, 0),
  alter column cost type platform.amount using greatest(cost, 0),
  alter column input_tokens type platform.token_count using greatest(input_tokens, 0),
  alter column output_tokens type platform.token_count using greatest(output_tokens, 0);

-- PostgreSQL 17 changes no column of a table whose row type stands in a function with a parsed body. So these functions are
-- removed and made again.
do $$
declare
  functions oid[] := array(
    select p.oid from pg_proc p
    where p.prosqlbody is not null and p.pronamespace = 'platform'::regnamespace
      and 'public.runs'::regtype = any (p.proargtypes::oid[]));
  definitions text[] := array(select pg_get_functiondef(f) from unnest(functions) f);
  name regprocedure;
  definition text;
begin
  foreach name in array functions::regprocedure[] loop
    execute format('drop function %s', name);
  end loop;
  alter table public.runs
    alter column cost type platform.amount using greatest(cost, 0),
    alter column input_tokens type platform.token_sum using greatest(input_tokens, 0),
    alter column output_tokens type platform.token_sum using greatest(output_tokens, 0);
  foreach definition in array definitions loop
    execute definition;
  end loop;
end
$$;

alter table platform.spend
  alter column cost type platform.amount using greatest(cost, 0),
  alter column reserved type platform.amount using greatest(reserved, 0);

CREATE OR REPLACE FUNCTION platform.rate_limit_delay(r public.runs)
 RETURNS integer
 LANGUAGE sql
AS $function$
  select ceil(least(120, 2 ^ least(count(*) + 1, 7)) * (1 - random() / 2))::int
  from public.run_steps s
  where s.run_id = r.id and s.kind = 'notice' and s.data ->> 'code' = 'model_rate_limited'
    and s.seq > coalesce((select max(m.seq) from public.run_steps m where m.run_id = r.id and m.kind = 'model'), 0)
$function$
;

CREATE OR REPLACE FUNCTION platform.reserve_call(r public.runs, provider text, model text, input_tokens integer, max_output_tokens integer)
 RETURNS platform.reservation
 LANGUAGE plpgsql
AS $function$
declare
  worst platform.amount := (select price.cost from platform.cost_of(model, input_tokens, max_output_tokens) price);
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
$function$
;

CREATE OR REPLACE FUNCTION platform.retry_run(run_id uuid, fence integer, error jsonb, delay_seconds integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  r public.runs := platform.hold_run(run_id, fence);
  is_limited boolean := error ->> 'code' = 'model_rate_limited' and r.deadline_at is not null;
  delay int := delay_seconds;
begin
  if is_limited then
    delay := greatest(delay, platform.rate_limit_delay(r));
    if platform.now() + make_interval(secs => delay) >= r.deadline_at then
      return platform.save_one(platform.end_run(r, 'failed', error ->> 'code', null, error));
    end if;
  elsif r.attempts + 1 >= coalesce(platform.limit_of(r.persona_version_id, 'max_attempts'), 5) then
    return platform.save_one(platform.end_run(r, 'failed', error ->> 'code', null, error));
  else
    r.attempts := r.attempts + 1;
  end if;
  r.status := 'queued';
  r.cost := r.cost + platform.lose_model_calls(r);
  r.error := retry_run.error;
  perform platform.remove('runs_' || r.lane, r.msg_id);
  r.msg_id := platform.send_run(r, delay);
  return platform.save_one(platform.transition(r, array[
    platform.step('notice', jsonb_build_object('code', error ->> 'code',
      'message', format('%s Trying again in %s s.', error ->> 'message', delay))),
    platform.status_step('running', 'queued')], answer => '{"status": "queued"}'));
end
$function$
;

CREATE OR REPLACE FUNCTION platform.settle_model_call(r public.runs, call jsonb, OUT cost numeric, OUT input_tokens integer, OUT output_tokens integer, OUT step platform.new_step, OUT event platform.new_event)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
    'input_tokens', l.input_tokens, 'output_tokens', l.output_tokens, 'cost', l.cost::text)
    || case when call ? 'thinking' then jsonb_build_object('thinking', call -> 'thinking') else '{}' end, l.latency_ms);
  event := platform.audit_event('persona', r.persona_id, 'model.called', jsonb_build_object(
    'llm_call_id', l.id, 'provider', l.provider, 'model', l.model, 'cost', l.cost,
    'input_tokens', l.input_tokens, 'output_tokens', l.output_tokens));
end
$function$
;
