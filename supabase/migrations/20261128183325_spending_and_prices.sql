-- spending and prices
set check_function_bodies = off;

drop policy "everyone signed in sees prices" on public.model_prices;

alter table public.model_prices drop constraint model_prices_pkey;

drop function platform.cost_of(model text, input_tokens bigint, output_tokens bigint);

alter table public.model_prices add column workspace_id uuid;

CREATE OR REPLACE FUNCTION platform.cost_of(workspace_id uuid, model text, input_tokens bigint, output_tokens bigint)
 RETURNS TABLE(cost numeric)
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 SELECT ((((cost_of.input_tokens)::numeric * p.input_per_million) + ((cost_of.output_tokens)::numeric * p.output_per_million)) / (1000000)::numeric)
    FROM public.model_prices p
   WHERE ((p.model = ANY (ARRAY[cost_of.model, '*'::text])) AND ((p.workspace_id IS NULL) OR (p.workspace_id = cost_of.workspace_id)))
   ORDER BY (p.model = '*'::text), (p.workspace_id IS NULL)
  LIMIT 1;
END
;

CREATE OR REPLACE FUNCTION platform.currency()
 RETURNS text
 LANGUAGE sql
 STABLE
RETURN (SELECT p.currency FROM public.model_prices p WHERE ((p.model = '*'::text) AND (p.workspace_id IS NULL)))
;

CREATE OR REPLACE FUNCTION platform.fail_model_call(llm_call_id uuid, error jsonb, latency_ms integer, input_tokens integer DEFAULT 0, output_tokens integer DEFAULT 0)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION platform.first_limits()
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
RETURN '{"cost_per_day": 10, "cost_per_month": 100}'::jsonb
;

CREATE OR REPLACE FUNCTION platform.require_price_owner(workspace_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  if workspace_id is null then
    perform platform.require_platform_admin();
  else
    perform platform.require_workspace(workspace_id, 'admin');
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.reserve_call(r public.runs, provider text, model text, input_tokens integer, max_output_tokens integer)
 RETURNS platform.reservation
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION platform.spending_lines(workspace_id uuid, persona_id uuid DEFAULT NULL::uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION platform.use_of_caps(scope text, limits jsonb)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
AS $function$
  select jsonb_object_agg(period.name, jsonb_build_object(
    'cost', s.cost, 'reserved', s.reserved, 'calls', s.calls,
    'max_cost', (limits ->> ('cost_per_' || period.name))::numeric,
    'max_calls', (limits ->> ('calls_per_' || period.name))::int))
  from (values ('day', 'YYYY-MM-DD'), ('month', 'YYYY-MM')) period (name, format),
    platform.spend_of(use_of_caps.scope || ':' || to_char(platform.now() at time zone 'UTC', period.format)) s
$function$
;

CREATE OR REPLACE FUNCTION public.create_workspace(name text)
 RETURNS public.workspaces
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  w public.workspaces;
begin
  if length(btrim(coalesce(name, ''))) not between 1 and 80 then
    perform platform.refuse(422, 'invalid_input', 'The name of a workspace must have 1 to 80 characters.');
  end if;
  insert into public.workspaces (name, limits, created_by)
  values (btrim(create_workspace.name), platform.first_limits(), auth.uid()) returning * into w;
  insert into public.workspace_members (workspace_id, user_id, role) values (w.id, auth.uid(), 'owner');
  perform platform.audit_as_me(w.id, 'workspace.created', jsonb_build_object('name', w.name));
  return w;
end
$function$
;

CREATE OR REPLACE FUNCTION public.delete_price(model text, workspace_id uuid DEFAULT NULL::uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform platform.require_price_owner(delete_price.workspace_id);
  delete from public.model_prices p
  where p.model = delete_price.model and p.workspace_id is not distinct from delete_price.workspace_id
    and not (p.model = '*' and p.workspace_id is null);
  if not found then
    perform platform.refuse(404, 'price_not_found', 'There is no such price, or it is the one that every unknown model needs.');
  end if;
  perform platform.audit_as_me(delete_price.workspace_id, 'price.deleted', jsonb_build_object('model', delete_price.model));
end
$function$
;

CREATE OR REPLACE FUNCTION public.persona_spending(persona_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION public.save_price(model text, input_per_million numeric, output_per_million numeric, workspace_id uuid DEFAULT NULL::uuid)
 RETURNS public.model_prices
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  p public.model_prices;
begin
  perform platform.require_price_owner(save_price.workspace_id);
  if not coalesce(length(btrim(save_price.model)) between 1 and 200, false)
    or not coalesce(save_price.input_per_million between 0 and 100000, false)
    or not coalesce(save_price.output_per_million between 0 and 100000, false) then
    perform platform.refuse(422, 'invalid_input', 'Name a model, and two prices from 0 to 100,000 per million tokens.');
  end if;
  insert into public.model_prices as old (model, input_per_million, output_per_million, currency, source, workspace_id)
  values (btrim(save_price.model), save_price.input_per_million, save_price.output_per_million, platform.currency(),
    case when save_price.workspace_id is null then 'Set by a platform admin.' else 'Set by an admin of the workspace.' end,
    save_price.workspace_id)
  on conflict on constraint model_prices_model_workspace_id_key do update set
    input_per_million = excluded.input_per_million, output_per_million = excluded.output_per_million,
    source = excluded.source, updated_at = platform.now()
  returning * into p;
  perform platform.audit_as_me(p.workspace_id, 'price.saved', jsonb_build_object('model', p.model,
    'input_per_million', p.input_per_million, 'output_per_million', p.output_per_million, 'currency', p.currency));
  return p;
end
$function$
;

CREATE OR REPLACE FUNCTION public.workspace_spending(workspace_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  w public.workspaces;
begin
  perform platform.require_workspace(workspace_spending.workspace_id, 'viewer');
  select * into w from public.workspaces where id = workspace_spending.workspace_id;
  return platform.spending_lines(w.id) || jsonb_build_object(
    'currency', platform.currency(), 'today', (platform.now() at time zone 'UTC')::date,
    'workspace', platform.use_of_caps('workspace:' || w.id, w.limits), 'has_first_limits', w.limits = platform.first_limits());
end
$function$
;

alter table public.model_prices add constraint model_prices_model_check CHECK (((length(model) >= 1) AND (length(model) <= 200)));

alter table public.model_prices add constraint model_prices_model_workspace_id_key UNIQUE NULLS NOT DISTINCT (model, workspace_id);

alter table public.model_prices add constraint model_prices_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id) ON DELETE CASCADE;

CREATE INDEX model_prices_workspace_id_idx ON public.model_prices USING btree (workspace_id) WHERE (workspace_id IS NOT NULL);

create policy "everyone signed in sees the operator's prices, members those of" on public.model_prices as PERMISSIVE for SELECT to authenticated using (((workspace_id IS NULL) OR public.is_workspace_member(workspace_id)));

grant EXECUTE on function public.delete_price(model text, workspace_id uuid) to authenticated;

grant EXECUTE on function public.persona_spending(persona_id uuid) to authenticated;

grant EXECUTE on function public.save_price(model text, input_per_million numeric, output_per_million numeric, workspace_id uuid) to authenticated;

grant EXECUTE on function public.workspace_spending(workspace_id uuid) to authenticated;
