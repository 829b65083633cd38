-- tool contract
set check_function_bodies = off;

alter table public.llm_providers add column vision_models text[] default '{}'::text[] not null;

alter table public.tool_runs add column parts jsonb;

alter table public.tools add column needs text[] default '{}'::text[] not null;

alter table public.tools add column reconciles boolean default false not null;

alter table public.tools add column view jsonb;

CREATE OR REPLACE FUNCTION platform.ask(t public.tool_runs, kind text)
 RETURNS platform.new_step
 LANGUAGE plpgsql
AS $function$
declare
  a public.approvals;
begin
  insert into public.approvals (
    workspace_id, persona_id, run_id, tool_run_id, kind, question, options, tool_name, arguments, arguments_hash, expires_at)
  values (
    t.workspace_id, t.persona_id, t.run_id, t.id, ask.kind,
    case ask.kind
      when 'question' then coalesce(t.arguments ->> 'question', 'The persona asks for your help.')
      when 'approval' then platform.consent_question(t)
      else format('%s was started, then its worker was lost. Did it happen?', platform.tool_title(t.tool_name))
    end,
    case ask.kind
      when 'question' then case when jsonb_typeof(t.arguments -> 'options') = 'array' then t.arguments -> 'options' else '[]' end
      when 'approval' then '["approve", "deny"]'
      else '["done", "do_again", "give_up"]'
    end,
    t.tool_name, t.arguments, t.arguments_hash, platform.now() + interval '7 days')
  returning * into a;
  perform platform.notify_people(a);
  perform platform.emit(t.workspace_id, t.persona_id, 'approval.requested', jsonb_build_object(
    'approval_id', a.id, 'kind', a.kind, 'run_id', a.run_id, 'persona_id', a.persona_id, 'tool', a.tool_name));
  return platform.step('asked', jsonb_build_object('approval_id', a.id, 'about', a.kind, 'question', a.question));
end
$function$
;

CREATE OR REPLACE FUNCTION platform.consent_question(t public.tool_runs)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  return coalesce(
    (select platform.fill_sentence(tool.view ->> 'question', t.arguments) from public.tools tool where tool.id = t.tool_id),
    format('Use %s?', platform.tool_title(t.tool_name)));
end
$function$
;

CREATE OR REPLACE FUNCTION platform.fill_sentence(sentence text, arguments jsonb)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
declare
  filled text := '';
  piece text;
  value jsonb;
  said text;
begin
  -- piece by piece, so that a value that looks like a place is not filled in turn
  for piece in select m.found[1] from regexp_matches(sentence, '(\{\w+\}|[^{]+|\{)', 'g') m(found) loop
    if piece ~ '^\{\w+\}$' then
      value := arguments -> btrim(piece, '{}');
      said := case when jsonb_typeof(value) = 'array'
        then (select string_agg(v.item #>> '{}', ', ' order by v.place) from jsonb_array_elements(value) with ordinality v(item, place))
        else value #>> '{}' end;
      piece := case when length(said) > 120 then left(said, 120) || '…' else coalesce(said, '') end;
    end if;
    filled := filled || piece;
  end loop;
  return filled;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.lookup_step(t public.tool_runs, happened boolean)
 RETURNS platform.new_step
 LANGUAGE sql
 STABLE
RETURN platform.step('notice'::text, jsonb_build_object('code', 'looked_up', 'message', format('The worker was lost while %s ran. It was looked up: it %s.'::text, (t).tool_name, CASE WHEN happened THEN 'had happened'::text ELSE 'had not happened, so it runs now'::text END)))
;

CREATE OR REPLACE FUNCTION platform.models_of(setting jsonb, workspace_id uuid, default_model jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  names jsonb := jsonb_build_array(coalesce(setting ->> 'primary', 'default')) || coalesce(setting -> 'fallbacks', '[]');
  wanted text;
  known text[] := '{}';
  found_one jsonb;
  models jsonb := '[]';
begin
  for place in 0 .. jsonb_array_length(names) - 1 loop
    wanted := names ->> place;
    continue when wanted = any (known);
    known := known || wanted;
    select jsonb_build_object(
      'provider', l.name, 'base_url', l.base_url, 'api_key', case when s.id is not null then platform.sealed_secret(s) end,
      'model', m.model, 'sees_images', m.model = any (l.vision_models)) into found_one
    from public.llm_providers l
    cross join lateral (select case
        when wanted = 'default' then l.models[1]
        when starts_with(wanted, l.name || '/') then substr(wanted, length(l.name) + 2)
        else wanted
      end as model) m
    left join public.secrets s on s.id = l.api_key_secret_id
    where l.workspace_id = models_of.workspace_id
      and case wanted when 'default' then l.is_default and l.models <> '{}'
        else starts_with(wanted, l.name || '/') or wanted = any (l.models) or l.is_default end
    order by starts_with(wanted, l.name || '/') desc, wanted = any (l.models) desc, l.name
    limit 1;
    models := models || coalesce(found_one, jsonb_build_object(
      'provider', coalesce(default_model ->> 'provider', 'default'),
      'model', case wanted when 'default' then default_model ->> 'model' else wanted end));
  end loop;
  return models;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.note_lookup(tool_run_id uuid, attempt integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  r public.runs;
  t public.tool_runs;
begin
  select x.* into r from public.runs x
  where x.id = (select c.run_id from public.tool_runs c where c.id = note_lookup.tool_run_id) for update;
  t := platform.hold_call(tool_run_id, attempt);
  perform platform.save_one(platform.transition(r, array[platform.lookup_step(t, false)],
    array[platform.audit_event('persona', r.persona_id, 'tool.looked_up', jsonb_build_object(
      'tool', t.tool_name, 'tool_run_id', t.id, 'attempt', t.attempt, 'happened', false))]));
end
$function$
;

CREATE OR REPLACE FUNCTION platform.register_tools(manifests jsonb)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  changed int;
begin
  with wanted as (
    select m.* from jsonb_to_recordset(manifests) m (
      name text, description text, "group" text, input_schema jsonb, output_schema jsonb, effect text, runs text,
      needs jsonb, secrets jsonb, examples jsonb, timeout_seconds int, view jsonb, reconciles boolean)
  ), saved as (
    insert into public.tools as t (
      name, description, group_name, input_schema, output_schema, effect, runs, needs, secrets, examples, timeout_seconds,
      view, reconciles)
    select name, description, "group", input_schema, output_schema, effect, runs,
      array(select jsonb_array_elements_text(wanted.needs)), array(select jsonb_array_elements_text(wanted.secrets)),
      examples, timeout_seconds, nullif(view, 'null'), coalesce(reconciles, false)
    from wanted
    on conflict (workspace_id, name) do update set
      description = excluded.description, group_name = excluded.group_name, input_schema = excluded.input_schema,
      output_schema = excluded.output_schema, effect = excluded.effect, runs = excluded.runs, needs = excluded.needs,
      secrets = excluded.secrets, examples = excluded.examples, timeout_seconds = excluded.timeout_seconds,
      view = excluded.view, reconciles = excluded.reconciles, is_enabled = true, updated_at = platform.now()
    where (t.description, t.group_name, t.input_schema, t.output_schema, t.effect, t.runs, t.needs, t.secrets, t.examples,
        t.timeout_seconds, t.view, t.reconciles, t.is_enabled)
      is distinct from (excluded.description, excluded.group_name, excluded.input_schema, excluded.output_schema,
        excluded.effect, excluded.runs, excluded.needs, excluded.secrets, excluded.examples, excluded.timeout_seconds,
        excluded.view, excluded.reconciles, true)
    returning 1
  ), gone as (
    update public.tools set is_enabled = false, updated_at = platform.now()
    where workspace_id is null and is_enabled and name not in (select name from wanted)
    returning 1
  )
  select (select count(*) from saved) + (select count(*) from gone) into changed;

  insert into public.tool_dependencies (tool_id, depends_on_id)
  select t.id, d.id
  from jsonb_array_elements(manifests) m
  join public.tools t on t.name = m ->> 'name' and t.workspace_id is null,
    jsonb_array_elements_text(m -> 'depends_on') needed
  join public.tools d on d.name = needed and d.workspace_id is null
  on conflict do nothing;
  return changed;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.results_of(r public.runs)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  return (
    select jsonb_agg(jsonb_build_object(
        'call_id', t.call_id, 'tool', t.tool_name, 'status', t.status, 'output', t.output, 'parts', t.parts, 'error', t.error)
      order by t.position)
    from public.tool_runs t where t.run_id = r.id and t.segment = r.segment - 1);
end
$function$
;

CREATE OR REPLACE FUNCTION platform.schema_of(name text)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  -- null is no cap. The largest count fits an int, the largest amount numeric(14, 6).
  amount jsonb := '{"type": ["number", "null"], "minimum": 0, "maximum": 1000000}';
  count jsonb := '{"type": ["integer", "null"], "minimum": 0, "maximum": 10000000}';
  display_name jsonb := '{"type": "string", "maxLength": 80, "pattern": "\\S"}';
  flag jsonb := '{"type": "boolean"}';
  id text := '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';
begin
  case name
    when 'workspace_limits' then return jsonb_build_object('type', 'object', 'properties',
      platform.properties('{cost_per_day,cost_per_month}', amount)
      || platform.properties('{calls_per_day,calls_per_month,parallel_runs,runs_per_minute}', count));
    when 'workspace_settings' then return '{"type": "object", "properties": {"time_zone": {"type": "string", "minLength": 1, "maxLength": 64}}}';
    when 'workspace_changes' then return jsonb_build_object('type', 'object', 'properties', jsonb_build_object(
      'name', display_name, 'limits', platform.schema_of('workspace_limits'),
      'settings', platform.schema_of('workspace_settings')));

    when 'persona_limits' then return jsonb_build_object('type', 'object', 'properties',
      platform.properties('{cost_per_run,cost_per_day,cost_per_month,sandbox_cpus}', amount)
      || platform.properties('{max_segments,max_seconds,max_parallel_runs,max_attempts,max_repeats,max_idle_segments,
          runs_per_hour,calls_per_run,calls_per_day,calls_per_month,sandbox_memory_mb,sandbox_processes,sandbox_disk_mb}', count));
    when 'model' then return '{"type": "object", "required": ["primary"], "properties": {
      "primary": {"type": "string", "minLength": 1, "maxLength": 200},
      "fallbacks": {"type": "array", "maxItems": 5, "items": {"type": "string", "minLength": 1, "maxLength": 200}},
      "temperature": {"type": ["number", "null"], "maximum": 2},
      "max_output_tokens": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000000}}}';
    when 'hosts' then return '{"type": "array", "maxItems": 100, "items": {"type": "string", "maxLength": 260, "pattern":
      "^(\\*|(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?)(:\\d{1,5})?$"}}';
    when 'persona_changes' then return jsonb_build_object('type', 'object', 'properties', '{
      "description": {"type": "string", "maxLength": 2000},
      "icon": {"type": "string", "pattern": "^[a-z0-9-]{1,64}$"},
      "color": {"type": "string", "pattern": "^[a-z]{1,32}$"},
      "visibility": {"type": "string", "enum": ["workspace", "private"]},
      "status": {"type": "string", "enum": ["active", "paused", "archived"]},
      "agent_id": {"type": "string", "pattern": "^[a-z0-9_-]{1,64}$"},
      "instructions": {"type": "string", "maxLength": 50000},
      "note": {"type": "string", "maxLength": 500}}' || jsonb_build_object(
      'name', display_name, 'model', platform.schema_of('model'), 'limits', platform.schema_of('persona_limits'),
      'allowed_hosts', platform.schema_of('hosts')));
    when 'persona' then return platform.schema_of('persona_changes') #- '{properties,status}' || '{"required": ["name"]}';

    -- [{argument, operator, value, policy}], as platform.policy_for reads them
    when 'conditions' then return '{"type": "array", "maxItems": 20, "items": {"type": "object",
      "required": ["argument", "operator", "value", "policy"], "properties": {
        "argument": {"type": "string", "minLength": 1, "maxLength": 100},
        "operator": {"type": "string", "enum": ["equals", "not_equals", "contains", "domain_in", "domain_not_in"]},
        "value": {"type": ["string", "array"], "maxLength": 1000, "maxItems": 100,
          "items": {"type": "string", "maxLength": 1000}},
        "policy": {"type": "string", "enum": ["allow", "ask", "deny"]}}}}';
    when 'persona_tool' then return jsonb_build_object('type', 'object', 'properties', jsonb_build_object(
      'is_enabled', flag, 'policy', '{"type": "string", "enum": ["default", "allow", "ask", "deny"]}'::jsonb,
      'conditions', platform.schema_of('conditions'), 'granted_secrets', '{"type": "array", "maxItems": 50,
        "items": {"type": "string", "minLength": 1, "maxLength": 64}}'::jsonb));

    -- what a secret is saved with: encrypted by the functions, in base64
    when 'sealed' then return '{"type": "object", "required": ["ciphertext", "nonce", "key_id"], "properties": {
      "ciphertext": {"type": "string", "maxLength": 200000, "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$"},
      "nonce": {"type": "string", "maxLength": 200, "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$"},
      "key_id": {"type": "string", "minLength": 1, "maxLength": 64}}}';
    when 'provider' then return jsonb_build_object('type', 'object', 'required', '["name", "base_url", "models"]'::jsonb,
      'properties', '{
      "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,31}$"},
      "base_url": {"type": "string", "maxLength": 500, "pattern": "^https?://[^/?#@\\s]+([/?#]\\S*)?$"},
      "models": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"type": "string", "minLength": 1, "maxLength": 200}},
      "vision_models": {"type": "array", "maxItems": 100, "items": {"type": "string", "minLength": 1, "maxLength": 200}}}'
      || jsonb_build_object('is_default', flag, 'api_key', platform.schema_of('sealed')));

    -- {name, path, content_type, size} in the bucket `attachments`
    when 'attachments' then return '{"type": "array", "maxItems": 20, "items": {"type": "object",
      "required": ["name", "path", "content_type", "size"], "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "path": {"type": "string", "minLength": 1, "maxLength": 1000},
        "content_type": {"type": "string", "minLength": 1, "maxLength": 200},
        "size": {"type": "integer", "maximum": 1000000000000}}}}';
    when 'fork_changes' then return jsonb_build_object('type', 'object', 'properties', jsonb_build_object(
      'input', '{"type": "string", "maxLength": 100000, "pattern": "\\S"}'::jsonb,
      'model', platform.schema_of('model'), 'persona_version_id', jsonb_build_object('type', 'string', 'pattern', id)));

    -- [{tool, conditions}], as platform.approved_in_advance reads them
    when 'approved_calls' then return jsonb_build_object('type', 'array', 'maxItems', 50, 'items', jsonb_build_object(
      'type', 'object', 'required', '["tool"]'::jsonb, 'properties', jsonb_build_object(
        'tool', '{"type": "string", "minLength": 1, "maxLength": 64}'::jsonb,
        'conditions', platform.schema_of('conditions') #- '{items,properties,policy}' #- '{items,required,3}')));
    -- Five fields: with seconds, a schedule could start a run each second. The executor knows the rest of the rules.
    when 'schedule_changes' then return jsonb_build_object('type', 'object', 'properties', '{
      "cron": {"type": "string", "maxLength": 200,
        "pattern": "^\\s*(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|([0-9A-Za-z*,/?#L+-]+\\s+){4}[0-9A-Za-z*,/?#L+-]+)\\s*$"},
      "time_zone": {"type": "string", "minLength": 1, "maxLength": 64},
      "input": {"type": "string", "maxLength": 100000, "pattern": "\\S"},
      "missed": {"type": "string", "enum": ["skip", "once", "all"]},
      "next_at": {"type": "string", "pattern": "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$"}}'
      || jsonb_build_object('name', display_name, 'is_paused', flag,
        'approved_in_advance', platform.schema_of('approved_calls')));
    when 'schedule' then return platform.schema_of('schedule_changes') || '{"required": ["name", "cron", "input"]}';

    when 'webhook_changes' then return jsonb_build_object('type', 'object', 'properties', '{
      "direction": {"type": "string", "enum": ["in", "out"]},
      "url": {"type": ["string", "null"], "maxLength": 500, "pattern": "^https?://[^/?#@\\s]+([/?#]\\S*)?$"},
      "scheme": {"type": "string", "enum": ["standard", "github", "hmac"]},
      "events": {"type": "array", "maxItems": 5, "items": {"type": "string", "enum":
        ["run.completed", "run.failed", "run.cancelled", "approval.requested", "approval.decided"]}},
      "input_template": {"type": ["string", "null"], "minLength": 1, "maxLength": 10000}}'
      || jsonb_build_object('name', display_name, 'is_enabled', flag, 'secret', platform.schema_of('sealed'),
        'persona_id', jsonb_build_object('type', '["string", "null"]'::jsonb, 'pattern', id)));
    when 'webhook' then return platform.schema_of('webhook_changes') || '{"required": ["direction", "name"]}';
  end case;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.settle_tool(r public.runs, t public.tool_runs, result jsonb, OUT steps platform.new_step[], OUT event platform.new_event)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
begin
  if t.msg_id is not null then
    perform platform.remove('tools_' || r.lane, t.msg_id);
  end if;
  update public.tool_runs set
    status = result ->> 'status', output = result -> 'output', output_path = result ->> 'output_path',
    parts = result -> 'parts', error = result -> 'error', duration_ms = (result ->> 'duration_ms')::int, msg_id = null,
    finished_at = case when result ->> 'status' <> 'unknown' then platform.now() end
  where id = t.id
  returning * into t;
  if jsonb_typeof(result -> 'artifacts') = 'array' and result -> 'artifacts' <> '[]' then
    steps := platform.save_artifacts(t, result -> 'artifacts');
  end if;
  if result -> 'looked_up' = 'true' then
    steps := steps || platform.lookup_step(t, true);
  end if;
  steps := steps || platform.tool_step(t);
  if t.status = 'unknown' then
    steps := steps || platform.ask(t, 'unknown_effect');
  end if;
  event := platform.audit_event('persona', r.persona_id, 'tool.' || t.status, jsonb_strip_nulls(jsonb_build_object(
    'tool', t.tool_name, 'tool_run_id', t.id, 'attempt', t.attempt, 'error', t.error ->> 'code',
    'files', result -> 'artifacts', 'looked_up', result -> 'looked_up')));
end
$function$
;

CREATE OR REPLACE FUNCTION platform.tool_title(name text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
RETURN (upper("left"(name, 1)) || replace(substr(name, 2), '_'::text, ' '::text))
;

CREATE OR REPLACE FUNCTION public.save_provider(workspace_id uuid, definition jsonb)
 RETURNS public.llm_providers
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  l public.llm_providers;
  key_secret_id uuid;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  perform platform.require_valid(definition, 'provider');
  if definition ? 'api_key' then
    key_secret_id := platform.save_sealed(workspace_id, 'provider.' || (definition ->> 'name'), definition -> 'api_key');
  end if;
  if coalesce((definition ->> 'is_default')::boolean, false) then
    update public.llm_providers p set is_default = false where p.workspace_id = save_provider.workspace_id and p.is_default;
  end if;
  insert into public.llm_providers as old (workspace_id, name, base_url, models, vision_models, is_default, api_key_secret_id)
  values (save_provider.workspace_id, definition ->> 'name', definition ->> 'base_url',
    array(select jsonb_array_elements_text(definition -> 'models')),
    array(select jsonb_array_elements_text(definition -> 'vision_models')),
    coalesce((definition ->> 'is_default')::boolean, false), key_secret_id)
  on conflict on constraint llm_providers_workspace_id_name_key do update set
    base_url = excluded.base_url, models = excluded.models, vision_models = excluded.vision_models,
    is_default = excluded.is_default,
    api_key_secret_id = coalesce(excluded.api_key_secret_id, old.api_key_secret_id)
  returning * into l;
  perform platform.audit_as_me(workspace_id, 'provider.saved', jsonb_build_object('name', l.name, 'base_url', l.base_url));
  return l;
end
$function$
;

grant EXECUTE on function platform.note_lookup(tool_run_id uuid, attempt integer) to platform_executor;
