-- provider leave out
set check_function_bodies = off;

alter table public.llm_providers add column leave_out text[] default '{}'::text[] not null;

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
      'model', m.model, 'sees_images', m.model = any (l.vision_models), 'leave_out', l.leave_out) into found_one
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
  insert into public.llm_providers as old (
    workspace_id, name, base_url, models, vision_models, leave_out, is_default, api_key_secret_id)
  values (save_provider.workspace_id, definition ->> 'name', definition ->> 'base_url',
    array(select jsonb_array_elements_text(definition -> 'models')),
    array(select jsonb_array_elements_text(definition -> 'vision_models')),
    array(select jsonb_array_elements_text(definition -> 'leave_out')),
    coalesce((definition ->> 'is_default')::boolean, false), key_secret_id)
  on conflict on constraint llm_providers_workspace_id_name_key do update set
    base_url = excluded.base_url, models = excluded.models, vision_models = excluded.vision_models,
    leave_out = excluded.leave_out, is_default = excluded.is_default,
    api_key_secret_id = coalesce(excluded.api_key_secret_id, old.api_key_secret_id)
  returning * into l;
  perform platform.audit_as_me(workspace_id, 'provider.saved', jsonb_build_object('name', l.name, 'base_url', l.base_url));
  return l;
end
$function$
;
