-- Checks of JSON that comes from people. The API checks the same shapes first, with better messages (contracts/api/). The
-- checks here also cover callers that bypass the API, so that no stored value can break a transition later.
--
--   schema_of(name)          the shape, as JSON Schema (known-shapes.sql)
--   is_valid(value, schema)  for CHECK constraints
--   require_valid(value, …)  for commands: refuses with 422 invalid_input and names the wrong field

-- Supports a subset of JSON Schema: type, enum, pattern, minLength, maxLength, minimum, maximum, items, minItems, maxItems,
-- properties, required. An object may have only the properties that the schema names.
create function platform.is_valid(value jsonb, schema jsonb) returns boolean
language plpgsql immutable set search_path = ''
as $$
declare
  kind text := jsonb_typeof(value);
  given text := value #>> '{}';
begin
  if value is null or schema is null then
    return false;
  end if;
  if not (schema -> 'type' ? kind or (kind = 'number' and schema -> 'type' ? 'integer' and given::numeric % 1 = 0)) then
    return false;
  end if;
  if kind = 'string' then
    return length(given) between coalesce((schema ->> 'minLength')::int, 0) and coalesce((schema ->> 'maxLength')::int, 1000000)
      and given ~ coalesce(schema ->> 'pattern', '')
      and (not schema ? 'enum' or schema -> 'enum' ? given);
  elsif kind = 'number' then
    return given::numeric between coalesce((schema ->> 'minimum')::numeric, 0) and (schema ->> 'maximum')::numeric;
  elsif kind = 'array' then
    return jsonb_array_length(value) between coalesce((schema ->> 'minItems')::int, 0) and (schema ->> 'maxItems')::int
      and not exists (select from jsonb_array_elements(value) item where not platform.is_valid(item.value, schema -> 'items'));
  elsif kind = 'object' then
    return not exists (select from jsonb_array_elements_text(schema -> 'required') field where not is_valid.value ? field.value)
      and platform.wrong_fields(value, schema) is null;
  end if;
  return true;
end
$$;

-- The names of the fields that are unknown or have a wrong value, separated by commas; null if there are none.
create function platform.wrong_fields(value jsonb, schema jsonb) returns text
language sql immutable set search_path = ''
as $$
  select string_agg(left(field.key, 100), ', ' order by field.key)
  from jsonb_each(value) field
  where not platform.is_valid(field.value, schema -> 'properties' -> field.key)
$$;

-- JSON Schema `properties` for fields that all have the same shape.
create function platform.properties(fields text[], schema jsonb) returns jsonb
language sql immutable set search_path = ''
as $$ select jsonb_object_agg(field, schema) from unnest(fields) field $$;

-- Refuses (invalid_input) a value that does not have the shape.
create function platform.require_valid(value jsonb, schema_name text) returns void
language plpgsql stable set search_path = ''
as $$
declare
  schema jsonb := platform.schema_of(schema_name);
  wrong text;
  missing text;
begin
  if platform.is_valid(value, schema) then
    return;
  end if;
  if jsonb_typeof(value) = 'object' then
    wrong := platform.wrong_fields(value, schema);
    select string_agg(field.value, ', ') into missing
    from jsonb_array_elements_text(schema -> 'required') field where not require_valid.value ? field.value;
  end if;
  perform platform.refuse(422, 'invalid_input', coalesce(
    'These fields are unknown or have a wrong value: ' || wrong || '.', 'These fields are missing: ' || missing || '.',
    'The value is missing or has the wrong type.'));
end
$$;
