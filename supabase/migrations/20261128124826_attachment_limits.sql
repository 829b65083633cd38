-- attachment limits
set check_function_bodies = off;

CREATE OR REPLACE FUNCTION platform.require_attachments(p public.personas, attachments jsonb)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  max_bytes constant bigint := 50 * 1024 * 1024;
  too_large text;
begin
  perform platform.require_valid(attachments, 'attachments');
  if exists (
    select from jsonb_array_elements(attachments) a
    where a.value ->> 'path' not like p.workspace_id || '/' || p.id || '/_%' or a.value ->> 'path' like '%/../%'
      or not exists (select from storage.objects o where o.bucket_id = 'attachments' and o.name = a.value ->> 'path')
  ) then
    perform platform.refuse(422, 'invalid_attachment', 'An attachment is not a file of this persona. Upload it first.');
  end if;
  select a.value ->> 'name' into too_large
  from jsonb_array_elements(attachments) a
  join storage.objects o on o.bucket_id = 'attachments' and o.name = a.value ->> 'path'
  where greatest((o.metadata ->> 'size')::numeric, (a.value ->> 'size')::numeric) > max_bytes
  limit 1;
  if found then
    perform platform.refuse(413, 'attachment_too_large',
      format('%s is too large to be attached: a file may have at most 50 MB.', too_large));
  end if;
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
      "base_url": {"type": "string", "maxLength": 500, "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#@\\s]+([/?#]\\S*)?$"},
      "models": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"type": "string", "minLength": 1, "maxLength": 200}},
      "vision_models": {"type": "array", "maxItems": 100, "items": {"type": "string", "minLength": 1, "maxLength": 200}}}'
      || jsonb_build_object('is_default', flag, 'api_key', platform.schema_of('sealed')));

    -- {name, path, content_type, size} in the bucket `attachments`
    when 'attachments' then return '{"type": "array", "maxItems": 20, "items": {"type": "object",
      "required": ["name", "path", "content_type", "size"], "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 300},
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
