-- webhook schemes
set check_function_bodies = off;

alter table public.webhook_endpoints drop constraint webhook_endpoints_scheme_check;

alter table public.llm_providers drop constraint llm_providers_base_url_check;

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
      "base_url": {"type": "string", "maxLength": 500, "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#@\\s]+([/?#]\\S*)?$"},
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
      "url": {"type": ["string", "null"], "maxLength": 500, "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#@\\s]+([/?#]\\S*)?$"},
      "scheme": {"type": "string", "enum": ["standard", "github", "hmac", "hmac_body", "stripe", "slack", "svix"]},
      "events": {"type": "array", "maxItems": 50, "items": {"type": "string", "pattern": "^[A-Za-z0-9_.:*-]{1,100}$"}},
      "input_template": {"type": ["string", "null"], "minLength": 1, "maxLength": 10000}}'
      || jsonb_build_object('name', display_name, 'is_enabled', flag, 'secret', platform.schema_of('sealed'),
        'persona_id', jsonb_build_object('type', '["string", "null"]'::jsonb, 'pattern', id)));
    when 'webhook' then return platform.schema_of('webhook_changes') || '{"required": ["direction", "name"]}';
  end case;
end
$function$
;

CREATE OR REPLACE FUNCTION public.accept_webhook(endpoint_id uuid, delivery_id text, event text, payload jsonb, input text, fingerprint text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  e public.webhook_endpoints;
  d public.webhook_deliveries;
  p public.personas;
  r public.runs;
  refusal jsonb;
begin
  select * into e from public.webhook_endpoints w where w.id = endpoint_id and w.direction = 'in' and w.is_enabled;
  if e.id is null then
    perform platform.refuse(404, 'webhook_not_found', 'There is no such webhook.');
  end if;
  if not exists (
    select from public.workspace_members m where m.workspace_id = e.workspace_id and m.user_id = e.created_by
  ) then
    perform platform.disable_webhook(e, 'webhook_without_owner', 'who opened it has left the workspace.');
    return jsonb_build_object('run', null, 'created', false);
  end if;
  insert into public.webhook_deliveries as w (endpoint_id, workspace_id, delivery_id, fingerprint, event, payload, status)
  values (e.id, e.workspace_id, accept_webhook.delivery_id, accept_webhook.fingerprint, accept_webhook.event,
    accept_webhook.payload, 'received')
  on conflict do nothing
  returning * into d;
  if d.id is null then
    select run.* into r from public.webhook_deliveries w join public.runs run on run.id = w.run_id
    where w.endpoint_id = e.id
      and (w.delivery_id = accept_webhook.delivery_id or w.fingerprint = accept_webhook.fingerprint)
    limit 1;
    return jsonb_build_object('run', platform.run_json(r), 'created', false);
  end if;
  select * into p from public.personas where id = e.persona_id;
  refusal := platform.run_refusal(p, e.created_by);
  if refusal is not null then
    perform platform.refuse((refusal ->> 'status')::int, refusal ->> 'code', refusal ->> 'message');
  end if;
  r := platform.start_run(e.persona_id, e.created_by, 'webhook', left(accept_webhook.input, 100000), '[]', 'normal');
  update public.webhook_deliveries set run_id = r.id where id = d.id;
  return jsonb_build_object('run', platform.run_json(r), 'created', true);
end
$function$
;

CREATE OR REPLACE FUNCTION public.inbound_webhook(endpoint_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select jsonb_build_object('id', e.id, 'scheme', e.scheme, 'events', e.events, 'input_template', e.input_template,
    'secret', platform.sealed_secret(s))
  from public.webhook_endpoints e join public.secrets s on s.id = e.secret_id
  where e.id = inbound_webhook.endpoint_id and e.direction = 'in' and e.is_enabled
$function$
;

CREATE OR REPLACE FUNCTION public.save_webhook_endpoint(workspace_id uuid, definition jsonb, endpoint_id uuid DEFAULT NULL::uuid)
 RETURNS public.webhook_endpoints
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  e public.webhook_endpoints;
  saved_id uuid := coalesce(endpoint_id, platform.uuid_v7());
  secret_id uuid;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  perform platform.require_valid(definition, case when endpoint_id is null then 'webhook' else 'webhook_changes' end);
  if endpoint_id is not null then
    select * into e from public.webhook_endpoints w where w.id = endpoint_id and w.workspace_id = save_webhook_endpoint.workspace_id;
    if e.id is null then
      perform platform.refuse(404, 'webhook_not_found', 'There is no such webhook.');
    end if;
    definition := to_jsonb(e) || definition || jsonb_build_object('direction', e.direction);
    secret_id := e.secret_id;
  end if;
  if definition ->> 'persona_id' is not null and not exists (
    select from public.personas p
    where p.id = (definition ->> 'persona_id')::uuid and p.workspace_id = save_webhook_endpoint.workspace_id
  ) then
    perform platform.refuse(404, 'persona_not_found', 'There is no such persona in this workspace.');
  end if;
  if not coalesce(case definition ->> 'direction'
      when 'in' then definition ->> 'persona_id' is not null
      when 'out' then definition ->> 'url' ~* '^https?://'
    end, false) then
    perform platform.refuse(422, 'invalid_input', 'A webhook in needs a persona, a webhook out a URL.');
  end if;
  if definition ->> 'direction' = 'out' and not (
    coalesce(definition ->> 'scheme', 'standard') in ('standard', 'github', 'hmac')
    and coalesce(definition -> 'events', '[]') <@ '["run.completed", "run.failed", "run.cancelled", "approval.requested", "approval.decided"]'
  ) then
    perform platform.refuse(422, 'invalid_input', 'A webhook out does not know this scheme or event.');
  end if;
  if definition ? 'secret' then
    secret_id := platform.save_sealed(workspace_id, 'webhook.' || right(saved_id::text, 12), definition -> 'secret');
  end if;
  if secret_id is null then
    perform platform.refuse(422, 'invalid_input', 'A webhook needs a secret.');
  end if;
  insert into public.webhook_endpoints as old (
    id, workspace_id, persona_id, direction, name, url, scheme, events, input_template, secret_id, is_enabled, created_by)
  values (
    saved_id, save_webhook_endpoint.workspace_id, (definition ->> 'persona_id')::uuid,
    definition ->> 'direction', definition ->> 'name', definition ->> 'url', coalesce(definition ->> 'scheme', 'standard'),
    array(select jsonb_array_elements_text(coalesce(definition -> 'events', '[]'))), definition ->> 'input_template',
    secret_id, coalesce((definition ->> 'is_enabled')::boolean, true), auth.uid())
  on conflict on constraint webhook_endpoints_pkey do update set
    persona_id = excluded.persona_id, name = excluded.name, url = excluded.url, scheme = excluded.scheme,
    events = excluded.events, input_template = excluded.input_template, secret_id = excluded.secret_id,
    is_enabled = excluded.is_enabled, disabled_reason = null, failing_since = null, created_by = excluded.created_by
  returning * into e;
  perform platform.audit_as_me(e.workspace_id, 'webhook.saved', jsonb_build_object('endpoint_id', e.id, 'name', e.name,
    'direction', e.direction, 'url', e.url, 'events', e.events, 'is_enabled', e.is_enabled), e.persona_id);
  return e;
end
$function$
;

alter table public.llm_providers add constraint llm_providers_base_url_check CHECK ((base_url ~* '^https?://'::text));

alter table public.webhook_endpoints add constraint webhook_endpoints_scheme_check CHECK ((scheme = ANY (ARRAY['standard'::text, 'github'::text, 'hmac'::text, 'hmac_body'::text, 'stripe'::text, 'slack'::text, 'svix'::text])));
