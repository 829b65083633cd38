-- Made by `npm run known-shapes` from contracts/database-shapes.ts: do not edit.

-- Each shape is a statement of its own: one expression with all of them would be evaluated whole while it is planned.
create function platform.schema_of(name text) returns jsonb
language plpgsql immutable set search_path = ''
as $$
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
$$;
