-- activity rules and titles
set check_function_bodies = off;

revoke EXECUTE on function public.decide(approval_id uuid, decision text, answer text, edited jsonb, arguments_hash text) from authenticated;

revoke EXECUTE on function public.accept_webhook(endpoint_id uuid, delivery_id text, event text, payload jsonb, input text, fingerprint text) from service_role;

drop function public.decide(approval_id uuid, decision text, answer text, edited jsonb, arguments_hash text);

drop function public.accept_webhook(endpoint_id uuid, delivery_id text, event text, payload jsonb, input text, fingerprint text);

create table platform.audit_checks ();
alter table platform.audit_checks enable row level security;

create table public.standing_approvals ();
alter table public.standing_approvals enable row level security;

alter table platform.audit_checks add column broken_seq bigint;

alter table platform.audit_checks add column checked_at timestamp with time zone default platform.now() not null;

alter table platform.audit_checks add column checked_hash bytea default decode(repeat('00'::text, 32), 'hex'::text) not null;

alter table platform.audit_checks add column checked_seq bigint default 0 not null;

alter table platform.audit_checks add column is_complete boolean default false not null;

alter table platform.audit_checks add column why text;

alter table platform.audit_checks add column workspace_id uuid not null;

alter table platform.audit_heads add column signed_at timestamp with time zone;

alter table public.personas add column examples text[] default '{}'::text[] not null;

alter table public.runs add column title text;

alter table public.standing_approvals add column approval_id uuid;

alter table public.standing_approvals add column argument_names text[] not null;

alter table public.standing_approvals add column conditions jsonb not null;

alter table public.standing_approvals add column created_at timestamp with time zone default platform.now() not null;

alter table public.standing_approvals add column created_by uuid not null;

alter table public.standing_approvals add column expires_at timestamp with time zone not null;

alter table public.standing_approvals add column id uuid default platform.uuid_v7() not null;

alter table public.standing_approvals add column last_used_at timestamp with time zone;

alter table public.standing_approvals add column max_uses integer not null;

alter table public.standing_approvals add column persona_id uuid not null;

alter table public.standing_approvals add column revoked_at timestamp with time zone;

alter table public.standing_approvals add column revoked_by uuid;

alter table public.standing_approvals add column tool_id uuid not null;

alter table public.standing_approvals add column tool_name text not null;

alter table public.standing_approvals add column uses integer default 0 not null;

alter table public.standing_approvals add column workspace_id uuid not null;

CREATE OR REPLACE FUNCTION platform.add_standing_approval(a public.approvals, t public.tool_runs, always jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  s public.standing_approvals;
  names text[];
begin
  if not public.can_edit_persona(a.persona_id) then
    perform platform.refuse(403, 'not_allowed', 'Only editors of the persona may always allow a call. You can approve this one.');
  end if;
  perform platform.require_valid(always, 'always_allow');
  names := array(select distinct n.value from jsonb_array_elements_text(always -> 'arguments') n);
  if a.kind <> 'approval' or a.decision <> 'approve' or t.tool_id is null or jsonb_typeof(t.arguments) <> 'object' then
    perform platform.refuse(422, 'invalid_input', 'Only a call that you approve can be allowed from now on.');
  end if;
  if names = '{}' and t.arguments <> '{}' then
    perform platform.refuse(422, 'invalid_input', 'Choose at least one value that must be the same.');
  end if;
  s.conditions := coalesce((
    select jsonb_agg(jsonb_build_object('argument', n.name, 'value', platform.argument_of(t.arguments, n.name)))
    from unnest(names) n (name)), '[]');
  if exists (
    select from jsonb_array_elements(s.conditions) c
    where coalesce(c -> 'value', 'null') = 'null' or (c ->> 'argument' = 'recipients' and c -> 'value' = '[]')
  ) then
    perform platform.refuse(422, 'invalid_input', 'The call has no such argument. Choose among those that it has.');
  end if;
  if octet_length(s.conditions::text) > 20000 then
    perform platform.refuse(422, 'invalid_input', 'The values that must be the same are too long. Choose fewer of them.');
  end if;
  insert into public.standing_approvals (
    workspace_id, persona_id, tool_id, tool_name, argument_names, conditions, max_uses, expires_at, approval_id, created_by)
  values (a.workspace_id, a.persona_id, t.tool_id, t.tool_name, array(select jsonb_object_keys(t.arguments)), s.conditions,
    (always ->> 'max_uses')::int, platform.now() + make_interval(days => (always ->> 'days')::int), a.id, auth.uid())
  returning * into s;
  perform platform.audit(s.workspace_id, 'person', auth.uid(), 'standing_approval.created', jsonb_build_object(
    'standing_approval_id', s.id, 'approval_id', a.id, 'tool', s.tool_name,
    'fixed', to_jsonb(names), 'max_uses', s.max_uses, 'expires_at', s.expires_at), s.persona_id, a.run_id);
end
$function$
;

CREATE OR REPLACE FUNCTION platform.audit_bytes(event public.audit_events)
 RETURNS bytea
 LANGUAGE sql
 STABLE
RETURN convert_to((json_build_array((event).workspace_id, (event).seq, (event).id, EXTRACT(epoch FROM (event).at), (event).actor_type, (event).actor_id, (event).action, COALESCE(to_json(encode((event).content_hash, 'hex'::text)), ((event).data)::json), (event).persona_id, (event).run_id, (event).trace_id))::text, 'UTF8'::name)
;

CREATE OR REPLACE FUNCTION platform.checked_events(workspace_id uuid, after_seq bigint, after_hash bytea, max_events integer)
 RETURNS TABLE(seq bigint, hash bytea, why text)
 LANGUAGE sql
 STABLE
AS $function$
  with slice as (
    select e as event, coalesce(lag(e.seq) over chain, after_seq) as last_seq, coalesce(lag(e.hash) over chain, after_hash) as last_hash
    from public.audit_events e
    where e.workspace_id = checked_events.workspace_id and e.seq > after_seq
    window chain as (order by e.seq)
    order by e.seq limit max_events
  ), told as materialized (
    select (span.value ->> 0)::bigint as first, (span.value ->> 1)::bigint as last
    from public.audit_events e, jsonb_array_elements(e.data -> 'spans') span
    where e.workspace_id = checked_events.workspace_id and e.action = 'audit.erased'
  )
  select (s.event).seq, (s.event).hash, case
    when (s.event).seq <> s.last_seq + 1 then 'the event before it is missing'
    when (s.event).prev_hash <> s.last_hash then 'it does not follow the event before it'
    when (s.event).erased_at is null and (s.event).content_hash is not null
      and (s.event).content_hash <> platform.audit_content_hash((s.event).content_salt, (s.event).data)
      then 'its content was changed'
    -- an event of the first release hashed the content itself, which is gone if it was erased
    when not ((s.event).content_hash is null and (s.event).erased_at is not null)
      and (s.event).hash <> sha256((s.event).prev_hash || platform.audit_bytes(s.event)) then 'it was changed'
    when (s.event).erased_at is not null
      and not exists (select from told t where (s.event).seq between t.first and t.last)
      then 'its content was erased, and no event says so'
  end
  from slice s
  order by (s.event).seq
$function$
;

CREATE OR REPLACE FUNCTION platform.decide_call(r public.runs, tool public.tools, pt public.persona_tools, arguments jsonb, ask_effects boolean)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare
  policy text := platform.policy_for(tool, pt, arguments);
begin
  if ask_effects then
    return case when policy = 'allow' and tool.effect = 'effect' then 'ask' else policy end;
  end if;
  if policy <> 'ask' then
    return policy;
  end if;
  if r.schedule_id is not null and platform.approved_in_advance(r, tool.name, arguments) then
    return 'allow';
  end if;
  return case when platform.use_standing_approval(r, tool, arguments) then 'allow' else 'ask' end;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.event_json(event public.audit_events)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
RETURN jsonb_build_object('seq', (event).seq, 'at', (event).at, 'action', (event).action, 'actor_type', (event).actor_type, 'actor_id', (event).actor_id, 'actor_name', CASE (event).actor_type WHEN 'person'::text THEN (SELECT COALESCE(NULLIF(p.display_name, ''::text), p.email) AS "coalesce" FROM public.profiles p WHERE (p.id = (event_json.event).actor_id)) WHEN 'persona'::text THEN (SELECT p.name FROM public.personas p WHERE (p.id = (event_json.event).actor_id)) ELSE NULL::text END, 'persona_id', (event).persona_id, 'persona_name', (SELECT p.name FROM public.personas p WHERE (p.id = (event_json.event).persona_id)), 'run_id', (event).run_id, 'trace_id', (event).trace_id, 'data', (event).data, 'is_erased', ((event).erased_at IS NOT NULL))
;

CREATE OR REPLACE FUNCTION platform.first_persona()
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
RETURN jsonb_build_object('name', 'Assistant', 'description', 'Makes slides, sheets, letters and reports from what you give it.', 'icon', 'sparkles', 'color', 'indigo', 'instructions', ('You do office work: slide decks, spreadsheets, letters, PDF reports and small calculations, from what people give you.'::text || '
Never invent figures: ask when something is missing.
At the end, name the files that you made.'::text), 'examples', jsonb_build_array('Make a three-slide deck and a spreadsheet on our Q3 sales: north 120, south 80, west 95', 'Make a spreadsheet of our costs: rent 1200, power 310, phone 85, and add the total', 'Write a one-page PDF letter to our customers: the shop moves to 12 Mill Lane on 1 March'))
;

CREATE OR REPLACE FUNCTION platform.is_editor(persona_id uuid, user_id uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select exists (
    select from public.personas p
    join public.workspace_members m on m.workspace_id = p.workspace_id and m.user_id = is_editor.user_id
    left join public.persona_members pm on pm.persona_id = p.id and pm.user_id = m.user_id
    where p.id = is_editor.persona_id and (m.role in ('owner', 'admin') or pm.role in ('owner', 'editor'))
  )
$function$
;

CREATE OR REPLACE FUNCTION platform.save_audit_statement(n bigint, statement text, signature text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  insert into public.audit_statements (n, statement, signature) values (n, statement, signature) on conflict do nothing;
  if not found then
    return false;
  end if;
  update platform.audit_heads a set signed_seq = greatest(a.signed_seq, s.seq), signed_at = platform.now()
  from jsonb_to_recordset(statement::jsonb -> 'heads') as s (workspace_id uuid, seq bigint)
  where a.workspace_id = s.workspace_id;
  return true;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.schema_of(name text)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  case name
    when 'workspace_limits' then return '{
      "type": "object",
      "properties": {
        "cost_per_day": {"type":["number","null"],"minimum":0,"maximum":1000000},
        "cost_per_month": {"type":["number","null"],"minimum":0,"maximum":1000000},
        "calls_per_day": {"type":["integer","null"],"minimum":0,"maximum":1000000},
        "calls_per_month": {"type":["integer","null"],"minimum":0,"maximum":1000000},
        "parallel_runs": {"type":["integer","null"],"minimum":0,"maximum":1000000},
        "runs_per_minute": {"type":["integer","null"],"minimum":0,"maximum":1000000}
      }
    }';
    when 'workspace_settings' then return '{"type":"object","properties":{"time_zone":{"type":"string","minLength":1,"maxLength":64}}}';
    when 'workspace_changes' then return '{
      "type": "object",
      "properties": {
        "name": {"type":"string","minLength":1,"maxLength":80,"pattern":"\\S"},
        "limits": {
          "type": "object",
          "properties": {
            "cost_per_day": {"type":["number","null"],"minimum":0,"maximum":1000000},
            "cost_per_month": {"type":["number","null"],"minimum":0,"maximum":1000000},
            "calls_per_day": {"type":["integer","null"],"minimum":0,"maximum":1000000},
            "calls_per_month": {"type":["integer","null"],"minimum":0,"maximum":1000000},
            "parallel_runs": {"type":["integer","null"],"minimum":0,"maximum":1000000},
            "runs_per_minute": {"type":["integer","null"],"minimum":0,"maximum":1000000}
          }
        },
        "settings": {"type":"object","properties":{"time_zone":{"type":"string","minLength":1,"maxLength":64}}}
      }
    }';
    when 'persona_limits' then return '{
      "type": "object",
      "properties": {
        "max_segments": {"type":["integer","null"],"minimum":1,"maximum":1000},
        "max_seconds": {"type":["integer","null"],"minimum":1,"maximum":604800},
        "max_parallel_runs": {"type":["integer","null"],"minimum":1,"maximum":100000},
        "max_attempts": {"type":["integer","null"],"minimum":1,"maximum":100},
        "runs_per_hour": {"type":["integer","null"],"minimum":1,"maximum":1000000},
        "max_repeats": {"type":["integer","null"],"minimum":1,"maximum":1000},
        "max_idle_segments": {"type":["integer","null"],"minimum":1,"maximum":1000},
        "cost_per_run": {"type":["number","null"],"minimum":0,"maximum":1000000},
        "cost_per_day": {"type":["number","null"],"minimum":0,"maximum":1000000},
        "cost_per_month": {"type":["number","null"],"minimum":0,"maximum":1000000},
        "calls_per_run": {"type":["integer","null"],"minimum":0,"maximum":100000},
        "calls_per_day": {"type":["integer","null"],"minimum":0,"maximum":1000000},
        "calls_per_month": {"type":["integer","null"],"minimum":0,"maximum":10000000},
        "sandbox_memory_mb": {"type":["integer","null"],"minimum":128,"maximum":65536},
        "sandbox_cpus": {"type":["number","null"],"minimum":0.1,"maximum":64},
        "sandbox_processes": {"type":["integer","null"],"minimum":32,"maximum":8192},
        "sandbox_disk_mb": {"type":["integer","null"],"minimum":16,"maximum":1000000}
      }
    }';
    when 'model' then return '{
      "type": "object",
      "properties": {
        "primary": {"type":"string","minLength":1,"maxLength":200},
        "fallbacks": {"maxItems":5,"type":"array","items":{"type":"string","minLength":1,"maxLength":200}},
        "temperature": {"type":["number","null"],"minimum":0,"maximum":2},
        "max_output_tokens": {"type":["integer","null"],"minimum":1,"maximum":1000000}
      },
      "required": ["primary"]
    }';
    when 'persona_changes' then return '{
      "type": "object",
      "properties": {
        "name": {"type":"string","minLength":1,"maxLength":80,"pattern":"\\S"},
        "description": {"type":"string","minLength":0,"maxLength":2000},
        "icon": {"type":"string","pattern":"^[a-z0-9-]{1,64}$"},
        "color": {"type":"string","pattern":"^[a-z]{1,32}$"},
        "visibility": {"type":"string","enum":["workspace","private"]},
        "examples": {"maxItems":6,"type":"array","items":{"type":"string","minLength":1,"maxLength":300}},
        "status": {"type":"string","enum":["active","paused","archived"]},
        "agent_id": {"type":"string","pattern":"^[a-z0-9_-]{1,64}$"},
        "instructions": {"type":"string","minLength":0,"maxLength":50000},
        "model": {
          "type": "object",
          "properties": {
            "primary": {"type":"string","minLength":1,"maxLength":200},
            "fallbacks": {"maxItems":5,"type":"array","items":{"type":"string","minLength":1,"maxLength":200}},
            "temperature": {"type":["number","null"],"minimum":0,"maximum":2},
            "max_output_tokens": {"type":["integer","null"],"minimum":1,"maximum":1000000}
          },
          "required": ["primary"]
        },
        "limits": {
          "type": "object",
          "properties": {
            "max_segments": {"type":["integer","null"],"minimum":1,"maximum":1000},
            "max_seconds": {"type":["integer","null"],"minimum":1,"maximum":604800},
            "max_parallel_runs": {"type":["integer","null"],"minimum":1,"maximum":100000},
            "max_attempts": {"type":["integer","null"],"minimum":1,"maximum":100},
            "runs_per_hour": {"type":["integer","null"],"minimum":1,"maximum":1000000},
            "max_repeats": {"type":["integer","null"],"minimum":1,"maximum":1000},
            "max_idle_segments": {"type":["integer","null"],"minimum":1,"maximum":1000},
            "cost_per_run": {"type":["number","null"],"minimum":0,"maximum":1000000},
            "cost_per_day": {"type":["number","null"],"minimum":0,"maximum":1000000},
            "cost_per_month": {"type":["number","null"],"minimum":0,"maximum":1000000},
            "calls_per_run": {"type":["integer","null"],"minimum":0,"maximum":100000},
            "calls_per_day": {"type":["integer","null"],"minimum":0,"maximum":1000000},
            "calls_per_month": {"type":["integer","null"],"minimum":0,"maximum":10000000},
            "sandbox_memory_mb": {"type":["integer","null"],"minimum":128,"maximum":65536},
            "sandbox_cpus": {"type":["number","null"],"minimum":0.1,"maximum":64},
            "sandbox_processes": {"type":["integer","null"],"minimum":32,"maximum":8192},
            "sandbox_disk_mb": {"type":["integer","null"],"minimum":16,"maximum":1000000}
          }
        },
        "allowed_hosts": {
          "maxItems": 100,
          "type": "array",
          "items": {
            "type": "string",
            "maxLength": 260,
            "pattern": "^(\\*|(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?)(:\\d{1,5})?$"
          }
        },
        "note": {"type":"string","minLength":0,"maxLength":500}
      }
    }';
    when 'persona' then return '{
      "type": "object",
      "properties": {
        "name": {"type":"string","minLength":1,"maxLength":80,"pattern":"\\S"},
        "description": {"type":"string","minLength":0,"maxLength":2000},
        "icon": {"type":"string","pattern":"^[a-z0-9-]{1,64}$"},
        "color": {"type":"string","pattern":"^[a-z]{1,32}$"},
        "visibility": {"type":"string","enum":["workspace","private"]},
        "examples": {"maxItems":6,"type":"array","items":{"type":"string","minLength":1,"maxLength":300}},
        "agent_id": {"type":"string","pattern":"^[a-z0-9_-]{1,64}$"},
        "instructions": {"type":"string","minLength":0,"maxLength":50000},
        "model": {
          "type": "object",
          "properties": {
            "primary": {"type":"string","minLength":1,"maxLength":200},
            "fallbacks": {"maxItems":5,"type":"array","items":{"type":"string","minLength":1,"maxLength":200}},
            "temperature": {"type":["number","null"],"minimum":0,"maximum":2},
            "max_output_tokens": {"type":["integer","null"],"minimum":1,"maximum":1000000}
          },
          "required": ["primary"]
        },
        "limits": {
          "type": "object",
          "properties": {
            "max_segments": {"type":["integer","null"],"minimum":1,"maximum":1000},
            "max_seconds": {"type":["integer","null"],"minimum":1,"maximum":604800},
            "max_parallel_runs": {"type":["integer","null"],"minimum":1,"maximum":100000},
            "max_attempts": {"type":["integer","null"],"minimum":1,"maximum":100},
            "runs_per_hour": {"type":["integer","null"],"minimum":1,"maximum":1000000},
            "max_repeats": {"type":["integer","null"],"minimum":1,"maximum":1000},
            "max_idle_segments": {"type":["integer","null"],"minimum":1,"maximum":1000},
            "cost_per_run": {"type":["number","null"],"minimum":0,"maximum":1000000},
            "cost_per_day": {"type":["number","null"],"minimum":0,"maximum":1000000},
            "cost_per_month": {"type":["number","null"],"minimum":0,"maximum":1000000},
            "calls_per_run": {"type":["integer","null"],"minimum":0,"maximum":100000},
            "calls_per_day": {"type":["integer","null"],"minimum":0,"maximum":1000000},
            "calls_per_month": {"type":["integer","null"],"minimum":0,"maximum":10000000},
            "sandbox_memory_mb": {"type":["integer","null"],"minimum":128,"maximum":65536},
            "sandbox_cpus": {"type":["number","null"],"minimum":0.1,"maximum":64},
            "sandbox_processes": {"type":["integer","null"],"minimum":32,"maximum":8192},
            "sandbox_disk_mb": {"type":["integer","null"],"minimum":16,"maximum":1000000}
          }
        },
        "allowed_hosts": {
          "maxItems": 100,
          "type": "array",
          "items": {
            "type": "string",
            "maxLength": 260,
            "pattern": "^(\\*|(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?)(:\\d{1,5})?$"
          }
        },
        "note": {"type":"string","minLength":0,"maxLength":500}
      },
      "required": ["name"]
    }';
    when 'conditions' then return '{
      "maxItems": 20,
      "type": "array",
      "items": {
        "type": "object",
        "properties": {
          "argument": {"type":"string","minLength":1,"maxLength":100},
          "operator": {"type":"string","enum":["equals","not_equals","contains","domain_in","domain_not_in"]},
          "value": {
            "type": ["string","array"],
            "minLength": 0,
            "maxLength": 1000,
            "maxItems": 100,
            "items": {"type":"string","minLength":0,"maxLength":1000}
          },
          "policy": {"type":"string","enum":["allow","ask","deny"]}
        },
        "required": ["argument","operator","value","policy"]
      }
    }';
    when 'persona_tool' then return '{
      "type": "object",
      "properties": {
        "is_enabled": {"type":"boolean"},
        "policy": {"type":"string","enum":["default","allow","ask","deny"]},
        "conditions": {
          "maxItems": 20,
          "type": "array",
          "items": {
            "type": "object",
            "properties": {
              "argument": {"type":"string","minLength":1,"maxLength":100},
              "operator": {"type":"string","enum":["equals","not_equals","contains","domain_in","domain_not_in"]},
              "value": {
                "type": ["string","array"],
                "minLength": 0,
                "maxLength": 1000,
                "maxItems": 100,
                "items": {"type":"string","minLength":0,"maxLength":1000}
              },
              "policy": {"type":"string","enum":["allow","ask","deny"]}
            },
            "required": ["argument","operator","value","policy"]
          }
        },
        "granted_secrets": {"maxItems":50,"type":"array","items":{"type":"string","minLength":1,"maxLength":64}}
      }
    }';
    when 'sealed' then return '{
      "type": "object",
      "properties": {
        "ciphertext": {
          "type": "string",
          "maxLength": 200000,
          "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$"
        },
        "nonce": {
          "type": "string",
          "maxLength": 200,
          "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$"
        },
        "key_id": {"type":"string","minLength":1,"maxLength":64}
      },
      "required": ["ciphertext","nonce","key_id"]
    }';
    when 'provider' then return '{
      "type": "object",
      "properties": {
        "base_url": {"type":"string","maxLength":500,"pattern":"^[Hh][Tt][Tt][Pp][Ss]?:\\/\\/[^/?#\\s]+([/?#]\\S*)?$"},
        "api_key": {
          "type": "object",
          "properties": {
            "ciphertext": {
              "type": "string",
              "maxLength": 200000,
              "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$"
            },
            "nonce": {
              "type": "string",
              "maxLength": 200,
              "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$"
            },
            "key_id": {"type":"string","minLength":1,"maxLength":64}
          },
          "required": ["ciphertext","nonce","key_id"]
        },
        "models": {"minItems":1,"maxItems":100,"type":"array","items":{"type":"string","minLength":1,"maxLength":200}},
        "vision_models": {"maxItems":100,"type":"array","items":{"type":"string","minLength":1,"maxLength":200}},
        "leave_out": {
          "maxItems": 30,
          "type": "array",
          "items": {
            "type": "string",
            "enum": [
              "max_tokens",
              "max_completion_tokens",
              "temperature",
              "stream_options",
              "null_content",
              "own_fields",
              "schema.additionalProperties",
              "schema.$schema",
              "schema.const",
              "schema.default",
              "schema.format",
              "schema.pattern",
              "schema.propertyNames",
              "schema.patternProperties",
              "schema.minimum",
              "schema.maximum",
              "schema.exclusiveMinimum",
              "schema.exclusiveMaximum",
              "schema.multipleOf",
              "schema.minLength",
              "schema.maxLength",
              "schema.minItems",
              "schema.maxItems",
              "schema.uniqueItems",
              "schema.minProperties",
              "schema.maxProperties",
              "schema.title",
              "schema.examples",
              "schema.oneOf",
              "schema.not"
            ]
          }
        },
        "is_default": {"type":"boolean"},
        "name": {"type":"string","pattern":"^[a-z0-9][a-z0-9-]{0,31}$"}
      },
      "required": ["base_url","models","name"]
    }';
    when 'always_allow' then return '{
      "type": "object",
      "properties": {
        "arguments": {"maxItems":20,"type":"array","items":{"type":"string","minLength":1,"maxLength":100}},
        "max_uses": {"type":"integer","minimum":1,"maximum":1000},
        "days": {"type":"integer","minimum":1,"maximum":90}
      },
      "required": ["arguments","max_uses","days"]
    }';
    when 'attachments' then return '{
      "maxItems": 20,
      "type": "array",
      "items": {
        "type": "object",
        "properties": {
          "name": {"type":"string","minLength":1,"maxLength":300},
          "path": {"type":"string","minLength":1,"maxLength":1000},
          "content_type": {"type":"string","minLength":1,"maxLength":200},
          "size": {"type":"integer","minimum":0,"maximum":9007199254740991}
        },
        "required": ["name","path","content_type","size"]
      }
    }';
    when 'fork_changes' then return '{
      "type": "object",
      "properties": {
        "input": {"type":"string","minLength":1,"maxLength":100000,"pattern":"\\S"},
        "model": {
          "type": "object",
          "properties": {
            "primary": {"type":"string","minLength":1,"maxLength":200},
            "fallbacks": {"maxItems":5,"type":"array","items":{"type":"string","minLength":1,"maxLength":200}},
            "temperature": {"type":["number","null"],"minimum":0,"maximum":2},
            "max_output_tokens": {"type":["integer","null"],"minimum":1,"maximum":1000000}
          },
          "required": ["primary"]
        },
        "persona_version_id": {
          "type": "string",
          "pattern": "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$"
        }
      }
    }';
    when 'conversation_changes' then return '{
      "type": "object",
      "properties": {"title":{"type":"string","minLength":1,"maxLength":200,"pattern":"\\S"},"archived":{"type":"boolean"}}
    }';
    when 'approved_calls' then return '{
      "maxItems": 50,
      "type": "array",
      "items": {
        "type": "object",
        "properties": {
          "tool": {"type":"string","minLength":1,"maxLength":64},
          "conditions": {
            "maxItems": 20,
            "type": "array",
            "items": {
              "type": "object",
              "properties": {
                "argument": {"type":"string","minLength":1,"maxLength":100},
                "operator": {"type":"string","enum":["equals","not_equals","contains","domain_in","domain_not_in"]},
                "value": {
                  "type": ["string","array"],
                  "minLength": 0,
                  "maxLength": 1000,
                  "maxItems": 100,
                  "items": {"type":"string","minLength":0,"maxLength":1000}
                }
              },
              "required": ["argument","operator","value"]
            }
          }
        },
        "required": ["tool"]
      }
    }';
    when 'schedule_changes' then return '{
      "type": "object",
      "properties": {
        "name": {"type":"string","minLength":1,"maxLength":80,"pattern":"\\S"},
        "cron": {
          "type": "string",
          "maxLength": 200,
          "pattern": "^\\s*(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|([0-9A-Za-z*,/?#L+-]+\\s+){4}[0-9A-Za-z*,/?#L+-]+)\\s*$"
        },
        "time_zone": {"type":"string","minLength":1,"maxLength":64},
        "input": {"type":"string","minLength":1,"maxLength":100000,"pattern":"\\S"},
        "missed": {"type":"string","enum":["skip","once","all"]},
        "approved_in_advance": {
          "maxItems": 50,
          "type": "array",
          "items": {
            "type": "object",
            "properties": {
              "tool": {"type":"string","minLength":1,"maxLength":64},
              "conditions": {
                "maxItems": 20,
                "type": "array",
                "items": {
                  "type": "object",
                  "properties": {
                    "argument": {"type":"string","minLength":1,"maxLength":100},
                    "operator": {"type":"string","enum":["equals","not_equals","contains","domain_in","domain_not_in"]},
                    "value": {
                      "type": ["string","array"],
                      "minLength": 0,
                      "maxLength": 1000,
                      "maxItems": 100,
                      "items": {"type":"string","minLength":0,"maxLength":1000}
                    }
                  },
                  "required": ["argument","operator","value"]
                }
              }
            },
            "required": ["tool"]
          }
        },
        "is_paused": {"type":"boolean"},
        "next_at": {
          "type": "string",
          "pattern": "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$"
        }
      }
    }';
    when 'schedule' then return '{
      "type": "object",
      "properties": {
        "name": {"type":"string","minLength":1,"maxLength":80,"pattern":"\\S"},
        "cron": {
          "type": "string",
          "maxLength": 200,
          "pattern": "^\\s*(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|([0-9A-Za-z*,/?#L+-]+\\s+){4}[0-9A-Za-z*,/?#L+-]+)\\s*$"
        },
        "time_zone": {"type":"string","minLength":1,"maxLength":64},
        "input": {"type":"string","minLength":1,"maxLength":100000,"pattern":"\\S"},
        "missed": {"type":"string","enum":["skip","once","all"]},
        "approved_in_advance": {
          "maxItems": 50,
          "type": "array",
          "items": {
            "type": "object",
            "properties": {
              "tool": {"type":"string","minLength":1,"maxLength":64},
              "conditions": {
                "maxItems": 20,
                "type": "array",
                "items": {
                  "type": "object",
                  "properties": {
                    "argument": {"type":"string","minLength":1,"maxLength":100},
                    "operator": {"type":"string","enum":["equals","not_equals","contains","domain_in","domain_not_in"]},
                    "value": {
                      "type": ["string","array"],
                      "minLength": 0,
                      "maxLength": 1000,
                      "maxItems": 100,
                      "items": {"type":"string","minLength":0,"maxLength":1000}
                    }
                  },
                  "required": ["argument","operator","value"]
                }
              }
            },
            "required": ["tool"]
          }
        },
        "is_paused": {"type":"boolean"},
        "next_at": {
          "type": "string",
          "pattern": "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$"
        }
      },
      "required": ["name","cron","input"]
    }';
    when 'webhook_changes' then return '{
      "type": "object",
      "properties": {
        "name": {"type":"string","minLength":1,"maxLength":80,"pattern":"\\S"},
        "direction": {"type":"string","enum":["in","out"]},
        "is_enabled": {"type":"boolean"},
        "persona_id": {
          "type": ["string","null"],
          "pattern": "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$"
        },
        "url": {
          "type": ["string","null"],
          "maxLength": 500,
          "pattern": "^[Hh][Tt][Tt][Pp][Ss]?:\\/\\/[^/?#\\s]+([/?#]\\S*)?$"
        },
        "scheme": {"type":"string","enum":["standard","github","hmac","hmac_body","stripe","slack","svix"]},
        "events": {"maxItems":50,"type":"array","items":{"type":"string","pattern":"^[\\w.:*-]{1,100}$"}},
        "input_template": {"type":["string","null"],"minLength":1,"maxLength":10000},
        "secret": {
          "type": "object",
          "properties": {
            "ciphertext": {
              "type": "string",
              "maxLength": 200000,
              "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$"
            },
            "nonce": {
              "type": "string",
              "maxLength": 200,
              "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$"
            },
            "key_id": {"type":"string","minLength":1,"maxLength":64}
          },
          "required": ["ciphertext","nonce","key_id"]
        }
      }
    }';
    when 'webhook' then return '{
      "type": "object",
      "properties": {
        "name": {"type":"string","minLength":1,"maxLength":80,"pattern":"\\S"},
        "direction": {"type":"string","enum":["in","out"]},
        "is_enabled": {"type":"boolean"},
        "persona_id": {
          "type": ["string","null"],
          "pattern": "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$"
        },
        "url": {
          "type": ["string","null"],
          "maxLength": 500,
          "pattern": "^[Hh][Tt][Tt][Pp][Ss]?:\\/\\/[^/?#\\s]+([/?#]\\S*)?$"
        },
        "scheme": {"type":"string","enum":["standard","github","hmac","hmac_body","stripe","slack","svix"]},
        "events": {"maxItems":50,"type":"array","items":{"type":"string","pattern":"^[\\w.:*-]{1,100}$"}},
        "input_template": {"type":["string","null"],"minLength":1,"maxLength":10000},
        "secret": {
          "type": "object",
          "properties": {
            "ciphertext": {
              "type": "string",
              "maxLength": 200000,
              "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$"
            },
            "nonce": {
              "type": "string",
              "maxLength": 200,
              "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$"
            },
            "key_id": {"type":"string","minLength":1,"maxLength":64}
          },
          "required": ["ciphertext","nonce","key_id"]
        },
        "id": {
          "type": "string",
          "pattern": "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$"
        }
      },
      "required": ["name","direction"]
    }';
  end case;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.standing_approval_fits(s public.standing_approvals, arguments jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
begin
  if jsonb_typeof(arguments) <> 'object' then
    return false;
  end if;
  return not exists (select from jsonb_object_keys(arguments) k where k <> all (s.argument_names))
    and not exists (
      select from jsonb_array_elements(s.conditions) c
      where not case
        when c ->> 'argument' = 'recipients'
          then platform.condition_fits(platform.argument_of(arguments, 'recipients'), 'equals', c -> 'value', true)
        else coalesce(arguments -> (c ->> 'argument') = c -> 'value', false)
      end
    );
end
$function$
;

CREATE OR REPLACE FUNCTION platform.use_standing_approval(r public.runs, tool public.tools, arguments jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  s public.standing_approvals;
begin
  select * into s from public.standing_approvals x
  where x.persona_id = r.persona_id and x.tool_id = tool.id and x.revoked_at is null
    and x.uses < x.max_uses and x.expires_at > platform.now()
    and platform.is_editor(x.persona_id, x.created_by) and platform.standing_approval_fits(x, arguments)
  order by x.expires_at, x.id limit 1
  for update skip locked;
  if not found then
    return false;
  end if;
  update public.standing_approvals set uses = uses + 1, last_used_at = platform.now() where id = s.id returning * into s;
  perform platform.audit(r.workspace_id, 'persona', r.persona_id, 'standing_approval.used', jsonb_build_object(
    'standing_approval_id', s.id, 'tool', s.tool_name, 'arguments_hash', platform.hash_arguments(arguments),
    'uses', s.uses, 'max_uses', s.max_uses), r.persona_id, r.id, r.trace_id);
  return true;
end
$function$
;

CREATE OR REPLACE FUNCTION public.accept_webhook(endpoint_id uuid, delivery_id text, event text, payload jsonb, input text, fingerprint text DEFAULT NULL::text, title text DEFAULT NULL::text)
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
    perform platform.refuse(404, 'webhook_not_found', 'This webhook does not exist, or you may not see it.');
  end if;
  if not exists (
    select from public.workspace_members m where m.workspace_id = e.workspace_id and m.user_id = e.created_by
  ) then
    perform platform.disable_webhook(e, 'webhook_without_owner', 'the person who created it has left the workspace.');
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
  update public.runs set title = nullif(left(accept_webhook.title, 200), '') where id = r.id returning * into r;
  update public.webhook_deliveries set run_id = r.id where id = d.id;
  return jsonb_build_object('run', platform.run_json(r), 'created', true);
end
$function$
;

CREATE OR REPLACE FUNCTION public.activity(workspace_id uuid, actor_id uuid DEFAULT NULL::uuid, persona_id uuid DEFAULT NULL::uuid, kind text DEFAULT NULL::text, since timestamp with time zone DEFAULT NULL::timestamp with time zone, until timestamp with time zone DEFAULT NULL::timestamp with time zone, words text DEFAULT NULL::text, before bigint DEFAULT NULL::bigint, max_rows integer DEFAULT 50)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  max_looked_at constant int := 20000;
  page int := least(greatest(coalesce(max_rows, 50), 1), 200);
begin
  perform platform.require_workspace(activity.workspace_id, 'admin');
  return (
    with looked_at as materialized (
      select e as event from public.audit_events e
      where e.workspace_id = activity.workspace_id and (activity.before is null or e.seq < activity.before)
        and (activity.actor_id is null or e.actor_id = activity.actor_id)
        and (activity.persona_id is null or e.persona_id = activity.persona_id)
        and (activity.kind is null or split_part(e.action, '.', 1) = activity.kind)
        and (activity.since is null or e.at >= activity.since)
        and (activity.until is null or e.at < activity.until)
      order by e.seq desc limit max_looked_at
    ), found as (
      select l.event from looked_at l
      where activity.words is null
        or strpos(lower((l.event).action || ' ' || (l.event).data::text), lower(activity.words)) > 0
      order by (l.event).seq desc limit page
    ), ends as (
      select (select count(*) from found) as found, (select min((f.event).seq) from found f) as last_found,
        (select count(*) from looked_at) as looked_at, (select min((l.event).seq) from looked_at l) as last_looked_at
    )
    select jsonb_build_object(
      'events', coalesce((select jsonb_agg(platform.event_json(f.event) order by (f.event).seq desc) from found f), '[]'),
      'next', case
        when e.found = page then nullif(e.last_found, 1)
        when e.looked_at = max_looked_at then nullif(e.last_looked_at, 1)
      end)
    from ends e
  );
end
$function$
;

CREATE OR REPLACE FUNCTION public.audit_chain(workspace_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform platform.require_workspace(audit_chain.workspace_id, 'admin');
  return (
    select jsonb_build_object(
      'events', coalesce(h.seq, 0), 'hash', encode(h.hash, 'hex'), 'signed_events', coalesce(h.signed_seq, 0),
      'signed_at', h.signed_at,
      'check', case when c.workspace_id is not null then jsonb_build_object(
        'at', c.checked_at, 'events', c.checked_seq, 'is_complete', c.is_complete, 'broken_seq', c.broken_seq, 'why', c.why)
      end)
    from (select audit_chain.workspace_id as id) w
    left join platform.audit_heads h on h.workspace_id = w.id
    left join platform.audit_checks c on c.workspace_id = w.id
  );
end
$function$
;

CREATE OR REPLACE FUNCTION public.check_audit_chain(workspace_id uuid, restart boolean DEFAULT true)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  max_checked constant int := 20000;
  c platform.audit_checks;
  h platform.audit_heads;
  found record;
begin
  perform platform.require_workspace(check_audit_chain.workspace_id, 'admin');
  insert into platform.audit_checks (workspace_id) values (check_audit_chain.workspace_id) on conflict do nothing;
  select * into c from platform.audit_checks a where a.workspace_id = check_audit_chain.workspace_id for update;
  if coalesce(check_audit_chain.restart, true) or c.is_complete then
    c.checked_seq := 0;
    c.checked_hash := decode(repeat('00', 32), 'hex');
  end if;
  select * into h from platform.audit_heads a where a.workspace_id = c.workspace_id;

  select count(*) as events, max(e.seq) as last_seq, (array_agg(e.hash order by e.seq desc))[1] as last_hash,
    min(e.seq) filter (where e.why is not null) as broken_seq,
    (array_agg(e.why order by e.seq) filter (where e.why is not null))[1] as why
  into found
  from platform.checked_events(c.workspace_id, c.checked_seq, c.checked_hash, max_checked) e;

  c.broken_seq := found.broken_seq;
  c.why := found.why;
  c.checked_seq := coalesce(found.last_seq, c.checked_seq);
  c.checked_hash := coalesce(found.last_hash, c.checked_hash);
  c.is_complete := c.broken_seq is not null or found.events < max_checked;
  if c.is_complete and c.broken_seq is null and c.checked_seq < coalesce(h.seq, 0) then
    c.broken_seq := c.checked_seq + 1;
    c.why := format('events up to %s are missing', h.seq);
  elsif c.is_complete and c.broken_seq is null and c.checked_seq = h.seq and c.checked_hash <> h.hash then
    c.broken_seq := c.checked_seq;
    c.why := 'it is not the end that the database noted';
  end if;
  update platform.audit_checks a set checked_at = platform.now(), checked_seq = c.checked_seq,
    checked_hash = c.checked_hash, is_complete = c.is_complete, broken_seq = c.broken_seq, why = c.why
  where a.workspace_id = c.workspace_id;
  if c.is_complete then
    perform platform.audit_as_me(c.workspace_id, 'audit.checked', jsonb_strip_nulls(jsonb_build_object(
      'events', c.checked_seq, 'broken_seq', c.broken_seq, 'why', c.why)));
  end if;
  return public.audit_chain(c.workspace_id);
end
$function$
;

CREATE OR REPLACE FUNCTION public.create_persona(workspace_id uuid, definition jsonb)
 RETURNS public.personas
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  p public.personas;
begin
  perform platform.require_workspace(workspace_id, 'member');
  perform platform.require_scope('admin', workspace_id);
  perform platform.require_valid(definition, 'persona');
  insert into public.personas (workspace_id, name, description, icon, color, visibility, examples, created_by)
  values (create_persona.workspace_id, btrim(definition ->> 'name'), coalesce(definition ->> 'description', ''),
    coalesce(definition ->> 'icon', 'user-round'), coalesce(definition ->> 'color', 'primary'),
    coalesce(definition ->> 'visibility', 'workspace'),
    array(select jsonb_array_elements_text(definition -> 'examples')), auth.uid())
  returning * into p;
  insert into public.persona_members (persona_id, user_id, workspace_id, role) values (p.id, auth.uid(), p.workspace_id, 'owner');
  perform platform.add_version(p, definition);
  perform platform.audit_as_me(workspace_id, 'persona.created', jsonb_build_object('name', p.name), p.id);
  select * into p from public.personas where id = p.id;
  return p;
end
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
  perform platform.require_scope('admin', null);
  if length(btrim(coalesce(name, ''))) not between 1 and 80 then
    perform platform.refuse(422, 'invalid_input', 'The name of a workspace must have 1 to 80 characters.');
  end if;
  insert into public.workspaces (name, limits, created_by)
  values (btrim(create_workspace.name), platform.first_limits(), auth.uid()) returning * into w;
  insert into public.workspace_members (workspace_id, user_id, role) values (w.id, auth.uid(), 'owner');
  perform platform.audit_as_me(w.id, 'workspace.created', jsonb_build_object('name', w.name));
  perform public.create_persona(w.id, platform.first_persona());
  return w;
end
$function$
;

CREATE OR REPLACE FUNCTION public.decide(approval_id uuid, decision text, answer text DEFAULT NULL::text, edited jsonb DEFAULT NULL::jsonb, arguments_hash text DEFAULT NULL::text, always jsonb DEFAULT NULL::jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  a public.approvals;
  r public.runs;
  t public.tool_runs;
begin
  select run.* into r from public.runs run
  where run.id = (select run_id from public.approvals where id = approval_id) for update;
  if r.id is null or not public.can_view_persona(r.persona_id) then
    perform platform.refuse(404, 'approval_not_found', 'This question does not exist, or you may not see it.');
  end if;
  perform platform.require_scope('approvals:decide', r.workspace_id);
  if not public.can_use_persona(r.persona_id) then
    perform platform.refuse(403, 'not_allowed', 'You may see this question, but not decide it. Ask an owner of the persona to share it with you.');
  end if;
  select * into a from public.approvals where id = approval_id for update;
  select * into t from public.tool_runs where id = a.tool_run_id for update;
  if a.status <> 'pending' then
    perform platform.refuse(409, 'already_decided', format('This question is already %s.', a.status));
  end if;
  if a.expires_at < platform.now() then
    perform platform.refuse(410, 'approval_expired', 'The time to decide this is over. Start the run again.');
  end if;
  if decide.arguments_hash is not null and decide.arguments_hash <> a.arguments_hash then
    perform platform.refuse(409, 'arguments_changed', 'The arguments have changed since you saw them. Read them again, then decide.');
  end if;
  if not coalesce(case a.kind
      when 'approval' then decision in ('approve', 'deny')
      when 'question' then decision = 'answer' and length(btrim(coalesce(answer, ''))) > 0
      else decision in ('done', 'do_again', 'give_up')
    end, false) then
    perform platform.refuse(422, 'invalid_decision', 'This question does not accept this decision.',
      jsonb_build_object('kind', a.kind));
  end if;
  if jsonb_typeof(edited) <> 'object' or exists (
    select from public.tools tool, jsonb_array_elements_text(tool.input_schema -> 'required') needed
    where tool.id = t.tool_id and not edited ? needed.value
  ) then
    perform platform.refuse(422, 'invalid_input', format('The edited arguments lack a value that %s needs.', t.tool_name));
  end if;
  update public.approvals set
    status = case decide.decision when 'deny' then 'denied' when 'answer' then 'answered' else 'approved' end,
    decision = decide.decision, answer = decide.answer, decided_by = auth.uid(), decided_at = platform.now()
  where id = a.id returning * into a;
  if always is not null then
    t.arguments := coalesce(edited, t.arguments);
    perform platform.add_standing_approval(a, t, always);
  end if;
  perform platform.apply_decision(r, t, a, edited);
  return to_jsonb(a);
end
$function$
;

CREATE OR REPLACE FUNCTION public.repeat_run(run_id uuid, idempotency_key text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  first public.runs;
  r public.runs;
  started jsonb;
begin
  select * into first from public.runs where id = repeat_run.run_id;
  if first.id is null or not public.can_view_persona(first.persona_id) then
    perform platform.refuse(404, 'run_not_found', 'This run does not exist, or you may not see it.');
  end if;
  started := public.create_run(first.persona_id, first.input, first.attachments, idempotency_key, first.lane);
  if not (started ->> 'created')::boolean then
    return started;
  end if;
  update public.runs set parent_run_id = first.id, title = first.title
  where id = (started #>> '{run,id}')::uuid returning * into r;
  return jsonb_build_object('run', platform.run_json(r), 'created', true);
end
$function$
;

CREATE OR REPLACE FUNCTION public.revoke_standing_approval(standing_approval_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  s public.standing_approvals;
begin
  select * into s from public.standing_approvals x where x.id = revoke_standing_approval.standing_approval_id for update;
  if s.id is null or not public.can_view_persona(s.persona_id) then
    perform platform.refuse(404, 'standing_approval_not_found', 'This rule does not exist, or you may not see it.');
  end if;
  if not public.can_edit_persona(s.persona_id) then
    perform platform.refuse(403, 'not_allowed', 'Only editors of the persona may revoke this.');
  end if;
  if s.revoked_at is not null then
    return;
  end if;
  update public.standing_approvals set revoked_at = platform.now(), revoked_by = auth.uid() where id = s.id;
  perform platform.audit_as_me(s.workspace_id, 'standing_approval.revoked', jsonb_build_object(
    'standing_approval_id', s.id, 'tool', s.tool_name), s.persona_id);
end
$function$
;

CREATE OR REPLACE FUNCTION public.update_persona(persona_id uuid, changes jsonb)
 RETURNS public.personas
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  p public.personas := platform.require_persona(persona_id, 'editor');
begin
  perform platform.require_valid(changes, 'persona_changes');
  if changes ?| array['visibility', 'status'] and not public.can_own_persona(p.id) then
    perform platform.refuse(403, 'not_allowed', 'Only an owner of the persona may pause or archive it, or change who sees it.');
  end if;
  perform from public.personas where id = p.id for update;
  update public.personas set
    name = coalesce(btrim(changes ->> 'name'), name), description = coalesce(changes ->> 'description', description),
    icon = coalesce(changes ->> 'icon', icon), color = coalesce(changes ->> 'color', color),
    visibility = coalesce(changes ->> 'visibility', visibility),
    examples = case when changes ? 'examples' then array(select jsonb_array_elements_text(changes -> 'examples')) else examples end,
    status = coalesce(changes ->> 'status', status),
    updated_at = platform.now()
  where id = p.id returning * into p;
  if changes ?| array['agent_id', 'instructions', 'model', 'limits', 'allowed_hosts'] then
    perform platform.add_version(p, changes);
  end if;
  perform platform.audit_as_me(p.workspace_id, 'persona.updated',
    jsonb_build_object('changed', (select jsonb_agg(k) from jsonb_object_keys(changes) k)), p.id);
  select * into p from public.personas where id = p.id;
  return p;
end
$function$
;

CREATE OR REPLACE FUNCTION public.waiting_questions(workspace_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform platform.require_workspace(waiting_questions.workspace_id, 'viewer');
  return (
    with mine as materialized (
      select p.id, public.persona_role(p.id) as role from public.personas p
      where p.workspace_id = waiting_questions.workspace_id
    )
    select coalesce(jsonb_agg(q.told order by q.created_at, q.id), '[]')
    from (
      select a.id, a.created_at, to_jsonb(a) || jsonb_build_object(
        'task', left(coalesce(r.title, r.input), 1000), 'source', r.source, 'role', m.role,
        'asked_by_name', (select coalesce(nullif(p.display_name, ''), p.email) from public.profiles p where p.id = r.created_by)
      ) as told
      from public.approvals a
      join mine m on m.id = a.persona_id and m.role is not null
      join public.runs r on r.id = a.run_id
      where a.workspace_id = waiting_questions.workspace_id and a.status = 'pending'
      order by a.created_at, a.id limit 200
    ) q
  );
end
$function$
;

alter table platform.audit_checks add constraint audit_checks_pkey PRIMARY KEY (workspace_id);

alter table platform.audit_checks add constraint audit_checks_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id) ON DELETE CASCADE;

alter table public.personas add constraint personas_examples_check CHECK ((cardinality(examples) <= 6));

alter table public.runs add constraint runs_title_check CHECK ((length(title) <= 200));

alter table public.standing_approvals add constraint standing_approvals_approval_id_fkey FOREIGN KEY (approval_id) REFERENCES public.approvals(id) ON DELETE SET NULL;

alter table public.standing_approvals add constraint standing_approvals_check CHECK (((uses >= 0) AND (uses <= max_uses)));

alter table public.standing_approvals add constraint standing_approvals_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.profiles(id) ON DELETE CASCADE;

alter table public.standing_approvals add constraint standing_approvals_max_uses_check CHECK (((max_uses >= 1) AND (max_uses <= 1000)));

alter table public.standing_approvals add constraint standing_approvals_persona_id_fkey FOREIGN KEY (persona_id) REFERENCES public.personas(id) ON DELETE CASCADE;

alter table public.standing_approvals add constraint standing_approvals_pkey PRIMARY KEY (id);

alter table public.standing_approvals add constraint standing_approvals_revoked_by_fkey FOREIGN KEY (revoked_by) REFERENCES public.profiles(id) ON DELETE SET NULL;

alter table public.standing_approvals add constraint standing_approvals_tool_id_fkey FOREIGN KEY (tool_id) REFERENCES public.tools(id) ON DELETE CASCADE;

alter table public.standing_approvals add constraint standing_approvals_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id) ON DELETE CASCADE;

CREATE INDEX standing_approvals_approval_id_idx ON public.standing_approvals USING btree (approval_id);

CREATE INDEX standing_approvals_created_by_idx ON public.standing_approvals USING btree (created_by);

CREATE INDEX standing_approvals_persona_id_tool_id_idx ON public.standing_approvals USING btree (persona_id, tool_id) WHERE (revoked_at IS NULL);

CREATE INDEX standing_approvals_revoked_by_idx ON public.standing_approvals USING btree (revoked_by);

CREATE INDEX standing_approvals_tool_id_idx ON public.standing_approvals USING btree (tool_id);

CREATE INDEX standing_approvals_workspace_id_idx ON public.standing_approvals USING btree (workspace_id);

create policy "people who see a persona see what it is always allowed" on public.standing_approvals as PERMISSIVE for SELECT to authenticated using (public.can_view_persona(persona_id));

grant DELETE on table public.standing_approvals to service_role;

grant EXECUTE on function public.accept_webhook(endpoint_id uuid, delivery_id text, event text, payload jsonb, input text, fingerprint text, title text) to service_role;

grant EXECUTE on function public.activity(workspace_id uuid, actor_id uuid, persona_id uuid, kind text, since timestamp with time zone, until timestamp with time zone, words text, before bigint, max_rows integer) to authenticated;

grant EXECUTE on function public.audit_chain(workspace_id uuid) to authenticated;

grant EXECUTE on function public.check_audit_chain(workspace_id uuid, restart boolean) to authenticated;

grant EXECUTE on function public.decide(approval_id uuid, decision text, answer text, edited jsonb, arguments_hash text, always jsonb) to authenticated;

grant EXECUTE on function public.repeat_run(run_id uuid, idempotency_key text) to authenticated;

grant EXECUTE on function public.revoke_standing_approval(standing_approval_id uuid) to authenticated;

grant EXECUTE on function public.waiting_questions(workspace_id uuid) to authenticated;

grant INSERT on table public.standing_approvals to service_role;

grant MAINTAIN on table public.standing_approvals to service_role;

grant REFERENCES on table public.standing_approvals to service_role;

grant SELECT on table public.standing_approvals to authenticated;

grant SELECT on table public.standing_approvals to service_role;

grant TRIGGER on table public.standing_approvals to service_role;

grant TRUNCATE on table public.standing_approvals to service_role;

grant UPDATE on table public.standing_approvals to service_role;
