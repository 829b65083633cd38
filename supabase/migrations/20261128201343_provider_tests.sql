-- provider tests
set check_function_bodies = off;

create table public.provider_tests ();
alter table public.provider_tests enable row level security;

alter table public.provider_tests add column api_key jsonb;

alter table public.provider_tests add column attempts integer default 0 not null;

alter table public.provider_tests add column base_url text not null;

alter table public.provider_tests add column created_at timestamp with time zone default platform.now() not null;

alter table public.provider_tests add column created_by uuid;

alter table public.provider_tests add column finished_at timestamp with time zone;

alter table public.provider_tests add column id uuid default platform.uuid_v7() not null;

alter table public.provider_tests add column leased_until timestamp with time zone;

alter table public.provider_tests add column leave_out text[] default '{}'::text[] not null;

alter table public.provider_tests add column model text;

alter table public.provider_tests add column name text not null;

alter table public.provider_tests add column result jsonb;

alter table public.provider_tests add column workspace_id uuid not null;

CREATE OR REPLACE FUNCTION platform.claim_provider_tests(max_tests integer, lease_seconds integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  claimed jsonb;
begin
  update public.provider_tests t set api_key = null, finished_at = platform.now(), result = platform.lost_test()
  where t.result is null and t.attempts >= 2 and t.leased_until < platform.now();
  with due as (
    select t.id from public.provider_tests t
    where t.result is null and (t.leased_until is null or t.leased_until < platform.now())
    order by t.id limit max_tests for update skip locked
  ), taken as (
    update public.provider_tests t
    set attempts = t.attempts + 1, leased_until = platform.now() + make_interval(secs => lease_seconds)
    from due where t.id = due.id
    returning t.*
  )
  select jsonb_agg(jsonb_build_object('test_id', t.id, 'attempt', t.attempts, 'base_url', t.base_url, 'model', t.model,
    'leave_out', t.leave_out, 'api_key', t.api_key)) into claimed
  from taken t;
  return coalesce(claimed, '[]');
end
$function$
;

CREATE OR REPLACE FUNCTION platform.finish_provider_test(test_id uuid, attempt integer, result jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  t public.provider_tests;
begin
  select * into t from public.provider_tests p where p.id = finish_provider_test.test_id for update;
  if t.id is null or t.result is not null or t.attempts <> attempt then
    return;
  end if;
  update public.provider_tests p set api_key = null, finished_at = platform.now(),
    result = finish_provider_test.result || jsonb_build_object(
      'cost', (select price.cost from platform.cost_of(t.workspace_id, coalesce(finish_provider_test.result ->> 'model', '*'),
        (finish_provider_test.result ->> 'input_tokens')::bigint,
        (finish_provider_test.result ->> 'output_tokens')::bigint) price),
      'currency', platform.currency(),
      'has_price', exists (
        select from public.model_prices m
        where m.model = finish_provider_test.result ->> 'model'
          and (m.workspace_id is null or m.workspace_id = t.workspace_id)))
  where p.id = t.id;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.lost_test()
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
RETURN jsonb_build_object('models', '[]'::jsonb, 'model', NULL::unknown, 'input_tokens', 0, 'output_tokens', 0, 'cost', 0, 'currency', '', 'has_price', false, 'steps', jsonb_build_array(jsonb_build_object('name', 'reach', 'state', 'failed', 'message', 'The worker that made this test was lost. Start the test again.')))
;

CREATE OR REPLACE FUNCTION platform.max_open_tests()
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
AS $function$ select 5 $function$
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
    when 'provider_test' then return '{
      "type": "object",
      "properties": {
        "base_url": {"type":"string","maxLength":500,"pattern":"^[Hh][Tt][Tt][Pp][Ss]?:\\/\\/[^/?#\\s]+([/?#]\\S*)?$"},
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
        "model": {"type":"string","minLength":1,"maxLength":200},
        "name": {"type":"string","pattern":"^[a-z0-9][a-z0-9-]{0,31}$"}
      },
      "required": ["base_url","name"]
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

CREATE OR REPLACE FUNCTION public.test_provider(workspace_id uuid, definition jsonb)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  test_id uuid;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  perform platform.require_valid(definition, 'provider_test');
  delete from public.provider_tests t
  where t.workspace_id = test_provider.workspace_id and t.created_at < platform.now() - interval '1 day';
  if (select count(*) from public.provider_tests t where t.workspace_id = test_provider.workspace_id and t.result is null)
    >= platform.max_open_tests() then
    perform platform.refuse(429, 'too_many_tests', 'Several tests are still under way. Wait until they are over.');
  end if;
  insert into public.provider_tests (workspace_id, created_by, name, base_url, model, leave_out, api_key)
  values (test_provider.workspace_id, auth.uid(), definition ->> 'name', definition ->> 'base_url', definition ->> 'model',
    array(select jsonb_array_elements_text(definition -> 'leave_out')),
    coalesce(
      jsonb_build_object('workspace_id', test_provider.workspace_id, 'name', 'provider.' || (definition ->> 'name'))
        || (definition -> 'api_key'),
      (select platform.sealed_secret(s) from public.llm_providers p join public.secrets s on s.id = p.api_key_secret_id
       where p.workspace_id = test_provider.workspace_id and p.name = definition ->> 'name')))
  returning id into test_id;
  perform platform.audit_as_me(workspace_id, 'provider.tested',
    jsonb_build_object('name', definition ->> 'name', 'base_url', definition ->> 'base_url'));
  perform platform.wake('provider_tests');
  return test_id;
end
$function$
;

CREATE OR REPLACE FUNCTION public.test_webhook(endpoint_id uuid)
 RETURNS public.webhook_deliveries
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  e public.webhook_endpoints := platform.require_webhook(endpoint_id);
  d public.webhook_deliveries;
begin
  if e.direction <> 'out' or not e.is_enabled then
    perform platform.refuse(409, 'webhook_disabled', 'This webhook is switched off. Switch it on first.');
  end if;
  d.id := platform.uuid_v7();
  insert into public.webhook_deliveries (id, endpoint_id, workspace_id, delivery_id, event, payload, status)
  values (d.id, e.id, e.workspace_id, d.id::text, 'webhook.test', jsonb_build_object('type', 'webhook.test',
    'timestamp', platform.now(), 'data', jsonb_build_object('webhook_id', e.id, 'name', e.name)), 'queued')
  returning * into d;
  perform pgmq.send('webhooks', jsonb_build_object('delivery_id', d.id), 0);
  perform platform.wake('webhooks');
  perform platform.audit_as_me(e.workspace_id, 'webhook.tested', jsonb_build_object('delivery_id', d.id, 'endpoint_id', e.id));
  return d;
end
$function$
;

alter table public.provider_tests add constraint provider_tests_base_url_check CHECK ((base_url ~* '^https?://'::text));

alter table public.provider_tests add constraint provider_tests_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.profiles(id) ON DELETE SET NULL;

alter table public.provider_tests add constraint provider_tests_pkey PRIMARY KEY (id);

alter table public.provider_tests add constraint provider_tests_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id) ON DELETE CASCADE;

CREATE INDEX provider_tests_created_by_idx ON public.provider_tests USING btree (created_by);

CREATE INDEX provider_tests_open ON public.provider_tests USING btree (id) WHERE (result IS NULL);

CREATE INDEX provider_tests_workspace_id_idx ON public.provider_tests USING btree (workspace_id);

create policy "admins see the tests of model providers" on public.provider_tests as PERMISSIVE for SELECT to authenticated using (public.is_workspace_member(workspace_id, 'admin'::text));

grant DELETE on table public.provider_tests to service_role;

grant EXECUTE on function platform.claim_provider_tests(max_tests integer, lease_seconds integer) to platform_executor;

grant EXECUTE on function platform.finish_provider_test(test_id uuid, attempt integer, result jsonb) to platform_executor;

grant EXECUTE on function public.test_provider(workspace_id uuid, definition jsonb) to authenticated;

grant EXECUTE on function public.test_webhook(endpoint_id uuid) to authenticated;

grant INSERT on table public.provider_tests to service_role;

grant MAINTAIN on table public.provider_tests to service_role;

grant REFERENCES on table public.provider_tests to service_role;

grant SELECT (base_url) on table public.provider_tests to authenticated;

grant SELECT (created_at) on table public.provider_tests to authenticated;

grant SELECT (created_by) on table public.provider_tests to authenticated;

grant SELECT (finished_at) on table public.provider_tests to authenticated;

grant SELECT (id) on table public.provider_tests to authenticated;

grant SELECT (leave_out) on table public.provider_tests to authenticated;

grant SELECT (model) on table public.provider_tests to authenticated;

grant SELECT (name) on table public.provider_tests to authenticated;

grant SELECT (result) on table public.provider_tests to authenticated;

grant SELECT (workspace_id) on table public.provider_tests to authenticated;

grant SELECT on table public.provider_tests to service_role;

grant TRIGGER on table public.provider_tests to service_role;

grant TRUNCATE on table public.provider_tests to service_role;

grant UPDATE on table public.provider_tests to service_role;
