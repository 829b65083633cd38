-- The baseline: what supabase/schemas held when the history began. Made from them in their order.
set check_function_bodies = off;

-- Foundation: schemas, extensions, the executor's role, and what the API's roles may do by default.
--
-- public    what people read through PostgREST, under RLS, and the commands that they may call
-- platform  the state machine: PostgREST does not expose it, and only the executor's role may call its functions
--
-- Only functions write to a table. `authenticated` has SELECT at most, so every change of state passes through one
-- function that checks, writes, audits and sends.
--
-- How functions are written here:
-- - A body of the form `return …` is parsed when the function is made. No search_path can change what it means, and
--   PostgreSQL inlines it. Everything else that a run needs is plpgsql, because plpgsql keeps its plans.
-- - A function that others may call (by a grant, SECURITY DEFINER, a trigger or a CHECK) sets an empty search_path. Inner
--   functions inherit it: setting it again costs as much as a short function itself, sixty times a run. Every name is
--   written with its schema in any case.

create schema if not exists extensions;

create extension if not exists vector with schema extensions;

do $$
begin
  if not exists (select from pg_namespace where nspname = 'pgmq') then
    create extension pgmq;
  end if;
  if not exists (select from pg_roles where rolname = 'platform_executor') then
    create role platform_executor nologin;
  end if;
end
$$;

create schema platform;

revoke all on schema platform from public;

grant usage on schema platform to platform_executor;

-- Nothing is open by default, as in new Supabase projects: each table and function is granted by name. (PUBLIC's right to
-- execute is a global default, which a revoke for one schema does not touch.)
alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke execute on functions from anon, authenticated, service_role;
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;

grant usage on schema public, extensions to anon, authenticated, service_role, platform_executor;

-- The clock. A test sets `platform.now` to stop it; nobody else can set a parameter of that name through PostgREST.
create function platform.now() returns timestamptz
language sql volatile
return coalesce(nullif(current_setting('platform.now', true), '')::timestamptz, clock_timestamp());

-- UUID version 7 (RFC 9562) of now: 48 bits of milliseconds, the version, 12 bits of the millisecond's fraction (method
-- 3 of 6.2), so that ids of one millisecond sort as well, then variant and random bits of a version 4. One expression
-- that names its input once, so that it is put in place where it is called.
create function platform.uuid_v7() returns uuid
language sql volatile
return (
  overlay(lpad(to_hex((extract(epoch from clock_timestamp()) * 4096000)::bigint), 15, '0') placing '7' from 13 for 0)
  || substring(gen_random_uuid()::text from 20)
)::uuid;

-- How a function refuses: an error with an HTTP status, a stable code (contracts/errors.ts) and words for people.

-- Refuses an expected wrong request. SQLSTATE `PTxyz` is PostgREST's way to set the HTTP status; the stable code of
-- `contracts/errors.ts` travels in `hint`. Example: platform.refuse(404, 'persona_not_found', 'There is no …').
create function platform.refuse(http_status int, code text, message text, details jsonb default null) returns void
language plpgsql
as $$
begin
  raise exception using
    errcode = 'PT' || http_status, message = message, hint = code, detail = coalesce(details::text, '');
end
$$;

-- Whether an error passes when the same is tried again: deadlocks, lack of resources, an operator, the system. All others
-- come from what is in the row, and would come again.
create function platform.passes_by_itself(state text) returns boolean
language sql immutable
return left(state, 2) in ('08', '25', '40', '53', '55', '57', '58');

-- A worker that was paused and comes back is told so by this SQLSTATE, and throws its work away.
create function platform.refuse_stale(what text) returns void
language plpgsql
as $$
begin
  raise exception using errcode = 'PP001', message = what || ' was claimed by another worker';
end
$$;

-- Checks of what people give as JSON. The API checks the same shapes first, with better messages (contracts/api/). These
-- checks hold for every other way in, so that no stored value can break a transition later.
--
--   schema_of(name)          the shape, as JSON Schema (known-shapes.sql)
--   is_valid(value, schema)  for CHECK constraints
--   require_valid(value, …)  for commands: refuses with 422 invalid_input and names the wrong field

-- A subset of JSON Schema: type, enum, pattern, minLength, maxLength, minimum, maximum, items, minItems, maxItems,
-- properties, required. An object has no other properties than those that are named.
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

-- The fields of an object that are not as they should be, or not known, in words; null when there are none.
create function platform.wrong_fields(value jsonb, schema jsonb) returns text
language sql immutable set search_path = ''
as $$
  select string_agg(left(field.key, 100), ', ' order by field.key)
  from jsonb_each(value) field
  where not platform.is_valid(field.value, schema -> 'properties' -> field.key)
$$;

-- `fields`: names of the properties, all of the same shape.
create function platform.properties(fields text[], schema jsonb) returns jsonb
language sql immutable set search_path = ''
as $$ select jsonb_object_agg(field, schema) from unnest(fields) field $$;

-- Refuses what has not that shape. Refuses: invalid_input.
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
    'Not as it should be: ' || wrong || '.', 'Missing: ' || missing || '.',
    'What is given is missing, or not of the kind that is expected.'));
end
$$;

-- One statement each: an expression of all of them would be evaluated as a whole when it is planned, without end.
create function platform.schema_of(name text) returns jsonb
language plpgsql immutable set search_path = ''
as $$
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
      "models": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"type": "string", "minLength": 1, "maxLength": 200}}}'
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
$$;

-- Workspaces are the tenants. Here: profiles, workspaces, their members and invitations.
-- Roles, weakest first: viewer, member, admin, owner.

create table public.profiles (
  id uuid primary key references auth.users (id) on delete cascade,
  email text not null,
  display_name text not null default '',
  -- Sees operations (health, queues, dead letters), not content.
  is_platform_admin boolean not null default false,
  -- Whether questions of personas come by mail.
  notify_by_mail boolean not null default true,
  created_at timestamptz not null default platform.now()
);

create table public.workspaces (
  id uuid primary key default platform.uuid_v7(),
  name text not null check (length(btrim(name)) between 1 and 80),
  -- Caps in the currency of the price table; null is no cap. {cost_per_day, cost_per_month, calls_per_day, parallel_runs, runs_per_minute}
  limits jsonb not null default '{}' check (platform.is_valid(limits, platform.schema_of('workspace_limits'))),
  -- The approver's mail domain list, time zone and the like. {time_zone}
  settings jsonb not null default '{}' check (platform.is_valid(settings, platform.schema_of('workspace_settings'))),
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default platform.now(),
  updated_at timestamptz not null default platform.now()
);

create table public.workspace_members (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  user_id uuid not null references public.profiles (id) on delete cascade,
  role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  created_at timestamptz not null default platform.now(),
  primary key (workspace_id, user_id)
);

create table public.workspace_invitations (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  email text not null check (email like '%_@_%'),
  role text not null check (role in ('admin', 'member', 'viewer')),
  -- SHA-256 of the token in the link: the table alone lets nobody in.
  token_hash bytea not null unique,
  invited_by uuid references public.profiles (id) on delete set null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  created_at timestamptz not null default platform.now()
);

create index on public.workspaces (created_by);
create index on public.workspace_members (user_id);
create unique index on public.workspace_invitations (workspace_id, lower(email)) where accepted_at is null;
create index on public.workspace_invitations (invited_by);

alter table public.profiles enable row level security;
alter table public.workspaces enable row level security;
alter table public.workspace_members enable row level security;
alter table public.workspace_invitations enable row level security;

-- Who may do what in a workspace. The `is_…` helpers let a policy read as a sentence; the `require_…` ones refuse.

create function platform.workspace_rank(role text) returns int
language sql immutable
as $$ select array_position(array['viewer', 'member', 'admin', 'owner'], role) $$;

-- True when the signed-in person has at least this role in the workspace.
create function public.is_workspace_member(workspace_id uuid, role text default 'viewer') returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from public.workspace_members m
    where m.workspace_id = is_workspace_member.workspace_id
      and m.user_id = (select auth.uid())
      and platform.workspace_rank(m.role) >= platform.workspace_rank(is_workspace_member.role)
  )
$$;

create function public.is_platform_admin() returns boolean
language sql stable security definer set search_path = ''
as $$ select coalesce((select p.is_platform_admin from public.profiles p where p.id = (select auth.uid())), false) $$;

-- True when the two share a workspace: people see the names of their colleagues, of nobody else.
create function public.is_colleague(user_id uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from public.workspace_members mine
    join public.workspace_members theirs using (workspace_id)
    where mine.user_id = (select auth.uid()) and theirs.user_id = is_colleague.user_id
  )
$$;

-- What one may not see does not exist (404); what one sees but may not do is refused (403).
create function platform.require_workspace(workspace_id uuid, role text) returns void
language plpgsql stable
as $$
begin
  if not public.is_workspace_member(workspace_id) then
    perform platform.refuse(404, 'workspace_not_found', 'There is no such workspace.');
  end if;
  if not public.is_workspace_member(workspace_id, role) then
    perform platform.refuse(403, 'not_allowed', format('This needs the role %s in the workspace.', role));
  end if;
end
$$;

create function platform.require_platform_admin() returns void
language plpgsql stable
as $$
begin
  if not public.is_platform_admin() then
    perform platform.refuse(403, 'not_allowed', 'This is for platform admins.');
  end if;
end
$$;

grant execute on function
  public.is_workspace_member(uuid, text),
  public.is_platform_admin(),
  public.is_colleague(uuid)
  to authenticated, service_role;

-- Audit: append-only, and hash-chained for each workspace.
--
-- A transition writes its event to `platform.audit_queue` in its own transaction. `seal_audit()` moves queued events into
-- `audit_events` and links the chain, in batches, one sealer at a time. If the transition linked the chain itself, every
-- transaction of a workspace would wait for the commit of the one before (docs/adr/0002-audit-chain.md).

create domain platform.actor_type as text check (value in ('person', 'persona', 'system'));

-- An event as a transition of a run notes it, to be written with its steps (platform.save).
create type platform.new_event as (actor_type text, actor_id uuid, action text, data jsonb);

create table platform.audit_queue (
  queue_id bigint generated always as identity primary key,
  workspace_id uuid not null,
  id uuid not null default gen_random_uuid(),
  at timestamptz not null default platform.now(),
  actor_type platform.actor_type not null,
  actor_id uuid,
  action text not null,
  persona_id uuid,
  run_id uuid,
  trace_id text,
  data jsonb not null
);

create table public.audit_events (
  workspace_id uuid not null,
  seq bigint not null,
  id uuid not null,
  at timestamptz not null,
  actor_type platform.actor_type not null,
  actor_id uuid,
  -- noun.verb, e.g. run.created, tool.started, person.signed_in
  action text not null,
  persona_id uuid,
  run_id uuid,
  trace_id text,
  data jsonb not null,
  prev_hash bytea not null,
  hash bytea not null,
  primary key (workspace_id, seq)
);

create table platform.audit_heads (
  workspace_id uuid primary key,
  seq bigint not null,
  hash bytea not null
);

create index on public.audit_events (run_id, seq) where run_id is not null;

-- appended in the order of time, so that a few blocks a range are enough
create index on public.audit_events using brin (at);

alter table platform.audit_queue enable row level security;
alter table platform.audit_heads enable row level security;
alter table public.audit_events enable row level security;

create function platform.refuse_audit_change() returns trigger
language plpgsql set search_path = ''
as $$
begin
  raise exception 'audit_events is append-only' using errcode = 'PP002';
end
$$;

create trigger audit_events_append_only before update or delete on public.audit_events
  for each row execute function platform.refuse_audit_change();

create trigger audit_events_no_truncate before truncate on public.audit_events
  for each statement execute function platform.refuse_audit_change();

-- How the other subjects note an event.

-- Queues one event. `data` must hold no secret: only names, ids, counts, hashes and what people may read.
create function platform.audit(
  workspace_id uuid, actor_type text, actor_id uuid, action text,
  data jsonb default '{}', persona_id uuid default null, run_id uuid default null, trace_id text default null
) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into platform.audit_queue (workspace_id, actor_type, actor_id, action, data, persona_id, run_id, trace_id)
  values (coalesce(workspace_id, '00000000-0000-0000-0000-000000000000'), actor_type, actor_id, action, data, persona_id,
    run_id, trace_id);
end
$$;

create function platform.audit_event(actor_type text, actor_id uuid, action text, data jsonb default '{}')
returns platform.new_event
language sql stable
return row(actor_type, actor_id, action, data)::platform.new_event;

create function platform.audit_as_me(workspace_id uuid, action text, data jsonb default '{}', persona_id uuid default null)
returns void
language sql
as $$ select platform.audit(workspace_id, 'person', auth.uid(), action, data, persona_id) $$;

-- Secrets: AES-256-GCM ciphertext with the id of its key. The key itself is in the environment of functions and executor
-- only, and no function returns a secret's value.

create table public.secrets (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  name text not null check (name ~ '^[A-Za-z][A-Za-z0-9_.-]{0,63}$'),
  -- AES-256-GCM, encrypted by the functions before it comes here; readable by nobody through the API.
  ciphertext bytea not null,
  nonce bytea not null,
  key_id text not null,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default platform.now(),
  updated_at timestamptz not null default platform.now(),
  unique (workspace_id, name)
);

create index on public.secrets (created_by);

alter table public.secrets enable row level security;

-- Model providers of a workspace, and what models cost.

create table public.llm_providers (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
  base_url text not null check (base_url ~ '^https?://'),
  api_key_secret_id uuid references public.secrets (id) on delete set null,
  models text[] not null default '{}',
  is_default boolean not null default false,
  created_at timestamptz not null default platform.now(),
  unique (workspace_id, name)
);

-- Prices per million tokens. `*` is the price of a model that has no line: an unknown model is never free.
create table public.model_prices (
  model text primary key,
  input_per_million numeric(12, 6) not null check (input_per_million >= 0),
  output_per_million numeric(12, 6) not null check (output_per_million >= 0),
  currency text not null default 'EUR',
  source text not null,
  updated_at timestamptz not null default platform.now()
);

create unique index on public.llm_providers (workspace_id) where is_default;
create index on public.llm_providers (api_key_secret_id);

alter table public.llm_providers enable row level security;
alter table public.model_prices enable row level security;

insert into public.model_prices (model, input_per_million, output_per_million, source) values
  ('demo', 0, 0, 'The built-in scripted demo model is free.'),
  ('*', 10, 30, 'Deliberately dear, so that a cap holds for a model without a line of its own.');

-- Personas, their versions and the people they are shared with.
-- Roles on a persona, weakest first: viewer, user, editor, owner.

-- An agent is a graph that a persona can run on, with the limits it has unless the persona says otherwise.
create table public.agents (
  id text primary key,
  name text not null,
  description text not null,
  -- {max_segments, max_seconds, max_parallel_runs, max_attempts}
  default_limits jsonb not null
);

create table public.personas (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  name text not null check (length(btrim(name)) between 1 and 80),
  description text not null default '' check (length(description) <= 2000),
  -- A lucide icon name and a colour name of the app's palette.
  icon text not null default 'user-round',
  color text not null default 'primary',
  -- `workspace`: every member may use it; `private`: only those it is shared with, and the workspace's admins.
  visibility text not null default 'workspace' check (visibility in ('workspace', 'private')),
  status text not null default 'active' check (status in ('active', 'paused', 'archived')),
  current_version_id uuid,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default platform.now(),
  updated_at timestamptz not null default platform.now()
);

create table public.persona_versions (
  id uuid primary key default platform.uuid_v7(),
  persona_id uuid not null references public.personas (id) on delete cascade,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  number int not null,
  agent_id text not null references public.agents (id),
  instructions text not null check (length(instructions) <= 50000),
  -- {primary, fallbacks[], temperature?, max_output_tokens?}; names are "model" or "provider/model"; "default" is the workspace's.
  model jsonb not null check (platform.is_valid(model, platform.schema_of('model'))),
  -- Caps; null is the agent's default, or no cap. See platform.schema_of.
  limits jsonb not null check (platform.is_valid(limits, platform.schema_of('persona_limits'))),
  -- Hosts that its sandbox may reach, e.g. example.com, *.example.com.
  allowed_hosts text[] not null default '{}',
  note text not null default '',
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default platform.now(),
  unique (persona_id, number)
);

create table public.persona_members (
  persona_id uuid not null references public.personas (id) on delete cascade,
  user_id uuid not null references public.profiles (id) on delete cascade,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  role text not null check (role in ('owner', 'editor', 'user', 'viewer')),
  created_at timestamptz not null default platform.now(),
  primary key (persona_id, user_id)
);

create index on public.personas (workspace_id, created_at);
create index on public.personas (created_by);
create index on public.personas (current_version_id);
create index on public.persona_versions (workspace_id);
create index on public.persona_versions (created_by);
create index on public.persona_versions (agent_id);
create index on public.persona_members (user_id);
create index on public.persona_members (workspace_id);

alter table public.personas add constraint personas_current_version_fk
  foreign key (current_version_id) references public.persona_versions (id) on delete set null deferrable initially deferred;

alter table public.agents enable row level security;
alter table public.personas enable row level security;
alter table public.persona_versions enable row level security;
alter table public.persona_members enable row level security;

-- Reference data.
insert into public.agents (id, name, description, default_limits) values (
  'office-worker', 'Office worker',
  'Recalls, plans, thinks one model call at a time, and works with tools until it is done or has to ask.',
  '{"max_segments": 50, "max_seconds": 3600, "max_parallel_runs": 20, "max_attempts": 5}'
);

-- Who may see, use, edit and own a persona: its own members, and the workspace's admins.

create function platform.persona_rank(role text) returns int
language sql immutable
as $$ select array_position(array['viewer', 'user', 'editor', 'owner'], role) $$;

-- What the signed-in person is to a persona, or null. Workspace admins own every persona; in a persona that the whole
-- workspace sees, members are users and viewers are viewers; sharing can only raise that.
create function public.persona_role(persona_id uuid) returns text
language sql stable security definer set search_path = ''
as $$
  select role from (
    select case
        when m.role in ('owner', 'admin') then 'owner'
        when p.visibility = 'workspace' and m.role = 'member' then 'user'
        when p.visibility = 'workspace' then 'viewer'
      end as role
    from public.personas p
    join public.workspace_members m on m.workspace_id = p.workspace_id and m.user_id = (select auth.uid())
    where p.id = persona_role.persona_id
    union all
    select pm.role
    from public.persona_members pm
    join public.workspace_members m on m.workspace_id = pm.workspace_id and m.user_id = pm.user_id
    where pm.persona_id = persona_role.persona_id and pm.user_id = (select auth.uid())
  ) roles
  where role is not null
  order by platform.persona_rank(role) desc
  limit 1
$$;

create function public.can_view_persona(persona_id uuid) returns boolean
language sql stable security definer set search_path = ''
as $$ select public.persona_role(persona_id) is not null $$;

create function public.can_use_persona(persona_id uuid) returns boolean
language sql stable security definer set search_path = ''
as $$ select coalesce(platform.persona_rank(public.persona_role(persona_id)) >= platform.persona_rank('user'), false) $$;

create function public.can_edit_persona(persona_id uuid) returns boolean
language sql stable security definer set search_path = ''
as $$ select coalesce(platform.persona_rank(public.persona_role(persona_id)) >= platform.persona_rank('editor'), false) $$;

create function public.can_own_persona(persona_id uuid) returns boolean
language sql stable security definer set search_path = ''
as $$ select coalesce(public.persona_role(persona_id) = 'owner', false) $$;

create function platform.require_persona(persona_id uuid, role text) returns public.personas
language plpgsql stable
as $$
declare
  p public.personas;
  mine text := public.persona_role(persona_id);
begin
  select * into p from public.personas where id = require_persona.persona_id;
  if p.id is null or mine is null then
    perform platform.refuse(404, 'persona_not_found', 'There is no such persona.');
  end if;
  if platform.persona_rank(mine) < platform.persona_rank(role) then
    perform platform.refuse(403, 'not_allowed', format('This needs the role %s on the persona.', role));
  end if;
  return p;
end
$$;

grant execute on function
  public.persona_role(uuid),
  public.can_view_persona(uuid),
  public.can_use_persona(uuid),
  public.can_edit_persona(uuid),
  public.can_own_persona(uuid)
  to authenticated, service_role;

-- The tool registry: built-in tools (no workspace) and custom ones, and the policy of each persona for each tool.

create table public.tools (
  id uuid primary key default platform.uuid_v7(),
  -- Null: built in, for every workspace.
  workspace_id uuid references public.workspaces (id) on delete cascade,
  name text not null check (name ~ '^[a-z][a-z0-9_]{1,63}$'),
  description text not null,
  group_name text not null,
  input_schema jsonb not null,
  output_schema jsonb not null,
  effect text not null check (effect in ('pure', 'idempotent', 'effect')),
  runs text not null check (runs in ('sandbox', 'executor')),
  secrets text[] not null default '{}',
  examples jsonb not null default '[]',
  timeout_seconds int not null check (timeout_seconds between 1 and 3600),
  -- Custom tools only: their code and its language.
  code text,
  language text check (language in ('node', 'python')),
  is_enabled boolean not null default true,
  embedding extensions.vector,
  embedding_model text,
  created_at timestamptz not null default platform.now(),
  updated_at timestamptz not null default platform.now(),
  unique nulls not distinct (workspace_id, name),
  check ((workspace_id is null) = (code is null))
);

create table public.tool_dependencies (
  tool_id uuid not null references public.tools (id) on delete cascade,
  depends_on_id uuid not null references public.tools (id) on delete cascade,
  primary key (tool_id, depends_on_id)
);

-- A persona's say on one tool. No row: enabled, and effects ask.
create table public.persona_tools (
  persona_id uuid not null references public.personas (id) on delete cascade,
  tool_id uuid not null references public.tools (id) on delete cascade,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  is_enabled boolean not null default true,
  policy text not null default 'default' check (policy in ('default', 'allow', 'ask', 'deny')),
  -- [{argument, operator, value, policy}]: the first that fits decides.
  conditions jsonb not null default '[]' check (platform.is_valid(conditions, platform.schema_of('conditions'))),
  -- Names of the workspace's secrets that this tool may have.
  granted_secrets text[] not null default '{}',
  updated_at timestamptz not null default platform.now(),
  primary key (persona_id, tool_id)
);

create index on public.tool_dependencies (depends_on_id);
create index on public.persona_tools (tool_id);
create index on public.persona_tools (workspace_id);

alter table public.tools enable row level security;
alter table public.tool_dependencies enable row level security;
alter table public.persona_tools enable row level security;

-- Connectors: accounts outside that a persona may use (a mailbox, a desktop). Their credentials are secrets.

create table public.connectors (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  persona_id uuid references public.personas (id) on delete cascade,
  kind text not null check (kind in ('mail')),
  name text not null,
  settings jsonb not null default '{}',
  secret_id uuid references public.secrets (id) on delete set null,
  created_at timestamptz not null default platform.now()
);

create index on public.connectors (workspace_id);
create index on public.connectors (persona_id);
create index on public.connectors (secret_id);

alter table public.connectors enable row level security;

-- Schedules: a persona works at set times.

create table public.schedules (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  persona_id uuid not null references public.personas (id) on delete cascade,
  name text not null check (length(btrim(name)) between 1 and 80),
  cron text not null,
  time_zone text not null default 'UTC',
  input text not null,
  -- What happens to times that passed while nothing ran.
  missed text not null default 'once' check (missed in ('skip', 'once', 'all')),
  -- [{tool, conditions}]: approvals that are given in advance.
  approved_in_advance jsonb not null default '[]'
    check (platform.is_valid(approved_in_advance, platform.schema_of('approved_calls'))),
  is_paused boolean not null default false,
  next_at timestamptz,
  last_at timestamptz,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default platform.now()
);

create index on public.schedules (workspace_id);
create index on public.schedules (persona_id);
create index on public.schedules (created_by);
create index schedules_due on public.schedules (next_at) where not is_paused;

alter table public.schedules enable row level security;

-- Runs, their steps and checkpoints. The life cycle stands in start, claim, segments, ends and leases; the shapes of steps
-- in contracts/runs.ts.
--
-- Rows that every transition writes have no foreign keys to `runs` and above it: each would cost a look-up and a lock, and
-- the transition holds the run's lock anyway (docs/adr/0010). Their workspace and persona are copies of the run's, for
-- policies and lists. Deleting a run deletes its rows (platform.delete_run_rows).

-- Domains and not CHECKs where transitions write: PostgreSQL reads a table's CHECKs anew from their text in each statement.
create domain platform.run_status as text
  check (value in ('queued', 'running', 'waiting', 'completed', 'failed', 'cancelled'));

create domain platform.awaited as text check (value in ('tools', 'approval', 'human'));

create domain platform.run_source as text check (value in ('person', 'api', 'schedule', 'webhook', 'fork'));

create domain platform.lane as text check (value in ('interactive', 'normal', 'background'));

create table public.runs (
  id uuid primary key default platform.uuid_v7(),
  -- Workspace and version are the persona's own, and live as long as it does.
  workspace_id uuid not null,
  persona_id uuid not null references public.personas (id) on delete cascade,
  persona_version_id uuid not null,
  status platform.run_status not null default 'queued',
  -- 'tools' while any call is open that needs no person
  waiting_for platform.awaited,
  -- On every terminal state: 'done', 'cancelled', 'cost_per_run', 'model_error', 'time_limit' …
  reason text,
  error jsonb,
  input text not null,
  -- [{name, path, content_type, size}] in the bucket `attachments`
  attachments jsonb not null default '[]',
  output text,
  plan jsonb not null default '[]',
  source platform.run_source not null default 'person',
  lane platform.lane not null default 'interactive',
  trace_id text not null,
  idempotency_key text,
  created_by uuid references public.profiles (id) on delete set null,
  parent_run_id uuid references public.runs (id) on delete set null,

  -- Raised by every claim; a write that names an older one is refused.
  fence int not null default 0,
  -- The one message that may move this run on; a message of another id is stale. While it waits for calls that its worker
  -- has claimed with the segment, this is their lease.
  msg_id bigint,
  worker text,
  -- How many segments are committed; the calls of segment n are answered in segment n + 1.
  segment int not null default 0,
  step_count int not null default 0,
  -- Tries of the current segment that ended in a retryable error.
  attempts int not null default 0,
  -- Segments in a row that brought no new call (platform.runaway).
  idle_segments int not null default 0,
  checkpoint_id text,

  cost numeric(14, 6) not null default 0,
  model_calls int not null default 0,
  input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,

  created_at timestamptz not null default platform.now(),
  started_at timestamptz,
  -- Null while the run is live. `status` itself stands in no index, so that most changes of a run rewrite none (HOT updates).
  finished_at timestamptz,
  -- When it is given up at the latest; waiting for a person does not count.
  deadline_at timestamptz,
  -- When something last moved: what the sweep looks at.
  progress_at timestamptz not null default platform.now(),
  schedule_id uuid references public.schedules (id) on delete set null,
  due_at timestamptz,
  -- The segment of the parent that the fork starts after; null for a run that is no fork.
  forked_segment int,
  -- What the person adds at the fork: the graph takes it up as one more message of theirs.
  added_input text,
  -- Replaces the persona version's model for this run.
  model_override jsonb
) with (fillfactor = 60);

create table public.run_steps (
  run_id uuid not null,
  persona_id uuid not null,
  seq int not null,
  kind text not null,
  data jsonb not null,
  duration_ms int,
  created_at timestamptz not null default platform.now(),
  primary key (run_id, seq)
);

-- The graph's checkpoints, one a segment (docs/architecture.md). `data` is what LangGraph's serializer made.
create table platform.checkpoints (
  run_id uuid not null,
  checkpoint_id text not null,
  parent_id text,
  segment int not null,
  data text not null,
  created_at timestamptz not null default platform.now(),
  primary key (run_id, checkpoint_id)
);

create unique index on public.runs (created_by, idempotency_key) where idempotency_key is not null;
create index on public.runs (workspace_id, created_at desc);
create index on public.runs (persona_id, created_at desc);
create index on public.runs (created_by, created_at desc) where created_by is not null;
create index on public.runs (parent_run_id) where parent_run_id is not null;
create index runs_live on public.runs (persona_id) where finished_at is null;
create unique index runs_once_per_due_time on public.runs (schedule_id, due_at) where due_at is not null;

alter table public.runs enable row level security;
alter table public.run_steps enable row level security;
alter table platform.checkpoints enable row level security;

create function platform.delete_run_rows() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  delete from public.run_steps s using deleted d where s.run_id = d.id;
  delete from public.llm_calls l using deleted d where l.run_id = d.id;
  delete from public.tool_runs t using deleted d where t.run_id = d.id;
  delete from platform.checkpoints c using deleted d where c.run_id = d.id;
  return null;
end
$$;

create trigger delete_run_rows after delete on public.runs
  referencing old table as deleted for each statement execute function platform.delete_run_rows();

-- Tool calls (the effect ledger, DESIGN 5) and what is asked of people.

create domain platform.tool_effect as text check (value in ('pure', 'idempotent', 'effect'));

create domain platform.tool_run_status as text check (
  value in ('queued', 'awaiting_approval', 'denied', 'started', 'succeeded', 'failed', 'unknown', 'cancelled'));

create table public.tool_runs (
  id uuid primary key default platform.uuid_v7(),
  run_id uuid not null,
  workspace_id uuid not null,
  persona_id uuid not null,
  segment int not null,
  -- The model's own id of the call, unique in its segment.
  call_id text not null,
  position int not null,
  tool_id uuid references public.tools (id) on delete set null,
  tool_name text not null,
  arguments jsonb not null,
  arguments_hash text not null,
  effect platform.tool_effect not null,
  status platform.tool_run_status not null,
  -- Raised by every claim; the fence of a tool call.
  attempt int not null default 0,
  -- Null while the run's message is the call's lease.
  msg_id bigint,
  output jsonb,
  -- Large output stands in Storage; `output` then holds its beginning.
  output_path text,
  error jsonb,
  duration_ms int,
  created_at timestamptz not null default platform.now(),
  started_at timestamptz,
  finished_at timestamptz,
  unique (run_id, segment, call_id)
) with (fillfactor = 50);

create table public.approvals (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  persona_id uuid not null references public.personas (id) on delete cascade,
  run_id uuid not null references public.runs (id) on delete cascade,
  tool_run_id uuid not null references public.tool_runs (id) on delete cascade,
  -- approval: may this call run; question: ask_human; unknown_effect: did it happen or not.
  kind text not null check (kind in ('approval', 'question', 'unknown_effect')),
  question text not null,
  options jsonb not null default '[]',
  tool_name text not null,
  arguments jsonb not null,
  -- What is decided on are exactly these arguments.
  arguments_hash text not null,
  status text not null default 'pending'
    check (status in ('pending', 'approved', 'denied', 'answered', 'expired', 'cancelled')),
  decision text,
  answer text,
  decided_by uuid references public.profiles (id) on delete set null,
  decided_at timestamptz,
  expires_at timestamptz not null,
  created_at timestamptz not null default platform.now()
);

create index on public.tool_runs (persona_id, created_at desc);
create index on public.tool_runs (tool_id);
create index on public.approvals (workspace_id, created_at desc) where status = 'pending';
create index on public.approvals (run_id);
create index on public.approvals (tool_run_id);
create index on public.approvals (persona_id);
create index on public.approvals (decided_by);
create index approvals_expiring on public.approvals (expires_at) where status = 'pending';

alter table public.tool_runs enable row level security;
alter table public.approvals enable row level security;

-- Artifacts: the files that runs made. Their bytes are in Storage.

create table public.artifacts (
  id uuid primary key default platform.uuid_v7(),
  run_id uuid not null references public.runs (id) on delete cascade,
  tool_run_id uuid references public.tool_runs (id) on delete set null,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  persona_id uuid not null references public.personas (id) on delete cascade,
  name text not null,
  content_type text not null,
  size bigint not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  -- In the bucket `artifacts`: <workspace>/<persona>/<run>/<sha256>/<name>
  path text not null,
  created_at timestamptz not null default platform.now(),
  -- The same file from a repeated attempt is one artifact.
  unique (run_id, name, sha256)
);

create index on public.artifacts (workspace_id, created_at desc);
create index on public.artifacts (persona_id, created_at desc);
create index on public.artifacts (tool_run_id);

alter table public.artifacts enable row level security;

-- Money: each model call reserves its worst case before it is made, and is settled after it (DESIGN 7).

create domain platform.model_call_status as text check (value in ('started', 'succeeded', 'failed'));

create table public.llm_calls (
  id uuid primary key default platform.uuid_v7(),
  run_id uuid not null,
  workspace_id uuid not null,
  persona_id uuid not null,
  segment int not null,
  provider text not null,
  model text not null,
  status platform.model_call_status not null default 'started',
  -- Worst case, held in `scopes` of platform.spend until the call is settled; then 0.
  reserved_cost numeric(14, 6) not null,
  scopes text[] not null default '{}',
  cost numeric(14, 6) not null default 0,
  input_tokens int not null default 0,
  output_tokens int not null default 0,
  latency_ms int,
  first_token_ms int,
  error jsonb,
  trace_id text not null,
  created_at timestamptz not null default platform.now(),
  finished_at timestamptz
) with (fillfactor = 50);

create table platform.spend (
  -- 'run:<id>', 'persona:<id>:2026-11-23', 'persona:<id>:2026-11', 'workspace:<id>:…'; days and months are UTC.
  scope text primary key,
  cost numeric(14, 6) not null default 0,
  reserved numeric(14, 6) not null default 0,
  calls int not null default 0
);

-- each row is changed once, soon: with room beside it, its indexes are not
create index on public.llm_calls (run_id);
create index on public.llm_calls (workspace_id, created_at desc);
create index on public.llm_calls (persona_id, created_at desc);

alter table public.llm_calls enable row level security;
alter table platform.spend enable row level security;

-- Alerts: each is raised once, shown live, and resolved by itself or by a person.

create table public.alerts (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid references public.workspaces (id) on delete cascade,
  persona_id uuid references public.personas (id) on delete cascade,
  kind text not null,
  message text not null,
  details jsonb not null default '{}',
  raised_at timestamptz not null default platform.now(),
  resolved_at timestamptz,
  resolved_by uuid references public.profiles (id) on delete set null
);

create unique index alerts_open on public.alerts (kind, coalesce(persona_id, workspace_id)) where resolved_at is null;
create index on public.alerts (workspace_id, raised_at desc);
create index on public.alerts (persona_id);
create index on public.alerts (resolved_by);

alter table public.alerts enable row level security;

do $$
begin
  alter publication supabase_realtime add table public.alerts;
end
$$;

-- Mail that a persona receives and sends (issue 15 builds on these tables).

create table public.emails (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  persona_id uuid not null references public.personas (id) on delete cascade,
  connector_id uuid references public.connectors (id) on delete set null,
  direction text not null check (direction in ('in', 'out')),
  message_id text not null,
  thread_id text,
  sender text not null,
  recipients text[] not null,
  subject text not null default '',
  body_text text not null default '',
  run_id uuid references public.runs (id) on delete set null,
  sent_at timestamptz,
  created_at timestamptz not null default platform.now(),
  unique (persona_id, message_id)
);

create table public.attachments (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  persona_id uuid not null references public.personas (id) on delete cascade,
  email_id uuid references public.emails (id) on delete cascade,
  name text not null,
  path text not null,
  content_type text not null,
  size bigint not null,
  sha256 text not null,
  created_at timestamptz not null default platform.now()
);

create index on public.emails (workspace_id);
create index on public.emails (connector_id);
create index on public.emails (run_id);
create index on public.attachments (workspace_id);
create index on public.attachments (persona_id);
create index on public.attachments (email_id);

alter table public.emails enable row level security;
alter table public.attachments enable row level security;

-- What a persona remembers: documents and their chunks (DESIGN 8).

create table public.documents (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  persona_id uuid not null references public.personas (id) on delete cascade,
  name text not null,
  path text not null,
  content_type text not null,
  size bigint not null,
  sha256 text not null,
  status text not null default 'queued' check (status in ('queued', 'processing', 'ready', 'failed')),
  error text,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default platform.now(),
  unique (persona_id, sha256)
);

create table public.chunks (
  id uuid primary key default platform.uuid_v7(),
  document_id uuid not null references public.documents (id) on delete cascade,
  persona_id uuid not null references public.personas (id) on delete cascade,
  position int not null,
  text text not null,
  -- {page?, heading?, start, end}
  location jsonb not null default '{}',
  is_summary boolean not null default false,
  embedding extensions.vector,
  embedding_model text,
  created_at timestamptz not null default platform.now(),
  unique (document_id, position)
);

create index on public.documents (workspace_id);
create index on public.documents (created_by);
create index on public.chunks (persona_id);

alter table public.documents enable row level security;
alter table public.chunks enable row level security;

-- What operators see: messages that could not be worked on.

-- Messages that were read too often, or that name nothing: kept for the admin's page.
create table platform.dead_letters (
  id uuid primary key default platform.uuid_v7(),
  queue text not null,
  message jsonb not null,
  read_count int not null,
  error text not null,
  run_id uuid references public.runs (id) on delete cascade,
  -- The fence that the run was ended with for this message: while it is that, the run can be taken up again. Null when the
  -- run went on without it.
  fence int,
  created_at timestamptz not null default platform.now(),
  requeued_at timestamptz
);

create index on platform.dead_letters (created_at desc);
create index on platform.dead_letters (run_id);

alter table platform.dead_letters enable row level security;

-- Webhooks. In: a signed request starts a run. Out: an event is written as a delivery in the transaction that caused it,
-- and the executor sends it.
--
-- Life of a delivery out: queued -> delivered|failed (after the last try). In: received.

create table public.webhook_endpoints (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  persona_id uuid references public.personas (id) on delete cascade,
  direction text not null check (direction in ('in', 'out')),
  name text not null,
  url text,
  scheme text not null default 'standard' check (scheme in ('standard', 'github', 'hmac')),
  events text[] not null default '{}',
  input_template text,
  secret_id uuid references public.secrets (id) on delete set null,
  is_enabled boolean not null default true,
  disabled_reason text,
  created_at timestamptz not null default platform.now(),
  created_by uuid references public.profiles (id) on delete set null,
  -- Since when every try has failed; a working one clears it.
  failing_since timestamptz,
  -- In: how many requests of that minute were turned away and noted.
  rejected_in timestamptz,
  rejected int not null default 0
);

create table public.webhook_deliveries (
  id uuid primary key default platform.uuid_v7(),
  endpoint_id uuid not null references public.webhook_endpoints (id) on delete cascade,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  delivery_id text not null,
  event text not null,
  payload jsonb not null,
  status text not null check (status in ('received', 'queued', 'delivered', 'failed')),
  attempts int not null default 0,
  response_status int,
  error text,
  run_id uuid references public.runs (id) on delete set null,
  next_at timestamptz,
  created_at timestamptz not null default platform.now(),
  unique (endpoint_id, delivery_id),
  msg_id bigint,
  -- In: SHA-256 of what was signed, where no id tells the delivery for sure; for half an hour (accept_webhook).
  fingerprint text
);

create index on public.webhook_endpoints (workspace_id);
create index on public.webhook_endpoints (persona_id);
create index on public.webhook_endpoints (secret_id);
create index on public.webhook_deliveries (workspace_id, created_at desc);
create index on public.webhook_deliveries (run_id);
create index on public.webhook_endpoints (created_by);
create unique index webhook_deliveries_once on public.webhook_deliveries (endpoint_id, fingerprint) where fingerprint is not null;

alter table public.webhook_endpoints enable row level security;
alter table public.webhook_deliveries enable row level security;

-- What pgmq's send, read, set_vt and delete do, for these queues (docs/adr/0007-queue-statements.md): pgmq builds
-- its statements anew at each call, which costs more than running them. Here each queue has a branch of its own, whose
-- plan is kept. `%1$s` is the queue.
do $do$
declare
  changes text := $f$create function platform.%s returns void
    language plpgsql as $body$
    begin
      case queue %%s end case;
    end
    $body$$f$;
  functions text[] := array[
    -- Sends a message that may be read after `delay_seconds`.
    $f$create function platform.send(queue text, message jsonb, delay_seconds int default 0) returns bigint
    language plpgsql as $body$
    declare
      id bigint;
    begin
      case queue %s end case;
      return id;
    end
    $body$$f$,
    $b$when '%1$s' then
      insert into pgmq.q_%1$s (vt, message) values (clock_timestamp() + make_interval(secs => delay_seconds), message)
      returning msg_id into id;$b$,

    -- Reads up to `most` messages and hides them for the lease: [{queue, msg_id, read_ct, message}], in no order. By place
    -- and without a scan, which the planner takes for cheap in a queue of a few messages: there it reads all that is deleted.
    -- One that changes meanwhile is left to the next reader.
    $f$create function platform.read(queue text, lease_seconds int, most int) returns jsonb
    language plpgsql set enable_seqscan = off as $body$
    declare
      messages jsonb;
    begin
      case queue %s end case;
      return coalesce(messages, '[]');
    end
    $body$$f$,
    $b$when '%1$s' then
      with hidden as (
        update pgmq.q_%1$s q set vt = clock_timestamp() + make_interval(secs => lease_seconds), read_ct = q.read_ct + 1
        where q.ctid = any (array(
          select r.ctid from pgmq.q_%1$s r where r.vt <= clock_timestamp() order by r.msg_id limit most for update skip locked
        ))
        returning q.msg_id, q.read_ct, q.message
      )
      select jsonb_agg(jsonb_build_object('queue', queue, 'msg_id', h.msg_id, 'read_ct', h.read_ct, 'message', h.message))
      into messages from hidden h;$b$,

    -- Hides a message for so long from now on. One that another transaction works on is left to it: who prolongs many
    -- leases waits for nobody, so nobody can wait for them in a circle.
    format(changes, 'hide(queue text, msg_id bigint, seconds int)'),
    $b$when '%1$s' then
      update pgmq.q_%1$s set vt = clock_timestamp() + make_interval(secs => seconds)
      where ctid = (select q.ctid from pgmq.q_%1$s q where q.msg_id = hide.msg_id for update skip locked);$b$,

    -- Hides a message for the lease from now on and counts its readers anew: it stands for what comes next.
    format(changes, 'keep(queue text, msg_id bigint, lease_seconds int)'),
    $b$when '%1$s' then
      update pgmq.q_%1$s q set vt = clock_timestamp() + make_interval(secs => lease_seconds), read_ct = 0
      where q.msg_id = keep.msg_id;$b$,

    -- Removes a message.
    format(changes, 'remove(queue text, msg_id bigint)'),
    $b$when '%1$s' then
      delete from pgmq.q_%1$s q where q.msg_id = remove.msg_id;$b$
  ];
  queues text[] := array[
    'runs_interactive', 'tools_interactive', 'runs_normal', 'tools_normal', 'runs_background', 'tools_background'];
begin
  for f in 1 .. array_length(functions, 1) by 2 loop
    execute format(functions[f], (select string_agg(format(functions[f + 1], q), E'\n' order by n) from unnest(queues) with ordinality u(q, n)));
  end loop;
end
$do$;

-- Reads on one message before it counts as poison: crashes of ten workers in a row on the same segment.
create function platform.max_reads() returns int language sql immutable return 10;

-- The order in which a claim looks at the lanes. One claim in eight starts from the back, so that none starves.
create function platform.lanes() returns text[]
language sql volatile
return case when random() < 0.125
  then array['background', 'normal', 'interactive']
  else array['interactive', 'normal', 'background']
end;

-- Wakes idle workers for 'runs' or 'tools' (docs/adr/0003-messages.md). A NOTIFY makes all sessions that notify commit one
-- after the other, each with its fsync. So who finds another one about to notify leaves it to that: a worker that finds
-- work looks again a moment later (executor/engine/loop.ts).
create function platform.wake(kind text) returns void
language plpgsql
as $$
begin
  if pg_try_advisory_xact_lock(hashtext('platform.wake'), hashtext(kind)) then
    perform pg_notify('platform_work', kind);
  end if;
end
$$;

create function platform.has_message(queue text, msg_id bigint) returns boolean
language plpgsql stable
as $$
declare
  found_one boolean;
begin
  execute format('select exists (select from pgmq.%I where msg_id = $1)', 'q_' || queue) into found_one using msg_id;
  return found_one;
end
$$;

-- The pgmq queues. pgmq has no priorities, so runs and calls have one queue for each lane, and a claim looks at the lanes
-- in order (platform.lanes).

-- Queues: one a lane and kind. pgmq has no priorities, so a claim drains the lanes in order (platform.lanes).
do $$
declare
  lane text;
begin
  foreach lane in array array['interactive', 'normal', 'background'] loop
    perform pgmq.create('runs_' || lane);
    perform pgmq.create('tools_' || lane);
  end loop;
end
$$;

do $$
begin
  perform pgmq.create('webhooks');
end
$$;

do $$
begin
  perform pgmq.create('mail');
end
$$;

-- A transition: what one change of state writes, and how it is written. A function that moves a run returns what is to be
-- written; `save` writes the rows of one or many transitions in one statement (docs/adr/0006-batches.md).

-- A step as a transition notes it; `save` gives it its place and time.
create type platform.new_step as (kind text, data jsonb, duration_ms int);

-- A model call whose worst case is reserved, and a checkpoint, as a transition brings them.
create type platform.new_model_call as (id uuid, segment int, provider text, model text, reserved_cost numeric, scopes text[]);

create type platform.new_checkpoint as (
  checkpoint_id text, parent_id text, segment int, data text, created_at timestamptz);

-- What comes of asking for a model call: what is reserved for it (one, or none) and what its worker is told of it,
-- {llm_call_id, input_tokens, max_output_tokens}; or `refused`, {stopped, cap}: the reason, and the cap that does not allow it.
create type platform.reservation as (calls platform.new_model_call[], told jsonb, refused jsonb);

-- What a change of state comes to: the run as it is from now on, what happened, and what the caller is told. The functions
-- that make one read the run under its lock and write what others of the transaction may look at (calls, messages, money);
-- `save` writes the rest, for all runs together.
create type platform.transition as (
  run public.runs, steps platform.new_step[], events platform.new_event[], checkpoints platform.new_checkpoint[],
  model_calls platform.new_model_call[], answer jsonb);

create function platform.step(kind text, data jsonb, duration_ms int default null) returns platform.new_step
language sql stable
return row(kind, data, duration_ms)::platform.new_step;

create function platform.status_step(old_status text, new_status text, waiting_for text default null, reason text default null)
returns platform.new_step
language sql stable
return platform.step('status', jsonb_build_object(
  'from', old_status, 'to', new_status, 'waiting_for', waiting_for, 'reason', reason));

-- A transition, by what it has of these.
create function platform.transition(
  run public.runs, steps platform.new_step[] default '{}', events platform.new_event[] default '{}', answer jsonb default null,
  checkpoints platform.new_checkpoint[] default '{}', model_calls platform.new_model_call[] default '{}'
) returns platform.transition
language sql immutable
return row(run, steps, events, checkpoints, model_calls, answer)::platform.transition;

-- Ends transitions, each of another run: writes what happened and the runs back, together, and broadcasts the steps as one
-- event a run on its private topic. So a transition is one write of the row, however much happened in it. Rows are looked
-- up by key, whatever the planner thinks of their number.
create function platform.save(transitions platform.transition[]) returns void
language plpgsql set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
  sent bigint; -- for nobody: PERFORM takes no WITH that writes
begin
  with moved as (
    update public.runs r set
      status = (t.run).status, waiting_for = (t.run).waiting_for, reason = (t.run).reason, error = (t.run).error,
      output = (t.run).output, plan = (t.run).plan, fence = (t.run).fence, msg_id = (t.run).msg_id, worker = (t.run).worker,
      segment = (t.run).segment, step_count = (t.run).step_count + coalesce(cardinality(t.steps), 0),
      attempts = (t.run).attempts, idle_segments = (t.run).idle_segments, checkpoint_id = (t.run).checkpoint_id,
      cost = (t.run).cost, model_calls = (t.run).model_calls, input_tokens = (t.run).input_tokens,
      output_tokens = (t.run).output_tokens, started_at = (t.run).started_at, finished_at = (t.run).finished_at,
      deadline_at = (t.run).deadline_at, progress_at = platform.now()
    from unnest(transitions) t
    where r.id = (t.run).id
  ), audited as (
    insert into platform.audit_queue (workspace_id, actor_type, actor_id, action, data, persona_id, run_id, trace_id)
    select (t.run).workspace_id, e.actor_type, e.actor_id, e.action, e.data, (t.run).persona_id, (t.run).id, (t.run).trace_id
    from unnest(transitions) t cross join lateral unnest(t.events) e
  ), kept as (
    insert into platform.checkpoints (run_id, checkpoint_id, parent_id, segment, data, created_at)
    select (t.run).id, c.checkpoint_id, c.parent_id, c.segment, c.data, c.created_at
    from unnest(transitions) t cross join lateral unnest(t.checkpoints) c
  ), reserved as (
    insert into public.llm_calls (
      id, run_id, workspace_id, persona_id, segment, provider, model, reserved_cost, scopes, trace_id)
    select m.id, (t.run).id, (t.run).workspace_id, (t.run).persona_id, m.segment, m.provider, m.model, m.reserved_cost,
      m.scopes, (t.run).trace_id
    from unnest(transitions) t cross join lateral unnest(t.model_calls) m
  ), added as (
    insert into public.run_steps (run_id, persona_id, seq, kind, data, duration_ms)
    select (t.run).id, (t.run).persona_id, (t.run).step_count + s.n, s.kind, s.data || jsonb_build_object('kind', s.kind),
      s.duration_ms
    from unnest(transitions) t
    cross join lateral unnest(t.steps) with ordinality s (kind, data, duration_ms, n)
    returning run_id, seq, kind, data, duration_ms, created_at
  ), news as (
    select added.run_id, jsonb_agg(to_jsonb(added) order by added.seq) as steps from added group by added.run_id
  )
  select count(realtime.send(jsonb_build_object('steps', n.steps), 'steps', 'run:' || n.run_id)) into sent from news n;
end
$$;

-- Transitions and one more; it goes into the last one when both are of one run.
create function platform.and_then(transitions platform.transition[], next platform.transition) returns platform.transition[]
language plpgsql
as $$
declare
  last int := cardinality(transitions);
begin
  if last > 0 and (transitions[last].run).id = (next.run).id then
    transitions[last] := platform.transition(next.run, transitions[last].steps || next.steps,
      transitions[last].events || next.events, next.answer, transitions[last].checkpoints || next.checkpoints,
      transitions[last].model_calls || next.model_calls);
  elsif (next.run).id is not null then
    transitions[last + 1] := next;
  end if;
  return transitions;
end
$$;

-- Ends one transition and returns its answer.
create function platform.save_one(transition platform.transition) returns jsonb
language plpgsql
as $$
begin
  perform platform.save(array[transition]);
  return transition.answer;
end
$$;

-- What a worker writes of the runs that it holds, several at once (docs/adr/0006-batches.md).
--
-- transitions = [{kind, run_id, …}]; `kind` names the function that makes each, and says there what else it has:
-- begin_model_call, commit_segment, finish_tool.
-- `default_model` is that of claim_runs. Returns what those functions return, in the order of `transitions`. One that is
-- refused refuses all of them.
--
-- The order of locks, here and everywhere: runs by id, calls, approvals, then spend by workspace and persona; so no two
-- transactions wait for each other in a circle.
create function platform.write_transitions(
  transitions jsonb, worker text, lease_seconds int, default_model jsonb default null
) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  t record;
  r public.runs;
  made platform.transition[] := '{}';
  next platform.transition;
  answers jsonb[] := '{}';
begin
  for t in
    -- one look-up by key for each, whatever the planner thinks of their number
    select item.value as fields, item.ordinality as place, (item.value ->> 'run_id')::uuid as run_id, held.run
    from (
      select * from jsonb_array_elements(transitions) with ordinality item order by item.value ->> 'run_id'
    ) item
    left join lateral (
      select x as run from public.runs x where x.id = (item.value ->> 'run_id')::uuid for update
    ) held on true
    order by (held.run).workspace_id, (held.run).persona_id, run_id, place
  loop
    if (next.run).id = t.run_id then
      r := next.run;
    else
      r := t.run;
    end if;
    case t.fields ->> 'kind'
      when 'begin_model_call' then
        next := platform.begin_model_call(r, t.fields);
      when 'commit_segment' then
        next := platform.commit_segment(r, t.fields, worker, lease_seconds);
      when 'finish_tool' then
        next := platform.finish_tool(r, t.fields, worker, lease_seconds, default_model);
    end case;
    made := platform.and_then(made, next);
    answers[t.place] := next.answer;
  end loop;
  perform platform.save(made);
  return to_jsonb(answers);
end
$$;

grant execute on function platform.write_transitions(jsonb, text, int, jsonb) to platform_executor;

-- Commands on invitations. Only the hash of an invitation's token is kept.

-- Invites a mail address. The caller made a random token, keeps it for the link, and gives its SHA-256 in hex.
create function public.invite_member(workspace_id uuid, email text, role text, token_hash text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  i public.workspace_invitations;
begin
  perform platform.require_workspace(invite_member.workspace_id, 'admin');
  if coalesce(role, '') not in ('admin', 'member', 'viewer') then
    perform platform.refuse(422, 'invalid_input', 'One can invite as admin, member or viewer.');
  end if;
  if coalesce(email, '') !~ '^[^@\s]+@[^@\s]+$' or length(email) > 254 or coalesce(token_hash, '') !~ '^[0-9a-f]{64}$' then
    perform platform.refuse(422, 'invalid_input', 'That is not a mail address.');
  end if;
  if exists (
    select from public.workspace_members m join public.profiles p on p.id = m.user_id
    where m.workspace_id = invite_member.workspace_id and lower(p.email) = lower(invite_member.email)
  ) then
    perform platform.refuse(409, 'already_member', 'This person is in the workspace already.');
  end if;
  insert into public.workspace_invitations as i (workspace_id, email, role, token_hash, invited_by, expires_at)
  values (invite_member.workspace_id, lower(invite_member.email), invite_member.role,
    decode(invite_member.token_hash, 'hex'), auth.uid(), platform.now() + interval '7 days')
  on conflict (workspace_id, lower(email)) where accepted_at is null do update set
    role = excluded.role, token_hash = excluded.token_hash, invited_by = excluded.invited_by, expires_at = excluded.expires_at
  returning * into i;
  perform platform.audit_as_me(invite_member.workspace_id, 'member.invited', jsonb_build_object('email', i.email, 'role', i.role));
  return to_jsonb(i) - 'token_hash';
end
$$;

create function public.revoke_invitation(invitation_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  i public.workspace_invitations;
begin
  select * into i from public.workspace_invitations where id = invitation_id and accepted_at is null;
  if i.id is null or not public.is_workspace_member(i.workspace_id, 'admin') then
    perform platform.refuse(404, 'invitation_not_found', 'There is no such open invitation.');
  end if;
  delete from public.workspace_invitations where id = i.id;
  perform platform.audit_as_me(i.workspace_id, 'member.invitation_revoked', jsonb_build_object('email', i.email));
end
$$;

-- Lets the signed-in person in. The invitation must be for the mail address of the account. Returns the workspace.
create function public.accept_invitation(token_hash text) returns public.workspaces
language plpgsql security definer set search_path = ''
as $$
declare
  i public.workspace_invitations;
  w public.workspaces;
begin
  select * into i from public.workspace_invitations v
  where v.token_hash = decode(case when accept_invitation.token_hash ~ '^[0-9a-f]{64}$' then accept_invitation.token_hash else '' end, 'hex')
  for update;
  if i.id is null or i.accepted_at is not null or i.expires_at < platform.now()
    or i.email <> (select lower(p.email) from public.profiles p where p.id = auth.uid()) then
    perform platform.refuse(404, 'invitation_not_found',
      'This invitation is used, expired, or for another mail address. Ask for a new one.');
  end if;
  update public.workspace_invitations set accepted_at = platform.now() where id = i.id;
  insert into public.workspace_members (workspace_id, user_id, role) values (i.workspace_id, auth.uid(), i.role)
  on conflict do nothing;
  perform platform.audit_as_me(i.workspace_id, 'member.joined', jsonb_build_object('role', i.role));
  select * into w from public.workspaces where id = i.workspace_id;
  return w;
end
$$;

grant execute on function
  public.invite_member(uuid, text, text, text),
  public.revoke_invitation(uuid),
  public.accept_invitation(text)
  to authenticated;

-- Commands on the members of a workspace.

-- Refuses to leave a workspace without an owner, and to act on somebody above oneself.
create function platform.require_member_change(workspace_id uuid, user_id uuid, new_role text) returns text
language plpgsql
as $$
declare
  old_role text;
begin
  -- one change at a time, so that two owners cannot each remove the other
  perform from public.workspaces where id = require_member_change.workspace_id for update;
  select role into old_role from public.workspace_members m
  where m.workspace_id = require_member_change.workspace_id and m.user_id = require_member_change.user_id;
  if old_role is null then
    perform platform.refuse(404, 'member_not_found', 'This person is not in the workspace.');
  end if;
  if (old_role = 'owner' or new_role = 'owner') and not public.is_workspace_member(workspace_id, 'owner') then
    perform platform.refuse(403, 'not_allowed', 'Only an owner may make or change an owner.');
  end if;
  if old_role = 'owner' and new_role is distinct from 'owner' and not exists (
    select from public.workspace_members m
    where m.workspace_id = require_member_change.workspace_id and m.role = 'owner'
      and m.user_id <> require_member_change.user_id
  ) then
    perform platform.refuse(409, 'last_owner', 'A workspace needs an owner. Make somebody else owner first.');
  end if;
  return old_role;
end
$$;

create function public.set_member_role(workspace_id uuid, user_id uuid, role text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  old_role text;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  if platform.workspace_rank(role) is null then
    perform platform.refuse(422, 'invalid_input', 'A role is owner, admin, member or viewer.');
  end if;
  old_role := platform.require_member_change(workspace_id, user_id, role);
  update public.workspace_members m set role = set_member_role.role
  where m.workspace_id = set_member_role.workspace_id and m.user_id = set_member_role.user_id;
  perform platform.audit_as_me(workspace_id, 'member.role_changed',
    jsonb_build_object('user_id', user_id, 'from', old_role, 'to', role));
end
$$;

-- Removes a member; anybody may remove themselves.
create function public.remove_member(workspace_id uuid, user_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform platform.require_workspace(workspace_id, case when user_id = auth.uid() then 'viewer' else 'admin' end);
  perform platform.require_member_change(workspace_id, user_id, null);
  delete from public.persona_members m
  where m.workspace_id = remove_member.workspace_id and m.user_id = remove_member.user_id;
  delete from public.workspace_members m
  where m.workspace_id = remove_member.workspace_id and m.user_id = remove_member.user_id;
  perform platform.audit_as_me(workspace_id, 'member.removed', jsonb_build_object('user_id', user_id));
end
$$;

grant execute on function public.set_member_role(uuid, uuid, text), public.remove_member(uuid, uuid) to authenticated;

-- Commands on workspaces and on one's own profile. Each checks the caller, changes and audits in one call.

-- What is null stays as it is. `notify_by_mail`: whether questions of personas come by mail.
create function public.update_profile(display_name text default null, notify_by_mail boolean default null)
returns public.profiles
language plpgsql security definer set search_path = ''
as $$
declare
  p public.profiles;
begin
  if length(btrim(coalesce(display_name, 'x'))) not between 1 and 80 then
    perform platform.refuse(422, 'invalid_input', 'A name has 1 to 80 characters.');
  end if;
  update public.profiles old set
    display_name = coalesce(btrim(update_profile.display_name), old.display_name),
    notify_by_mail = coalesce(update_profile.notify_by_mail, old.notify_by_mail)
  where id = auth.uid() returning * into p;
  perform platform.audit_as_me(null, 'person.updated');
  return p;
end
$$;

create function public.create_workspace(name text) returns public.workspaces
language plpgsql security definer set search_path = ''
as $$
declare
  w public.workspaces;
begin
  if length(btrim(coalesce(name, ''))) not between 1 and 80 then
    perform platform.refuse(422, 'invalid_input', 'A workspace''s name has 1 to 80 characters.');
  end if;
  insert into public.workspaces (name, created_by) values (btrim(create_workspace.name), auth.uid()) returning * into w;
  insert into public.workspace_members (workspace_id, user_id, role) values (w.id, auth.uid(), 'owner');
  perform platform.audit_as_me(w.id, 'workspace.created', jsonb_build_object('name', w.name));
  return w;
end
$$;

-- changes = {name?, limits?, settings?}; limits and settings are replaced as a whole.
create function public.update_workspace(workspace_id uuid, changes jsonb) returns public.workspaces
language plpgsql security definer set search_path = ''
as $$
declare
  w public.workspaces;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  perform platform.require_valid(changes, 'workspace_changes');
  update public.workspaces set
    name = coalesce(btrim(changes ->> 'name'), workspaces.name), limits = coalesce(changes -> 'limits', limits),
    settings = coalesce(changes -> 'settings', settings), updated_at = platform.now()
  where id = update_workspace.workspace_id returning * into w;
  perform platform.audit_as_me(w.id, 'workspace.updated', changes);
  return w;
end
$$;

-- Deletes a workspace with all that is in it; `confirm_name` must be its name. The audit log stays.
create function public.delete_workspace(workspace_id uuid, confirm_name text) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform platform.require_workspace(workspace_id, 'owner');
  if confirm_name is distinct from (select name from public.workspaces where id = delete_workspace.workspace_id) then
    perform platform.refuse(422, 'not_confirmed', 'Type the workspace''s name to delete it.');
  end if;
  perform platform.audit_as_me(workspace_id, 'workspace.deleted', jsonb_build_object('name', confirm_name));
  delete from public.runs where runs.workspace_id = delete_workspace.workspace_id;
  delete from public.workspaces where id = delete_workspace.workspace_id;
end
$$;

grant execute on function
  public.update_profile(text, boolean),
  public.create_workspace(text),
  public.update_workspace(uuid, jsonb),
  public.delete_workspace(uuid, text)
  to authenticated;

create policy "people see themselves and their colleagues" on public.profiles
  for select to authenticated using (id = (select auth.uid()) or public.is_colleague(id));

create policy "members see their workspace" on public.workspaces
  for select to authenticated using (public.is_workspace_member(id));

create policy "members see who else is in" on public.workspace_members
  for select to authenticated using (public.is_workspace_member(workspace_id));

create policy "admins see open invitations" on public.workspace_invitations
  for select to authenticated using (public.is_workspace_member(workspace_id, 'admin'));

grant select (id, workspace_id, email, role, invited_by, expires_at, accepted_at, created_at)
  on public.workspace_invitations to authenticated;

grant select on public.profiles, public.workspaces, public.workspace_members to authenticated;

grant all on public.profiles, public.workspaces, public.workspace_members, public.workspace_invitations to service_role;

-- The chain: hash = sha256(previous hash || canonical text of the event). The first previous hash of a chain is 32 zero
-- bytes. Events that belong to no workspace (sign-ins, platform settings) form the chain of the zero workspace.

-- The bytes that are hashed: a JSON array. jsonb's text form is the same for equal values on every server.
create function platform.audit_bytes(event public.audit_events) returns bytea
language sql stable
return convert_to(json_build_array(
  event.workspace_id, event.seq, event.id, extract(epoch from event.at), event.actor_type, event.actor_id, event.action,
  event.data, event.persona_id, event.run_id, event.trace_id
)::text, 'UTF8');

-- The hash of a chain's next event; `head` is where the chain ended before the first.
create function platform.link_event(previous bytea, head bytea, event bytea) returns bytea
language plpgsql immutable
as $$
begin
  return sha256(coalesce(previous, head) || event);
end
$$;

create aggregate platform.chain_hash(head bytea, event bytea) (sfunc = platform.link_event, stype = bytea);

-- Links up to `max_events` queued events into their chains. Returns how many; 0 when another sealer is at work.
create function platform.seal_audit(max_events int default 1000) returns int
language plpgsql security definer set search_path = ''
as $$
declare
  sealed int;
begin
  if not pg_try_advisory_xact_lock(hashtext('platform.seal_audit')) then
    return 0;
  end if;
  with taken as (
    delete from platform.audit_queue q
    where q.queue_id in (select o.queue_id from platform.audit_queue o order by o.queue_id limit max_events)
    returning *
  ), placed as (
    select coalesce(h.hash, decode(repeat('00', 32), 'hex')) as head,
      row(t.workspace_id, coalesce(h.seq, 0) + row_number() over chain, t.id, t.at, t.actor_type, t.actor_id, t.action,
        t.persona_id, t.run_id, t.trace_id, t.data, null, null)::public.audit_events as event
    from taken t left join platform.audit_heads h on h.workspace_id = t.workspace_id
    window chain as (partition by t.workspace_id order by t.queue_id)
  ), linked as (
    select (p.event).*, p.head, platform.chain_hash(p.head, platform.audit_bytes(p.event)) over chain as link
    from placed p
    window chain as (partition by (p.event).workspace_id order by (p.event).seq)
  ), written as (
    insert into public.audit_events
    select l.workspace_id, l.seq, l.id, l.at, l.actor_type, l.actor_id, l.action, l.persona_id, l.run_id, l.trace_id, l.data,
      coalesce(lag(l.link) over (partition by l.workspace_id order by l.seq), l.head), l.link
    from linked l
    returning workspace_id, seq, hash
  ), moved as (
    insert into platform.audit_heads
    select distinct on (w.workspace_id) w.workspace_id, w.seq, w.hash from written w order by w.workspace_id, w.seq desc
    on conflict (workspace_id) do update set seq = excluded.seq, hash = excluded.hash
  )
  select count(*) into sealed from written;
  return sealed;
end
$$;

-- Walks every chain. One row per workspace: how many events, and the first broken one (null when whole).
create function platform.verify_audit() returns table (workspace_id uuid, events bigint, broken_seq bigint)
language sql stable security definer set search_path = ''
as $$
  with walked as (
    select e.workspace_id, e.seq,
      e.seq = row_number() over chain
      and e.prev_hash = coalesce(lag(e.hash) over chain, decode(repeat('00', 32), 'hex'))
      and e.hash = sha256(e.prev_hash || platform.audit_bytes(e)) as whole
    from public.audit_events e
    window chain as (partition by e.workspace_id order by e.seq)
  )
  select h.workspace_id, h.seq,
    coalesce(
      min(w.seq) filter (where not w.whole),
      -- rows cut off the end leave a whole chain that is shorter than its head
      case when coalesce(max(w.seq), 0) < h.seq then coalesce(max(w.seq), 0) + 1 end
    )
  from platform.audit_heads h left join walked w using (workspace_id)
  group by h.workspace_id, h.seq
$$;

-- Seals what waits, then walks every chain: for `npm run audit:verify`, by the service key.
-- Returns one row per chain; `broken_seq` names its first broken event, null when it is whole.
create function public.verify_audit() returns table (workspace_id uuid, events bigint, broken_seq bigint)
language plpgsql security definer set search_path = ''
as $$
begin
  while platform.seal_audit() > 0 loop end loop;
  return query select * from platform.verify_audit();
end
$$;

grant execute on function platform.seal_audit(int), platform.verify_audit() to platform_executor;

grant execute on function public.verify_audit() to service_role;

-- Sign-ins and new accounts: Auth writes its own tables, and this trigger notes them.

-- A profile for each account, and an audit event for each sign-in. Triggers on auth.users are Supabase's documented way.
create function platform.on_user_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    insert into public.profiles (id, email, display_name)
    values (new.id, coalesce(new.email, ''),
      coalesce(new.raw_user_meta_data ->> 'display_name', initcap(split_part(coalesce(new.email, ''), '@', 1))));
    perform platform.audit(null, 'person', new.id, 'person.created');
  elsif new.email is distinct from old.email then
    update public.profiles set email = coalesce(new.email, '') where id = new.id;
  end if;
  if new.last_sign_in_at is not null and (tg_op = 'INSERT' or new.last_sign_in_at is distinct from old.last_sign_in_at) then
    perform platform.audit(null, 'person', new.id, 'person.signed_in');
  end if;
  return new;
end
$$;

create trigger platform_on_user_change after insert or update of email, last_sign_in_at on auth.users
  for each row execute function platform.on_user_change();

create policy "admins read their workspace's audit log" on public.audit_events
  for select to authenticated using (public.is_workspace_member(workspace_id, 'admin'));

grant select on public.audit_events to authenticated;

revoke all on public.audit_events from service_role;
grant select on public.audit_events to service_role;

-- Commands on secrets, and how the executor gets the ones that a call may use.

-- A secret as it is stored; only the executor has the key.
create function platform.sealed_secret(s public.secrets) returns jsonb
language sql immutable
as $$
  select jsonb_build_object('name', s.name, 'key_id', s.key_id,
    'ciphertext', encode(s.ciphertext, 'base64'), 'nonce', encode(s.nonce, 'base64'))
$$;

-- The secrets that a tool declared *and* this persona was granted, encrypted, for the executor only.
create function platform.secrets_of(workspace_id uuid, persona_id uuid, tool_id uuid) returns jsonb
language plpgsql stable
as $$
begin
  return (
    select coalesce(jsonb_agg(platform.sealed_secret(s)), '[]')
    from public.persona_tools pt
    join public.tools tool on tool.id = pt.tool_id
    join public.secrets s on s.workspace_id = secrets_of.workspace_id
      and s.name = any (pt.granted_secrets) and s.name = any (tool.secrets)
    where pt.persona_id = secrets_of.persona_id and pt.tool_id = secrets_of.tool_id
  );
end
$$;

-- Saves a secret that the caller encrypted (base64). Returns its row without the value.
create function public.save_secret(workspace_id uuid, name text, ciphertext text, nonce text, key_id text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  s public.secrets;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  if coalesce(name, '') !~ '^[A-Za-z][A-Za-z0-9_.-]{0,63}$' then
    perform platform.refuse(422, 'invalid_input', 'A secret''s name starts with a letter and has letters, digits, _ . - only.');
  end if;
  perform platform.require_valid(
    jsonb_build_object('ciphertext', ciphertext, 'nonce', nonce, 'key_id', key_id), 'sealed');
  insert into public.secrets as old (workspace_id, name, ciphertext, nonce, key_id, created_by)
  values (save_secret.workspace_id, save_secret.name, decode(save_secret.ciphertext, 'base64'),
    decode(save_secret.nonce, 'base64'), save_secret.key_id, auth.uid())
  on conflict on constraint secrets_workspace_id_name_key do update set
    ciphertext = excluded.ciphertext, nonce = excluded.nonce, key_id = excluded.key_id, updated_at = platform.now()
  returning * into s;
  perform platform.audit_as_me(workspace_id, 'secret.saved', jsonb_build_object('name', s.name));
  return to_jsonb(s) - '{ciphertext,nonce}'::text[];
end
$$;

-- Saves a secret that belongs to another row, in that row's transaction. sealed = {ciphertext, nonce, key_id}. Returns its id.
create function platform.save_sealed(workspace_id uuid, name text, sealed jsonb) returns uuid
language sql
as $$
  select (public.save_secret(
    save_sealed.workspace_id, save_sealed.name, sealed ->> 'ciphertext', sealed ->> 'nonce', sealed ->> 'key_id') ->> 'id')::uuid
$$;

create function public.delete_secret(secret_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  s public.secrets;
begin
  select * into s from public.secrets where id = delete_secret.secret_id;
  if s.id is null or not public.is_workspace_member(s.workspace_id, 'admin') then
    perform platform.refuse(404, 'secret_not_found', 'There is no such secret.');
  end if;
  delete from public.secrets where id = s.id;
  perform platform.audit_as_me(s.workspace_id, 'secret.deleted', jsonb_build_object('name', s.name));
end
$$;

grant execute on function public.save_secret(uuid, text, text, text, text), public.delete_secret(uuid) to authenticated;

create policy "admins see which secrets exist" on public.secrets
  for select to authenticated using (public.is_workspace_member(workspace_id, 'admin'));

grant select (id, workspace_id, name, key_id, created_by, created_at, updated_at) on public.secrets to authenticated;

grant all on public.secrets to service_role;

-- Commands on providers, and which models a persona may call (docs/adr/0009-claim-reserves.md).

-- The models that a persona may call, in order: [{provider, model, base_url, api_key}], for the executor only, the key
-- still encrypted. setting = {primary, fallbacks}, of names. 'default' is the first model of the workspace's default
-- provider; 'provider/model' names both; any other is a model of the provider that lists it, else of the default one.
-- Where the workspace has none, it is the installation's own: then without `base_url`.
-- default_model = {provider, model, max_output_tokens, prompt_bytes}: the installation's own model, how much a persona that
-- sets no limit may have it write, and how long every prompt is before anything of the run is in it.
create function platform.models_of(setting jsonb, workspace_id uuid, default_model jsonb) returns jsonb
language plpgsql stable
as $$
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
      'model', case
        when wanted = 'default' then l.models[1]
        when starts_with(wanted, l.name || '/') then substr(wanted, length(l.name) + 2)
        else wanted
      end) into found_one
    from public.llm_providers l left join public.secrets s on s.id = l.api_key_secret_id
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
$$;

-- An upper bound of a prompt's tokens: bytes of what it is made of, as JSON (executor/runs/model/tokens.ts). What tools answered
-- stands in it as JSON within JSON, which doubles it at most.
create function platform.prompt_bound(segment jsonb, default_model jsonb) returns int
language sql immutable
return (default_model ->> 'prompt_bytes')::int
  + octet_length((segment - '{checkpoint,models}'::text[])::text)
  + octet_length(coalesce((segment -> 'tool_results')::text, ''))
  + octet_length(coalesce(segment #>> '{checkpoint,data}', ''));

-- Saves the provider of that name with its key, or neither. definition = {name, base_url, models[], is_default?, api_key?},
-- api_key = {ciphertext, nonce, key_id}: kept as the secret `provider.<name>`; without it the key that is there stays.
create function public.save_provider(workspace_id uuid, definition jsonb) returns public.llm_providers
language plpgsql security definer set search_path = ''
as $$
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
  insert into public.llm_providers as old (workspace_id, name, base_url, models, is_default, api_key_secret_id)
  values (save_provider.workspace_id, definition ->> 'name', definition ->> 'base_url',
    array(select jsonb_array_elements_text(definition -> 'models')), coalesce((definition ->> 'is_default')::boolean, false), key_secret_id)
  on conflict on constraint llm_providers_workspace_id_name_key do update set
    base_url = excluded.base_url, models = excluded.models, is_default = excluded.is_default,
    api_key_secret_id = coalesce(excluded.api_key_secret_id, old.api_key_secret_id)
  returning * into l;
  perform platform.audit_as_me(workspace_id, 'provider.saved', jsonb_build_object('name', l.name, 'base_url', l.base_url));
  return l;
end
$$;

create function public.delete_provider(provider_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  l public.llm_providers;
begin
  select * into l from public.llm_providers where id = delete_provider.provider_id;
  if l.id is null or not public.is_workspace_member(l.workspace_id, 'admin') then
    perform platform.refuse(404, 'provider_not_found', 'There is no such model provider.');
  end if;
  delete from public.llm_providers where id = l.id;
  delete from public.secrets where id = l.api_key_secret_id;
  perform platform.audit_as_me(l.workspace_id, 'provider.deleted', jsonb_build_object('name', l.name));
end
$$;

grant execute on function public.save_provider(uuid, jsonb), public.delete_provider(uuid) to authenticated;

create policy "members see the workspace's model providers" on public.llm_providers
  for select to authenticated using (public.is_workspace_member(workspace_id));

create policy "everyone signed in sees prices" on public.model_prices for select to authenticated using (true);

grant select on public.llm_providers, public.model_prices to authenticated;

grant all on public.llm_providers, public.model_prices to service_role;

-- Commands on personas. Each change of the configuration makes a new version; a run names the version it uses.

-- A limit of the persona's version, else of its agent. Null where neither sets it.
create function platform.limit_of(version_id uuid, name text) returns numeric
language plpgsql stable
as $$
begin
  return (
    select coalesce(v.limits ->> limit_of.name, a.default_limits ->> limit_of.name)::numeric
    from public.persona_versions v join public.agents a on a.id = v.agent_id
    where v.id = version_id
  );
end
$$;

-- A new version from a definition over the current one. Keys: agent_id, instructions, model, limits, allowed_hosts, note.
create function platform.add_version(p public.personas, definition jsonb) returns public.persona_versions
language plpgsql
as $$
declare
  old public.persona_versions;
  v public.persona_versions;
begin
  select * into old from public.persona_versions where id = p.current_version_id;
  if definition ? 'agent_id' and not exists (select from public.agents a where a.id = definition ->> 'agent_id') then
    perform platform.refuse(422, 'invalid_input', 'There is no such agent.');
  end if;
  insert into public.persona_versions (
    persona_id, workspace_id, number, agent_id, instructions, model, limits, allowed_hosts, note, created_by)
  values (
    p.id, p.workspace_id,
    (select coalesce(max(n.number), 0) + 1 from public.persona_versions n where n.persona_id = p.id),
    coalesce(definition ->> 'agent_id', old.agent_id, 'office-worker'),
    coalesce(definition ->> 'instructions', old.instructions, ''),
    coalesce(definition -> 'model', old.model, '{"primary": "default", "fallbacks": []}'),
    coalesce(definition -> 'limits', old.limits, '{}'),
    coalesce((select array_agg(h.value) from jsonb_array_elements_text(definition -> 'allowed_hosts') h),
      case when definition ? 'allowed_hosts' then '{}'::text[] end, old.allowed_hosts, '{}'),
    coalesce(definition ->> 'note', ''), auth.uid())
  returning * into v;
  update public.personas set current_version_id = v.id, updated_at = platform.now() where id = p.id;
  return v;
end
$$;

-- definition = {name, description?, icon?, color?, visibility?, agent_id?, instructions?, model?, limits?, allowed_hosts?}
create function public.create_persona(workspace_id uuid, definition jsonb) returns public.personas
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas;
begin
  perform platform.require_workspace(workspace_id, 'member');
  perform platform.require_valid(definition, 'persona');
  insert into public.personas (workspace_id, name, description, icon, color, visibility, created_by)
  values (create_persona.workspace_id, btrim(definition ->> 'name'), coalesce(definition ->> 'description', ''),
    coalesce(definition ->> 'icon', 'user-round'), coalesce(definition ->> 'color', 'primary'),
    coalesce(definition ->> 'visibility', 'workspace'), auth.uid())
  returning * into p;
  insert into public.persona_members (persona_id, user_id, workspace_id, role) values (p.id, auth.uid(), p.workspace_id, 'owner');
  perform platform.add_version(p, definition);
  perform platform.audit_as_me(workspace_id, 'persona.created', jsonb_build_object('name', p.name), p.id);
  select * into p from public.personas where id = p.id;
  return p;
end
$$;

-- Changes what it is called and how it works; the latter makes a new version. Keys as in create_persona, and `status`, `note`.
create function public.update_persona(persona_id uuid, changes jsonb) returns public.personas
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas := platform.require_persona(persona_id, 'editor');
begin
  perform platform.require_valid(changes, 'persona_changes');
  if changes ?| array['visibility', 'status'] and not public.can_own_persona(p.id) then
    perform platform.refuse(403, 'not_allowed', 'Only its owner may pause, archive, hide or open a persona.');
  end if;
  perform from public.personas where id = p.id for update;
  update public.personas set
    name = coalesce(btrim(changes ->> 'name'), name), description = coalesce(changes ->> 'description', description),
    icon = coalesce(changes ->> 'icon', icon), color = coalesce(changes ->> 'color', color),
    visibility = coalesce(changes ->> 'visibility', visibility), status = coalesce(changes ->> 'status', status),
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
$$;

-- Makes a new version that is like an old one.
create function public.restore_persona_version(persona_id uuid, number int) returns public.persona_versions
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas := platform.require_persona(persona_id, 'editor');
  v public.persona_versions;
begin
  perform from public.personas where id = p.id for update;
  select * into v from public.persona_versions pv where pv.persona_id = p.id and pv.number = restore_persona_version.number;
  if v.id is null then
    perform platform.refuse(404, 'version_not_found', 'This persona has no such version.');
  end if;
  v := platform.add_version(p, to_jsonb(v) || jsonb_build_object('note', format('Restored from version %s', v.number)));
  perform platform.audit_as_me(p.workspace_id, 'persona.version_restored',
    jsonb_build_object('restored', restore_persona_version.number, 'version', v.number), p.id);
  return v;
end
$$;

-- Deletes a persona with its runs, files' rows and memory. Refuses while runs are live.
create function public.delete_persona(persona_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas := platform.require_persona(persona_id, 'owner');
begin
  if exists (select from public.runs r where r.persona_id = p.id and r.status in ('queued', 'running', 'waiting')) then
    perform platform.refuse(409, 'persona_busy', 'This persona has live runs. Cancel them first.');
  end if;
  perform platform.audit_as_me(p.workspace_id, 'persona.deleted', jsonb_build_object('name', p.name), p.id);
  delete from public.runs r where r.persona_id = p.id;
  delete from public.personas where id = p.id;
end
$$;

grant execute on function
  public.create_persona(uuid, jsonb),
  public.update_persona(uuid, jsonb),
  public.restore_persona_version(uuid, int),
  public.delete_persona(uuid)
  to authenticated;

-- Commands that share a persona with members of its workspace.

-- Shares a persona with a member of its workspace, or changes what they may do with it.
create function public.share_persona(persona_id uuid, user_id uuid, role text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas := platform.require_persona(persona_id, 'owner');
begin
  if platform.persona_rank(role) is null then
    perform platform.refuse(422, 'invalid_input', 'A role on a persona is owner, editor, user or viewer.');
  end if;
  if not exists (
    select from public.workspace_members m where m.workspace_id = p.workspace_id and m.user_id = share_persona.user_id
  ) then
    perform platform.refuse(404, 'member_not_found', 'This person is not in the workspace. Invite them first.');
  end if;
  insert into public.persona_members (persona_id, user_id, workspace_id, role)
  values (p.id, share_persona.user_id, p.workspace_id, share_persona.role)
  on conflict on constraint persona_members_pkey do update set role = excluded.role;
  perform platform.audit_as_me(p.workspace_id, 'persona.shared', jsonb_build_object('user_id', user_id, 'role', role), p.id);
end
$$;

create function public.unshare_persona(persona_id uuid, user_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas := platform.require_persona(persona_id,
    case when unshare_persona.user_id = auth.uid() then 'viewer' else 'owner' end);
begin
  delete from public.persona_members m where m.persona_id = p.id and m.user_id = unshare_persona.user_id;
  perform platform.audit_as_me(p.workspace_id, 'persona.unshared', jsonb_build_object('user_id', user_id), p.id);
end
$$;

grant execute on function public.share_persona(uuid, uuid, text), public.unshare_persona(uuid, uuid) to authenticated;

create policy "everyone signed in sees agents" on public.agents for select to authenticated using (true);

create policy "people see the personas that are open to them" on public.personas
  for select to authenticated using (public.can_view_persona(id));

create policy "who sees a persona sees its versions" on public.persona_versions
  for select to authenticated using (public.can_view_persona(persona_id));

create policy "who sees a persona sees whom it is shared with" on public.persona_members
  for select to authenticated using (public.can_view_persona(persona_id));

grant select on public.agents, public.personas, public.persona_versions, public.persona_members to authenticated;

grant all on public.agents, public.personas, public.persona_versions, public.persona_members to service_role;

-- The search index of the tools. A tool's text is its name (three times), its group, its description, the names and
-- descriptions of its parameters, and the requests of its examples. There are two kinds of terms: words (stemmed, without
-- stop words, camelCase and snake_case split) and pairs of words. Pieces of words were measured too: -0.4 and +0.8 points
-- of nDCG on two sets, for eight times the postings and forty times the time. A trigger on `tools` keeps the postings.

-- kind: w word, p pair.
create table platform.tool_terms (
  tool_id uuid not null references public.tools (id) on delete cascade,
  kind "char" not null,
  term text collate "C" not null,
  frequency int not null,
  primary key (kind, term, tool_id) include (frequency)
);

-- How many terms of each kind a tool's text has.
create table platform.tool_lengths (
  tool_id uuid not null references public.tools (id) on delete cascade,
  kind "char" not null,
  length int not null,
  primary key (kind, tool_id) include (length)
);

create index on platform.tool_terms (tool_id);
create index on platform.tool_lengths (tool_id);

alter table platform.tool_terms enable row level security;
alter table platform.tool_lengths enable row level security;

-- The terms of a text with their frequency: "getUserName" has the words get, user, name and the pairs "get user", "user name".
create function platform.terms_of(source text) returns table (kind "char", term text, frequency int)
language sql immutable parallel safe rows 30 set jit = off
as $$
  with plain as (
    select regexp_replace(
      regexp_replace(regexp_replace(source, '([[:lower:][:digit:]])([[:upper:]])', '\1 \2', 'g'),
        '([[:upper:]])([[:upper:]][[:lower:]])', '\1 \2', 'g'),
      '[^[:alnum:]]+', ' ', 'g') as words
  ), stems as (
    select u.lexeme, row_number() over (order by position) as place
    from plain, unnest(to_tsvector('pg_catalog.english', plain.words)) u, unnest(u.positions) position
  )
  select 'w'::"char", lexeme, count(*)::int from stems group by lexeme
  union all
  select 'p'::"char", one.lexeme || ' ' || next.lexeme, count(*)::int
  from stems one join stems next on next.place = one.place + 1
  group by 2
$$;

create function platform.index_tool(tool public.tools) returns void
language plpgsql set jit = off
as $$
declare
  body text := concat_ws(' ', tool.group_name, tool.description,
    (select string_agg(concat_ws(' ', field.key, field.value ->> 'description'), ' ')
     from jsonb_path_query(tool.input_schema, 'strict $.**.properties ? (@.type() == "object")') properties,
       jsonb_each(properties) field
     where jsonb_typeof(field.value) = 'object'),
    (select string_agg(example ->> 'request', ' ') from jsonb_array_elements(tool.examples) example));
begin
  delete from platform.tool_terms where tool_id = tool.id;
  delete from platform.tool_lengths where tool_id = tool.id;
  insert into platform.tool_terms (tool_id, kind, term, frequency)
  select tool.id, kind, term, sum(frequency)
  from (
    select kind, term, frequency * 3 as frequency from platform.terms_of(tool.name)
    union all
    select kind, term, frequency from platform.terms_of(body)
  ) terms
  group by kind, term;
  insert into platform.tool_lengths (tool_id, kind, length)
  select tool.id, kind, sum(frequency) from platform.tool_terms where tool_id = tool.id group by kind;
end
$$;

create function platform.reindex_tool() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform platform.index_tool(new);
  return null;
end
$$;

create trigger index_new_tool after insert on public.tools
  for each row execute function platform.reindex_tool();

create trigger index_changed_tool after update of name, group_name, description, input_schema, examples on public.tools
  for each row
  when ((old.name, old.group_name, old.description, old.input_schema, old.examples)
    is distinct from (new.name, new.group_name, new.description, new.input_schema, new.examples))
  execute function platform.reindex_tool();

-- How the executor registers the built-in tools, and how people set a persona's policies.

-- Brings the registry in line with the built-in tools that the executor has. Returns how many rows changed.
create function platform.register_tools(manifests jsonb) returns int
language plpgsql security definer set search_path = ''
as $$
declare
  changed int;
begin
  with wanted as (
    select m.* from jsonb_to_recordset(manifests) m (
      name text, description text, "group" text, input_schema jsonb, output_schema jsonb, effect text, runs text,
      secrets jsonb, examples jsonb, timeout_seconds int)
  ), saved as (
    insert into public.tools as t (
      name, description, group_name, input_schema, output_schema, effect, runs, secrets, examples, timeout_seconds)
    select name, description, "group", input_schema, output_schema, effect, runs,
      array(select jsonb_array_elements_text(wanted.secrets)), examples, timeout_seconds
    from wanted
    on conflict (workspace_id, name) do update set
      description = excluded.description, group_name = excluded.group_name, input_schema = excluded.input_schema,
      output_schema = excluded.output_schema, effect = excluded.effect, runs = excluded.runs, secrets = excluded.secrets,
      examples = excluded.examples, timeout_seconds = excluded.timeout_seconds, is_enabled = true, updated_at = platform.now()
    where (t.description, t.group_name, t.input_schema, t.output_schema, t.effect, t.runs, t.secrets, t.examples,
        t.timeout_seconds, t.is_enabled)
      is distinct from (excluded.description, excluded.group_name, excluded.input_schema, excluded.output_schema,
        excluded.effect, excluded.runs, excluded.secrets, excluded.examples, excluded.timeout_seconds, true)
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
$$;

-- Schemas of tools by name, with those they depend on, as far as they are on for the persona.
-- Returns [{name, description, input_schema, effect}].
create function platform.describe_tools(persona_id uuid, names jsonb) returns jsonb
language sql stable security definer set search_path = ''
as $$
  with asked as (
    select t.id from public.tools t
    where t.name in (select jsonb_array_elements_text(names))
  ), wanted as (
    select id from asked
    union
    select d.depends_on_id from public.tool_dependencies d join asked on asked.id = d.tool_id
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'name', t.name, 'description', t.description, 'input_schema', t.input_schema, 'effect', t.effect) order by t.name), '[]')
  from wanted join public.tools t using (id)
  join public.personas p on p.id = describe_tools.persona_id
  left join public.persona_tools pt on pt.persona_id = p.id and pt.tool_id = t.id
  where t.is_enabled and (t.workspace_id is null or t.workspace_id = p.workspace_id)
    and coalesce(pt.is_enabled, true) and coalesce(pt.policy, 'default') <> 'deny'
$$;

-- A persona's say on a tool. settings = {is_enabled?, policy?, conditions?, granted_secrets?}
create function public.set_persona_tool(persona_id uuid, tool_name text, settings jsonb) returns public.persona_tools
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas := platform.require_persona(persona_id, 'editor');
  t public.tools;
  pt public.persona_tools;
begin
  select * into t from public.tools
  where name = tool_name and (workspace_id is null or workspace_id = p.workspace_id) and is_enabled
  order by workspace_id nulls last limit 1;
  if t.id is null then
    perform platform.refuse(404, 'tool_not_found', 'There is no such tool.');
  end if;
  perform platform.require_valid(settings, 'persona_tool');
  if settings ? 'granted_secrets' and not public.is_workspace_member(p.workspace_id, 'admin') then
    perform platform.refuse(403, 'not_allowed', 'Only an admin of the workspace may grant secrets.');
  end if;
  insert into public.persona_tools as old (persona_id, tool_id, workspace_id, is_enabled, policy, conditions, granted_secrets)
  values (p.id, t.id, p.workspace_id,
    coalesce((settings ->> 'is_enabled')::boolean, true), coalesce(settings ->> 'policy', 'default'),
    coalesce(settings -> 'conditions', '[]'),
    array(select jsonb_array_elements_text(coalesce(settings -> 'granted_secrets', '[]'))))
  on conflict on constraint persona_tools_pkey do update set
    is_enabled = case when settings ? 'is_enabled' then excluded.is_enabled else old.is_enabled end,
    policy = case when settings ? 'policy' then excluded.policy else old.policy end,
    conditions = case when settings ? 'conditions' then excluded.conditions else old.conditions end,
    granted_secrets = case when settings ? 'granted_secrets' then excluded.granted_secrets else old.granted_secrets end,
    updated_at = platform.now()
  returning * into pt;
  perform platform.audit_as_me(p.workspace_id, 'persona.tool_changed', jsonb_build_object('tool', t.name) || settings, p.id);
  return pt;
end
$$;

grant execute on function platform.register_tools(jsonb), platform.describe_tools(uuid, jsonb) to platform_executor;

grant execute on function public.set_persona_tool(uuid, text, jsonb) to authenticated;

-- Tool search: which tools fit a request, ranked by BM25. A tool that has one of the query's words is found, because
-- nobody asks in a tool's own words. The rarity of a term is counted at query time among the tools that the persona may
-- use, so one workspace's custom tools neither change nor show in the results of another.

-- The persona's tools that fit the query best, as [{name, description, score}], best first. With the query's embedding
-- (and the model that made it) the lexical ranking is fused with the one by meaning, at equal weight; until then it is
-- lexical only. Scores order one result, they do not compare between queries.
create function platform.search_tools(
  persona_id uuid, query text, max_results int default 5,
  query_embedding extensions.vector default null, embedding_model text default null
) returns jsonb
language sql stable security definer set search_path = '' set jit = off
as $$
  with usable as materialized (
    select t.id, t.name, t.description
    from public.personas p
    join public.tools t on t.workspace_id is null or t.workspace_id = p.workspace_id
    left join public.persona_tools pt on pt.persona_id = p.id and pt.tool_id = t.id
    where p.id = search_tools.persona_id
      and t.is_enabled and coalesce(pt.is_enabled, true) and coalesce(pt.policy, 'default') <> 'deny'
  ), collection as materialized (
    select l.kind, count(*) as tools, avg(l.length) as length
    from usable u join platform.tool_lengths l on l.tool_id = u.id
    group by l.kind
  ), hits as (
    select u.id, t.kind, t.frequency, l.length, 1 + ln(q.frequency) as asked,
      count(*) over (partition by t.kind, t.term) as tools_with_term
    from platform.terms_of(left(query, 2000)) q
    join platform.tool_terms t on t.kind = q.kind and t.term = q.term collate "C"
    join usable u on u.id = t.tool_id
    join platform.tool_lengths l on l.kind = t.kind and l.tool_id = t.tool_id
  ), lexical as (
    -- BM25 with k1 = 1.2 and b = 0.75
    select h.id, sum(
      case h.kind when 'w' then 1 else 0.15 end * h.asked * ln(1 + (c.tools - h.tools_with_term + 0.5) / (h.tools_with_term + 0.5))
        * h.frequency * 2.2 / (h.frequency + 1.2 * (0.25 + 0.75 * h.length / c.length))) as score
    from hits h join collection c on c.kind = h.kind
    group by h.id
  ), ranked as (
    select id, score, row_number() over (order by score desc) as place from lexical
    order by score desc limit 100
  ), by_meaning as (
    select t.id, row_number() over (order by t.embedding operator(extensions.<=>) query_embedding) as place
    from usable u join public.tools t on t.id = u.id
    where query_embedding is not null and t.embedding_model = search_tools.embedding_model
    order by t.embedding operator(extensions.<=>) query_embedding limit 100
  ), fused as (
    select id,
      case when query_embedding is null then r.score
        else coalesce(1.0 / (60 + r.place), 0) + coalesce(1.0 / (60 + m.place), 0) end as score
    from ranked r full join by_meaning m using (id)
    order by 2 desc limit max_results
  )
  select coalesce(jsonb_agg(jsonb_build_object('name', u.name, 'description', u.description,
    'score', round(f.score::numeric, 4)) order by f.score desc, u.name), '[]')
  from fused f join usable u using (id)
$$;

-- What a persona finds in the registry for a request, for people who look at its tools. Returns [{name, description, score}].
create function public.search_tools(persona_id uuid, query text, max_results int default 10) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform platform.require_persona(persona_id, 'viewer');
  if coalesce(length(query), 0) not between 1 and 1000 then
    perform platform.refuse(422, 'invalid_input', 'Say what to look for, in 1 to 1,000 characters.');
  end if;
  return platform.search_tools(persona_id, query, least(greatest(coalesce(max_results, 10), 1), 50));
end
$$;

grant execute on function platform.search_tools(uuid, text, int, extensions.vector, text) to platform_executor;

grant execute on function public.search_tools(uuid, text, int) to authenticated;

create policy "built-in tools are seen by all, custom ones by their workspace" on public.tools
  for select to authenticated using (workspace_id is null or public.is_workspace_member(workspace_id));

create policy "who sees a tool sees what it needs" on public.tool_dependencies
  for select to authenticated using (exists (select from public.tools t where t.id = tool_id));

create policy "who sees a persona sees its tools" on public.persona_tools
  for select to authenticated using (public.can_view_persona(persona_id));

grant select on public.tools, public.tool_dependencies, public.persona_tools to authenticated;

grant all on public.tools, public.tool_dependencies, public.persona_tools to service_role;

create policy "admins see connectors" on public.connectors
  for select to authenticated using (public.is_workspace_member(workspace_id, 'admin'));

grant select on public.connectors to authenticated;

grant all on public.connectors to service_role;

-- How a file that a call made is noted, and the audit of who opened it.

-- Saves what a call made and returns the steps for it; a file that is there already stays one.
create function platform.save_artifacts(t public.tool_runs, artifacts jsonb) returns platform.new_step[]
language plpgsql
as $$
declare
  steps platform.new_step[];
begin
  with saved as (
    insert into public.artifacts (run_id, tool_run_id, workspace_id, persona_id, name, content_type, size, sha256, path)
    select t.run_id, t.id, t.workspace_id, t.persona_id, a ->> 'name', a ->> 'content_type', (a ->> 'size')::bigint,
      a ->> 'sha256', a ->> 'path'
    from jsonb_array_elements(artifacts) a
    on conflict (run_id, name, sha256) do nothing
    returning *
  )
  select array_agg(platform.step('artifact', jsonb_build_object('artifact_id', s.id, 'name', s.name,
    'content_type', s.content_type, 'size', s.size))) into steps
  from saved s;
  return steps;
end
$$;

-- Notes that a person was given a link to a file, and returns where it stands: {bucket, path, name, content_type}.
create function public.record_file_access(artifact_id uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  a public.artifacts;
begin
  select * into a from public.artifacts where id = record_file_access.artifact_id;
  if a.id is null or not public.can_view_persona(a.persona_id) then
    perform platform.refuse(404, 'artifact_not_found', 'There is no such file.');
  end if;
  perform platform.audit(a.workspace_id, 'person', auth.uid(), 'file.accessed',
    jsonb_build_object('artifact_id', a.id, 'name', a.name, 'sha256', a.sha256), a.persona_id, a.run_id);
  return jsonb_build_object('bucket', 'artifacts', 'path', a.path, 'name', a.name, 'content_type', a.content_type);
end
$$;

-- Notes that a person was given links to all files of a run: one event, which names them.
create function public.record_run_file_access(run_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs;
  files jsonb;
begin
  select * into r from public.runs where id = record_run_file_access.run_id;
  if r.id is null or not public.can_view_persona(r.persona_id) then
    perform platform.refuse(404, 'run_not_found', 'There is no such run.');
  end if;
  select jsonb_agg(jsonb_build_object('artifact_id', a.id, 'name', a.name, 'sha256', a.sha256) order by a.id) into files
  from public.artifacts a where a.run_id = r.id;
  if files is not null then
    perform platform.audit(r.workspace_id, 'person', auth.uid(), 'file.accessed', jsonb_build_object('files', files),
      r.persona_id, r.id);
  end if;
end
$$;

grant execute on function public.record_file_access(uuid), public.record_run_file_access(uuid) to authenticated;

create policy "who sees a persona sees what it made" on public.artifacts
  for select to authenticated using (public.can_view_persona(persona_id));

grant select on public.artifacts to authenticated;

grant all on public.artifacts to service_role;

-- How a run begins: `create_run` for people, `start_run` for schedules, webhooks and forks.
--
-- The life of a run. Each change of state is one function, in one transaction and one round trip: it checks the old state,
-- writes the new one, appends steps and the audit event, and sends the next message.
--
--   start_run          -> queued                                  people, schedules, webhooks, forks
--   claim_runs         queued|waiting|running -> running, fence+1 the executor
--   begin_model_call   reserves the worst case                    the executor
--   commit_segment     running -> waiting|running|completed|failed the executor, names its fence
--   retry_run          running -> queued, later                   the executor, after a retryable error
--   release_run        running -> queued, now                     a worker that stops
--   public.cancel_run  any -> cancelled                           people
--   sweep              any -> goes on or ends                     when nobody else did
--
-- Segment: what happens between two checkpoints, one model call. Fence: a counter that each claim raises. Message: the
-- run's one valid message is `runs.msg_id`; any other is stale and is dropped. Lease: how long the message stays hidden.
-- The message stays the same from segment to segment, and for the calls between them, while the same worker goes on.

-- Sends the run's next message and returns its id. The message before it is stale from then on: who holds it removes it, all
-- others leave it to the next claim, as a claim that has read it may be waiting for the run's lock.
create function platform.send_run(run public.runs, delay_seconds int default 0) returns bigint
language plpgsql
as $$
begin
  return platform.send('runs_' || run.lane, jsonb_build_object('run_id', run.id, 'trace_id', run.trace_id), delay_seconds);
end
$$;

-- Inserts a run and sends its first message. Callers have checked who may.
create function platform.start_run(
  persona_id uuid, actor_id uuid, source text, input text,
  attachments jsonb default '[]', lane text default 'interactive', idempotency_key text default null,
  run_id uuid default platform.uuid_v7()
) returns public.runs
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  p public.personas;
  r public.runs;
  first_message bigint;
begin
  select * into p from public.personas where id = start_run.persona_id;
  r.id := start_run.run_id;
  r.lane := start_run.lane;
  r.trace_id := 'run-' || r.id;
  first_message := platform.send_run(r);
  insert into public.runs (
    id, workspace_id, persona_id, persona_version_id, input, attachments, source, lane, trace_id, msg_id,
    idempotency_key, created_by, step_count, deadline_at)
  values (
    r.id, p.workspace_id, p.id, p.current_version_id, start_run.input, start_run.attachments, start_run.source, r.lane,
    r.trace_id, first_message, start_run.idempotency_key, actor_id, 1,
    platform.now() + make_interval(secs => platform.limit_of(p.current_version_id, 'max_seconds')::double precision))
  on conflict (created_by, idempotency_key) where idempotency_key is not null do nothing
  returning * into r;
  if not found then
    perform platform.remove('runs_' || start_run.lane, first_message);
    return null;
  end if;
  -- not broadcast: nobody can follow a run that is not there yet
  insert into public.run_steps (run_id, persona_id, seq, kind, data)
  values (r.id, r.persona_id, 1, 'status', '{"kind": "status", "from": null, "to": "queued", "waiting_for": null, "reason": null}');
  perform platform.audit(r.workspace_id, case when actor_id is null then 'system' else 'person' end, actor_id,
    'run.created', jsonb_build_object('source', source, 'lane', r.lane), r.persona_id, r.id, r.trace_id);
  perform platform.wake('runs');
  return r;
end
$$;

-- How many runs stand against a limit: live ones of a workspace or persona, started ones of a person in a minute or of a
-- persona in an hour.
create function platform.count_runs(counted text, id uuid) returns bigint
language plpgsql
as $$
begin
  return case counted
    when 'workspace' then (
      select count(*) from public.personas p join public.runs r on r.persona_id = p.id and r.finished_at is null
      where p.workspace_id = count_runs.id)
    when 'persona' then (select count(*) from public.runs r where r.persona_id = count_runs.id and r.finished_at is null)
    when 'minute' then (
      select count(*) from public.runs r
      where r.created_by = count_runs.id and r.created_at > platform.now() - interval '1 minute')
    when 'hour' then (
      select count(*) from public.runs r
      where r.persona_id = count_runs.id and r.created_at > platform.now() - interval '1 hour')
  end;
end
$$;

-- Whether a limit leaves no room for one more run. Near it, starts go one after the other, so that none passes it while
-- the one before is not committed yet. Far from it nobody waits: no more starts can be under way than there are
-- connections, each of one run, but for a schedule that makes up for a hundred missed times.
create function platform.is_full(counted text, id uuid, most numeric) returns boolean
language plpgsql
as $$
begin
  if most is null or most - platform.count_runs(counted, id) > current_setting('max_connections')::int + 100 then
    return false;
  end if;
  perform pg_advisory_xact_lock(hashtextextended(counted || ':' || id, 0));
  return platform.count_runs(counted, id) >= most;
end
$$;

-- Why a persona may not start one more run now, as {status, code, message}, or null. Whoever asks starts the run in this
-- transaction or gives it up. Limits are looked at in one order, that of their locks.
create function platform.run_refusal(p public.personas, actor_id uuid) returns jsonb
language plpgsql
as $$
declare
  workspace jsonb := (select w.limits from public.workspaces w where w.id = p.workspace_id);
  per_minute int := coalesce((workspace ->> 'runs_per_minute')::int, 60);
  in_workspace int := (workspace ->> 'parallel_runs')::int;
  parallel int := platform.limit_of(p.current_version_id, 'max_parallel_runs');
begin
  if p.status <> 'active' then
    return jsonb_build_object('status', 409, 'code', 'persona_not_active',
      'message', format('This persona is %s. Activate it to start runs.', p.status));
  end if;
  if platform.is_full('workspace', p.workspace_id, in_workspace) then
    return jsonb_build_object('status', 429, 'code', 'too_many_runs',
      'message', format('This workspace works on %s runs already, which is its limit.', in_workspace));
  end if;
  if platform.is_full('minute', actor_id, per_minute) then
    return jsonb_build_object('status', 429, 'code', 'rate_limited',
      'message', format('More than %s runs in a minute. Wait a moment and try again.', per_minute));
  end if;
  if platform.is_full('hour', p.id, platform.limit_of(p.current_version_id, 'runs_per_hour')) then
    return jsonb_build_object('status', 429, 'code', 'rate_limited',
      'message', 'This persona started as many runs as it may in an hour. Wait, or raise its limit.');
  end if;
  if platform.is_full('persona', p.id, parallel) then
    return jsonb_build_object('status', 429, 'code', 'too_many_runs',
      'message', format('This persona works on %s runs already, which is its limit.', parallel));
  end if;
  return platform.budget_refusal(p);
end
$$;

-- Starts a run as the signed-in person. Returns {run, created}; with a known idempotency key the first run.
-- Refuses: persona_not_found, not_allowed, persona_not_active, rate_limited, too_many_runs, budget_exhausted,
-- invalid_input, invalid_attachment, idempotency_key_reused.
create function public.create_run(
  persona_id uuid, input text, attachments jsonb default '[]', idempotency_key text default null,
  lane text default 'interactive'
) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas;
  r public.runs;
  refusal jsonb;
begin
  select * into p from public.personas where id = create_run.persona_id;
  if not found or not public.can_view_persona(p.id) then
    perform platform.refuse(404, 'persona_not_found', 'There is no such persona.');
  end if;
  if not public.can_use_persona(p.id) then
    perform platform.refuse(403, 'not_allowed', 'You may look at this persona, but not give it work.');
  end if;
  if length(btrim(coalesce(input, ''))) not between 1 and 100000 then
    perform platform.refuse(422, 'invalid_input', 'Say what is to be done, in 1 to 100,000 characters.');
  end if;
  if lane is null or lane not in ('interactive', 'normal', 'background') then
    perform platform.refuse(422, 'invalid_input', 'lane is interactive, normal or background.');
  end if;
  if length(idempotency_key) not between 1 and 200 then
    perform platform.refuse(422, 'invalid_input', 'An Idempotency-Key has 1 to 200 characters.');
  end if;
  if attachments is distinct from '[]' then
    perform platform.require_attachments(p, attachments);
  end if;
  refusal := platform.run_refusal(p, auth.uid());
  -- looked for after the limits, which may have waited for the first request with this key
  if idempotency_key is not null then
    select * into r from public.runs
    where created_by = auth.uid() and runs.idempotency_key = create_run.idempotency_key;
    if found then
      return platform.known_run(r, p.id, input, attachments, lane);
    end if;
  end if;
  if refusal is not null then
    perform platform.refuse((refusal ->> 'status')::int, refusal ->> 'code', refusal ->> 'message');
  end if;
  r := platform.start_run(p.id, auth.uid(), 'person', input, attachments, lane, idempotency_key);
  if r.id is null then -- the same key came twice at once, and the other one won
    select * into r from public.runs
    where created_by = auth.uid() and runs.idempotency_key = create_run.idempotency_key;
    return platform.known_run(r, p.id, input, attachments, lane);
  end if;
  return jsonb_build_object('run', platform.run_json(r), 'created', true);
end
$$;

-- The executor reads attachments with its own rights, so a path must be one of this persona, and a file must be there.
create function platform.require_attachments(p public.personas, attachments jsonb) returns void
language plpgsql stable
as $$
begin
  perform platform.require_valid(attachments, 'attachments');
  if exists (
    select from jsonb_array_elements(attachments) a
    where a.value ->> 'path' not like p.workspace_id || '/' || p.id || '/_%' or a.value ->> 'path' like '%/../%'
      or not exists (select from storage.objects o where o.bucket_id = 'attachments' and o.name = a.value ->> 'path')
  ) then
    perform platform.refuse(422, 'invalid_attachment', 'An attachment is not a file of this persona. Upload it first.');
  end if;
end
$$;

create function platform.known_run(r public.runs, persona_id uuid, input text, attachments jsonb, lane text) returns jsonb
language plpgsql stable
as $$
begin
  if (r.persona_id, r.input, r.attachments, r.lane)
    is distinct from (known_run.persona_id, known_run.input, known_run.attachments, known_run.lane) then
    perform platform.refuse(409, 'idempotency_key_reused', 'This Idempotency-Key was used for another request.');
  end if;
  return jsonb_build_object('run', platform.run_json(r), 'created', false);
end
$$;

-- A run as people see it, without the engine's own columns.
create function platform.run_json(r public.runs) returns jsonb
language sql stable
as $$
  select to_jsonb(r) - '{fence,msg_id,worker,attempts,idle_segments,checkpoint_id,progress_at,idempotency_key}'::text[]
$$;

grant execute on function platform.start_run(uuid, uuid, text, text, jsonb, text, text, uuid) to platform_executor;

grant execute on function public.create_run(uuid, text, jsonb, text, text) to authenticated;

-- How an executor takes runs and calls, one by one or many together. A claim that fails for one item does not fail the
-- others.

-- Claims up to `most` messages of the queues of a kind, 'runs' or 'tools', lane by lane: together, or where that fails
-- each by itself, so that one that cannot be claimed holds up no other. What a moment later may succeed
-- (passes_by_itself) refuses them all.
create function platform.claim(kind text, worker text, most int, lease_seconds int, default_model jsonb default null)
returns jsonb
language plpgsql
as $$
declare
  messages jsonb;
  lane text;
  claimed jsonb := '[]';
begin
  loop
    messages := '[]';
    foreach lane in array platform.lanes() loop
      exit when jsonb_array_length(messages) >= most;
      messages := messages || platform.read(kind || '_' || lane, lease_seconds, most - jsonb_array_length(messages));
    end loop;
    if messages <> '[]' then
      claimed := platform.claim_together_or_each(kind, messages, worker, default_model);
    end if;
    -- what ended while it was in the queue takes no place away from what comes after it
    exit when claimed <> '[]' or jsonb_array_length(messages) < most;
  end loop;
  return claimed;
end
$$;

-- What fails together is claimed one by one; what fails alone is told.
create function platform.claim_together_or_each(kind text, messages jsonb, worker text, default_model jsonb) returns jsonb
language plpgsql
as $$
declare
  m jsonb;
  claimed jsonb := '[]';
begin
  begin
    return platform.claim_messages(kind, messages, worker, default_model);
  exception when others then
    if platform.passes_by_itself(sqlstate) then
      raise;
    end if;
    if jsonb_array_length(messages) = 1 then
      perform platform.claim_failed(messages -> 0 || jsonb_build_object('problem', sqlerrm));
      return claimed;
    end if;
  end;
  for m in select value from jsonb_array_elements(messages) order by value #>> '{message,run_id}' loop
    claimed := claimed || platform.claim_together_or_each(kind, jsonb_build_array(m), worker, default_model);
  end loop;
  return claimed;
end
$$;

-- Locks the runs that the messages name in the order of locks (see write_transitions), then claims what they are about.
create function platform.claim_messages(kind text, messages jsonb, worker text, default_model jsonb) returns jsonb
language plpgsql
as $$
declare
  m record;
  r public.runs;
  claim platform.transition;
  claims platform.transition[] := '{}';
  claimed jsonb := '[]';
begin
  for m in
    select item.*, held.run
    from (
      select * from jsonb_to_recordset(messages) as given (queue text, msg_id bigint, read_ct int, message jsonb)
      order by given.message ->> 'run_id'
    ) item
    left join lateral (
      select x as run from public.runs x where x.id = (item.message ->> 'run_id')::uuid for update
    ) held on true
    order by (held.run).workspace_id, (held.run).persona_id, (held.run).id, item.msg_id
  loop
    claim := claims[cardinality(claims)];
    if (claim.run).id = (m.run).id then
      r := claim.run;
    else
      r := m.run;
    end if;
    case kind
      when 'runs' then
        claim := platform.claim_run(m.queue, m.msg_id, m.read_ct, m.message, r, worker, default_model);
      when 'tools' then
        claim := platform.claim_tool(m.queue, m.msg_id, m.read_ct, m.message, r, worker);
    end case;
    claims := platform.and_then(claims, claim);
    claimed := claimed || coalesce(claim.answer, '[]');
  end loop;
  perform platform.save(claims);
  return claimed;
end
$$;

-- Claims up to `max_runs` runs. Returns [{run_id, fence, …}] with all that a segment needs, in one round trip. With
-- `default_model` (platform.models_of) the model call that each segment begins with is reserved already.
create function platform.claim_runs(worker text, max_runs int, lease_seconds int, default_model jsonb default null)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  return platform.claim('runs', worker, max_runs, lease_seconds, default_model);
end
$$;

-- A message whose claim raised holds up no other: it stays hidden for the lease and is tried again, as after a lost
-- worker, and is given up after as many tries. failed = {queue, msg_id, read_ct, message, problem}.
create function platform.claim_failed(failed jsonb) returns void
language plpgsql
as $$
begin
  raise warning 'message % of % cannot be claimed: %', failed ->> 'msg_id', failed ->> 'queue', failed ->> 'problem';
  if (failed ->> 'read_ct')::int >= platform.max_reads() then
    perform platform.give_up(failed ->> 'queue', (failed ->> 'msg_id')::bigint, (failed ->> 'read_ct')::int,
      failed -> 'message', 'internal', failed ->> 'problem');
  end if;
exception when others then
  raise warning 'message % of % cannot be given up: %', failed ->> 'msg_id', failed ->> 'queue', sqlerrm;
end
$$;

-- Puts a message among the dead letters, and fails its run with that reason.
create function platform.give_up(
  queue text, msg_id bigint, read_count int, message jsonb, reason text, problem text
) returns void
language plpgsql
as $$
declare
  r public.runs;
begin
  if pg_input_is_valid(message ->> 'run_id', 'uuid') then
    select * into r from public.runs where id = (message ->> 'run_id')::uuid for update;
  end if;
  if r.status in ('queued', 'running', 'waiting') then
    perform platform.end_whatever(r, reason, 'The work on this step was lost again and again.');
    select * into r from public.runs where id = r.id;
  end if;
  perform platform.remove(queue, msg_id);
  insert into platform.dead_letters (queue, message, read_count, error, run_id, fence)
  values (queue, message, read_count, problem, r.id, r.fence);
end
$$;

-- Fails a run, also one whose end cannot be written as it should be, so that it is not tried for ever: then without steps
-- and events, but with nothing left open.
create function platform.end_whatever(r public.runs, reason text, message text) returns void
language plpgsql
as $$
declare
  told jsonb := jsonb_build_object('code', reason, 'message', message);
begin
  perform platform.save_one(platform.end_run(r, 'failed', reason, null, told));
exception when others then
  if platform.passes_by_itself(sqlstate) then
    raise;
  end if;
  raise warning 'the end of run % cannot be written: %', r.id, sqlerrm;
  begin
    perform platform.lose_model_calls(r);
  exception when others then
    raise warning 'the reservations of run % cannot be settled: %', r.id, sqlerrm;
  end;
  update public.runs set status = 'failed', waiting_for = null, reason = end_whatever.reason, error = told,
    msg_id = null, fence = fence + 1, finished_at = platform.now()
  where id = r.id;
  update public.tool_runs set status = case when status = 'started' and effect = 'effect' then 'unknown' else 'cancelled' end
  where run_id = r.id and status in ('queued', 'awaiting_approval', 'started');
  update public.approvals set status = 'cancelled' where run_id = r.id and status = 'pending';
end
$$;

create function platform.claim_run(
  queue text, msg_id bigint, read_count int, message jsonb, r public.runs, worker text, default_model jsonb
) returns platform.transition
language plpgsql
as $$
declare
  step platform.new_step;
begin
  if r.msg_id is distinct from claim_run.msg_id or r.status in ('completed', 'failed', 'cancelled') then
    perform platform.remove(queue, claim_run.msg_id);
    return null;
  end if;
  if read_count > platform.max_reads() then
    perform platform.give_up(queue, msg_id, read_count, message, 'worker_lost', 'The worker was lost on this segment each time.');
    return null;
  end if;
  if r.status = 'waiting' and platform.waiting_for(r.id, r.segment - 1) is not null then
    return platform.hand_back_calls(r);
  end if;
  if r.status = 'running' then
    r.cost := r.cost + platform.lose_model_calls(r);
    step := platform.step('notice', jsonb_build_object(
      'code', 'taken_up_again', 'message', 'A worker was lost; the run goes on from its last checkpoint.'));
  else
    step := platform.status_step(r.status, 'running');
  end if;
  return platform.begin_segment(r, worker, array[step], '{}', default_model);
end
$$;

-- The run is this worker's from here on, whose lease its message is. The answer is all that a segment needs; to a worker
-- that has had the run until now, only what is new. `known` = {provider, model, prompt_bytes, max_output_tokens} is what that
-- one will call, and how long the prompt is without the new results.
-- The segment's model call is reserved; not where a cap does not allow the bound, which is looser than the worker's own: it
-- asks again with that.
create function platform.begin_segment(
  r public.runs, worker text, steps platform.new_step[], events platform.new_event[], default_model jsonb,
  known jsonb default null
) returns platform.transition
language plpgsql
as $$
declare
  segment jsonb;
  reserved platform.reservation;
begin
  r.status := 'running';
  r.waiting_for := null;
  r.fence := r.fence + 1;
  r.worker := begin_segment.worker;
  r.started_at := coalesce(r.started_at, platform.now());
  events := events || platform.audit_event('system', null, 'run.claimed', jsonb_build_object('fence', r.fence, 'worker', worker));
  if known is not null then
    segment := jsonb_build_object('fence', r.fence, 'segment', r.segment, 'tool_results', platform.results_of(r));
    reserved := platform.reserve_call(r, known ->> 'provider', known ->> 'model',
      (known ->> 'prompt_bytes')::int + 2 * octet_length(segment ->> 'tool_results'), (known ->> 'max_output_tokens')::int);
  else
    segment := platform.segment_of(r, default_model);
    if default_model is not null then
      reserved := platform.reserve_call(r, segment #>> '{models,0,provider}', segment #>> '{models,0,model}',
        platform.prompt_bound(segment, default_model),
        coalesce((segment #>> '{model,max_output_tokens}')::numeric, (default_model ->> 'max_output_tokens')::int)::int);
    end if;
  end if;
  return platform.transition(r, steps, events, segment || jsonb_build_object('reserved', reserved.told),
    model_calls => reserved.calls);
end
$$;

-- What a worker needs for a segment.
create function platform.segment_of(r public.runs, default_model jsonb) returns jsonb
language plpgsql stable
as $$
begin
  return (select jsonb_build_object(
    'run_id', r.id, 'fence', r.fence, 'segment', r.segment, 'attempts', r.attempts, 'trace_id', r.trace_id,
    'workspace_id', r.workspace_id, 'persona_id', r.persona_id, 'input', r.input, 'attachments', r.attachments,
    'plan', r.plan, 'created_at', r.created_at,
    'added_input', case when r.segment = r.forked_segment + 1 then r.added_input end,
    'persona', jsonb_build_object('name', p.name, 'description', p.description),
    'instructions', v.instructions, 'agent_id', v.agent_id, 'model', coalesce(r.model_override, v.model),
    'models', platform.models_of(coalesce(r.model_override, v.model), r.workspace_id, default_model),
    'checkpoint', (select jsonb_build_object('checkpoint_id', c.checkpoint_id, 'parent_id', c.parent_id, 'data', c.data)
      from platform.checkpoints c where c.run_id = r.id and c.checkpoint_id = r.checkpoint_id),
    'tool_results', platform.results_of(r))
    from public.persona_versions v join public.personas p on p.id = v.persona_id
    where v.id = r.persona_version_id);
end
$$;

-- How the calls of the segment before were answered, in their order; null when there were none.
create function platform.results_of(r public.runs) returns jsonb
language plpgsql stable
as $$
begin
  return (
    select jsonb_agg(jsonb_build_object(
        'call_id', t.call_id, 'tool', t.tool_name, 'status', t.status, 'output', t.output, 'error', t.error)
      order by t.position)
    from public.tool_runs t where t.run_id = r.id and t.segment = r.segment - 1);
end
$$;

grant execute on function platform.claim_runs(text, int, int, jsonb) to platform_executor;

-- What a worker writes of a run that it holds: the end of a segment, a later try, handing it back; and the guard against
-- runs that repeat the same calls without end.

-- Makes sure that the caller still owns a run.
create function platform.require_claim(r public.runs, fence int) returns void
language plpgsql
as $$
begin
  if r.status is distinct from 'running' or r.fence <> require_claim.fence then
    perform platform.refuse_stale('The run');
  end if;
end
$$;

-- Locks the run that the caller still owns.
create function platform.hold_run(run_id uuid, fence int) returns public.runs
language plpgsql
as $$
declare
  r public.runs;
begin
  select * into r from public.runs where id = hold_run.run_id for update;
  perform platform.require_claim(r, fence);
  return r;
end
$$;

-- Commits a segment: checkpoint, steps, the model call's cost and what comes next, at once.
--
-- segment = {fence, checkpoint_id, parent_id, checkpoint, max_calls, outcome}
-- outcome = {
--   next: 'tools' | 'continue' | 'finish' | 'fail',
--   steps:  [{kind, data, duration_ms}]          lookups and the like, in order
--   plan:   [{title, status}]                     when it changed
--   model_call: {id, text, tool_calls: [{call_id, tool}], input_tokens, output_tokens, latency_ms, first_token_ms}
--   calls:  [{call_id, tool, arguments}]          with 'tools'
--   output: text                                  with 'finish'
--   reason, error: {code, message}                with 'fail'
-- }
-- Up to `max_calls` of the calls are claimed for `worker` at once; effects are not, so that a worker that dies here has
-- begun none, and nobody need be asked. What is not claimed this way is in the queue as always.
-- The answer is {status, waiting_for, resumed, reason, calls}: `resumed` says that every call was answered at once, `calls` are
-- those claimed, as claim_tools gives them. With 'continue' the status stays 'running' and the fence is the same.
create function platform.commit_segment(r public.runs, segment jsonb, worker text, lease_seconds int)
returns platform.transition
language plpgsql
as $$
declare
  outcome jsonb := segment -> 'outcome';
  next text := outcome ->> 'next';
  calls jsonb := coalesce(outcome -> 'calls', '[]');
  checkpoint platform.new_checkpoint;
  steps platform.new_step[];
  events platform.new_event[];
  settled record;
  made_before int[];
  stopped jsonb;
  moved platform.transition;
begin
  perform platform.require_claim(r, (segment ->> 'fence')::int);
  checkpoint := row(
    segment ->> 'checkpoint_id', segment ->> 'parent_id', r.segment, segment ->> 'checkpoint', platform.now());
  r.checkpoint_id := segment ->> 'checkpoint_id';
  r.segment := r.segment + 1;
  r.attempts := 0;
  if outcome ? 'model_call' then
    settled := platform.settle_model_call(r, outcome -> 'model_call');
    steps := steps || settled.step;
    events := events || settled.event;
    r.cost := r.cost + settled.cost;
    r.model_calls := r.model_calls + 1;
    r.input_tokens := r.input_tokens + settled.input_tokens;
    r.output_tokens := r.output_tokens + settled.output_tokens;
  end if;
  if outcome -> 'steps' <> '[]' then
    steps := steps || array(
      select platform.step(s ->> 'kind', s -> 'data', (s ->> 'duration_ms')::int) from jsonb_array_elements(outcome -> 'steps') s);
  end if;
  if outcome ? 'plan' then
    r.plan := outcome -> 'plan';
    steps := steps || platform.step('plan', jsonb_build_object('items', r.plan));
  end if;

  if next in ('tools', 'continue') then
    made_before := case when calls <> '[]' then platform.made_before(r.id, calls) end;
    r.idle_segments := case when 0 = any (made_before) then 0 else r.idle_segments + 1 end;
    stopped := platform.runaway(r, made_before);
  end if;
  if stopped is not null then
    moved := platform.end_run(r, 'failed', stopped ->> 'code', null, stopped, steps, events);
  else
    case next
      when 'tools' then
        moved := platform.enqueue_calls(r, calls, steps, events, worker, (segment ->> 'max_calls')::int, lease_seconds);
      when 'continue' then
        moved := platform.keep_run(r, lease_seconds, steps, events);
      when 'finish' then
        moved := platform.end_run(r, 'completed', 'done', outcome ->> 'output', null, steps, events);
      when 'fail' then
        moved := platform.end_run(r, 'failed', outcome ->> 'reason', null, outcome -> 'error', steps, events);
    end case;
  end if;
  moved.checkpoints := array[checkpoint];
  return moved;
end
$$;

-- The caller goes on with the next segment, under the same message.
create function platform.keep_run(
  r public.runs, lease_seconds int, steps platform.new_step[], events platform.new_event[]
) returns platform.transition
language plpgsql
as $$
begin
  perform platform.keep('runs_' || r.lane, r.msg_id, lease_seconds);
  return platform.transition(r, steps, events, '{"status": "running"}');
end
$$;

-- A retryable error: the segment is tried again after the delay, or the run fails when its attempts are used up.
-- error = {code, message}. Returns {status, reason?}.
create function platform.retry_run(run_id uuid, fence int, error jsonb, delay_seconds int) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs := platform.hold_run(run_id, fence);
begin
  if r.attempts + 1 >= coalesce(platform.limit_of(r.persona_version_id, 'max_attempts'), 5) then
    return platform.save_one(platform.end_run(r, 'failed', error ->> 'code', null, error));
  end if;
  r.status := 'queued';
  r.cost := r.cost + platform.lose_model_calls(r);
  r.attempts := r.attempts + 1;
  r.error := retry_run.error;
  perform platform.remove('runs_' || r.lane, r.msg_id);
  r.msg_id := platform.send_run(r, delay_seconds);
  return platform.save_one(platform.transition(r, array[
    platform.step('notice', jsonb_build_object('code', error ->> 'code',
      'message', format('%s Trying again in %s s.', error ->> 'message', delay_seconds))),
    platform.status_step('running', 'queued')], answer => '{"status": "queued"}'));
end
$$;

-- Hands a claimed run back, untouched, to whoever is next: a worker that drains.
create function platform.release_run(run_id uuid, fence int) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs := platform.hold_run(run_id, fence);
begin
  r.status := 'queued';
  r.cost := r.cost + platform.lose_model_calls(r);
  perform platform.remove('runs_' || r.lane, r.msg_id);
  r.msg_id := platform.send_run(r);
  perform platform.save_one(platform.transition(r, array[platform.status_step('running', 'queued')]));
  perform platform.wake('runs');
end
$$;

-- Is the run going round in circles, or out of steps? Null, or {code, message}: the reason that it ends with.
--   step_limit      it used its `max_segments`
--   repeated_call   the same call with the same arguments, more often than `max_repeats`
--   no_progress     more than `max_idle_segments` segments in a row that brought no new call
-- `made_before`: how often each of the calls was made already (null when there are none).
create function platform.runaway(r public.runs, made_before int[]) returns jsonb
language plpgsql stable
as $$
declare
  limits jsonb := (
    select a.default_limits || v.limits
    from public.persona_versions v join public.agents a on a.id = v.agent_id where v.id = r.persona_version_id);
begin
  if r.segment >= (limits ->> 'max_segments')::int then
    return jsonb_build_object('code', 'step_limit', 'message', format('The run used its %s steps without an end.', r.segment));
  end if;
  if r.idle_segments >= coalesce((limits ->> 'max_idle_segments')::int, 10) then
    return jsonb_build_object('code', 'no_progress', 'message', 'The run went on and on without a new step, so it was ended.');
  end if;
  if coalesce((limits ->> 'max_repeats')::int, 5) <= any (made_before) then
    return jsonb_build_object('code', 'repeated_call', 'message', 'The run made the same call again and again, so it was ended.');
  end if;
  return null;
end
$$;

-- How often a run has made each of these calls, with the same arguments, before. A question to people may be asked again:
-- its count is 0 or null.
create function platform.made_before(run_id uuid, calls jsonb) returns int[]
language plpgsql stable
as $$
begin
  return (
    select array_agg((
      select case when c ->> 'tool' <> 'ask_human' or count(*) = 0 then count(*) end from public.tool_runs t
      where t.run_id = made_before.run_id and t.tool_name = c ->> 'tool'
        and t.arguments_hash = platform.hash_arguments(coalesce(c -> 'arguments', '{}'))))
    from jsonb_array_elements(calls) c
  );
end
$$;

grant execute on function
  platform.retry_run(uuid, int, jsonb, int),
  platform.release_run(uuid, int)
  to platform_executor;

-- How a run ends, and what happens then to its open calls and questions.

-- Ends a run, in whatever state it is: message gone, open calls and questions closed, reservations released. `steps` and
-- `events` are what the transition that ends it did until here.
create function platform.end_run(
  r public.runs, status text, reason text, output text, error jsonb,
  steps platform.new_step[] default '{}', events platform.new_event[] default '{}'
) returns platform.transition
language plpgsql
as $$
begin
  -- Its worker drops the message that it holds. Others leave it, and the next claim drops it: a claim that has read it
  -- may be waiting for this run's lock, and the two would wait for each other.
  if r.status = 'running' and end_run.status <> 'cancelled' then
    perform platform.remove('runs_' || r.lane, r.msg_id);
  end if;
  r.cost := r.cost + platform.lose_model_calls(r);
  if end_run.status <> 'completed' then
    steps := steps || platform.close_calls(r);
  end if;
  steps := steps || platform.status_step(r.status, end_run.status, null, end_run.reason);
  events := events
    || platform.audit_event('system', null, 'run.' || end_run.status, jsonb_build_object('reason', end_run.reason));
  r.status := end_run.status;
  r.waiting_for := null;
  r.reason := end_run.reason;
  r.output := end_run.output;
  r.error := end_run.error;
  r.msg_id := null;
  r.fence := r.fence + 1;
  r.finished_at := platform.now();
  perform platform.emit(r.workspace_id, r.persona_id, 'run.' || end_run.status, jsonb_build_object(
    'run_id', r.id, 'persona_id', r.persona_id, 'status', end_run.status, 'reason', end_run.reason, 'trace_id', r.trace_id));
  return platform.transition(r, steps, events, jsonb_build_object('status', end_run.status, 'reason', end_run.reason));
end
$$;

-- Closes what a run that ends early left open. A started effect becomes unknown: nobody can say that it did not happen,
-- unless its result comes in late (record_late_result).
create function platform.close_calls(r public.runs) returns platform.new_step[]
language plpgsql
as $$
declare
  steps platform.new_step[];
begin
  with closed as (
    update public.tool_runs t set
      status = case when t.status = 'started' and t.effect = 'effect' then 'unknown' else 'cancelled' end,
      error = case when t.status = 'started' and t.effect = 'effect' then
        '{"code": "outcome_unknown", "message": "The run ended while this was under way. Nobody knows whether it happened."}'
        else t.error end,
      finished_at = platform.now()
    where t.run_id = r.id and t.status in ('queued', 'awaiting_approval', 'started')
    returning t.*
  )
  select coalesce(array_agg(platform.tool_step(c)), '{}') into steps from closed c;
  update public.approvals set status = 'cancelled' where run_id = r.id and status = 'pending';
  return steps;
end
$$;

-- Ends a fatal error before a checkpoint could be made (no model, bad configuration). error = {code, message}.
create function platform.fail_run(run_id uuid, fence int, error jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  return platform.save_one(platform.end_run(platform.hold_run(run_id, fence), 'failed', error ->> 'code', null, error));
end
$$;

-- Cancels a run in any state; a running tool hears of it by the notification. Cancelling twice is no error.
-- Refuses: run_not_found, not_allowed, run_finished.
create function public.cancel_run(run_id uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs;
begin
  select * into r from public.runs where id = cancel_run.run_id for update;
  if not found or not public.can_view_persona(r.persona_id) then
    perform platform.refuse(404, 'run_not_found', 'There is no such run.');
  end if;
  if not public.can_use_persona(r.persona_id) then
    perform platform.refuse(403, 'not_allowed', 'You may look at this run, but not cancel it.');
  end if;
  if r.status in ('completed', 'failed') then
    perform platform.refuse(409, 'run_finished', format('The run is %s already.', r.status));
  end if;
  if r.status <> 'cancelled' then
    perform platform.save_one(platform.end_run(r, 'cancelled', 'cancelled', null, null,
      events => array[platform.audit_event('person', auth.uid(), 'run.cancel_requested')]));
    perform pg_notify('platform_cancel', r.id::text);
    select * into r from public.runs where id = cancel_run.run_id;
  end if;
  return platform.run_json(r);
end
$$;

grant execute on function platform.fail_run(uuid, int, jsonb) to platform_executor;

grant execute on function public.cancel_run(uuid) to authenticated;

-- Leases: the heartbeat keeps them, and the sweep finds what has stopped moving.

-- Keeps what a worker holds. runs = [{id, fence}], tools = [{id, attempt}]; returns {runs: [id], tools: [id]} of
-- those that it does not own any more (cancelled, or claimed by another), so that it stops working on them.
create function platform.heartbeat(runs jsonb, tools jsonb, lease_seconds int) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  lost_runs jsonb;
  lost_tools jsonb;
begin
  with held as (
    select (h ->> 'id')::uuid as id, (h ->> 'fence')::int as fence from jsonb_array_elements(runs) h
  ), kept as (
    select r.id, r.fence, platform.hide('runs_' || r.lane, r.msg_id, lease_seconds)
    from held join public.runs r using (id, fence) where r.status = 'running'
  )
  select coalesce(jsonb_agg(held.id), '[]') into lost_runs
  from held left join kept using (id, fence) where kept.id is null;

  with held as (
    select (h ->> 'id')::uuid as id, (h ->> 'attempt')::int as attempt from jsonb_array_elements(tools) h
  ), kept as (
    select t.id, t.attempt, platform.hide(
      case when t.msg_id is null then 'runs_' else 'tools_' end || r.lane, coalesce(t.msg_id, r.msg_id), lease_seconds)
    from held join public.tool_runs t using (id, attempt) join public.runs r on r.id = t.run_id
    where t.status = 'started'
  )
  select coalesce(jsonb_agg(held.id), '[]') into lost_tools
  from held left join kept using (id, attempt) where kept.id is null;

  return jsonb_build_object('runs', lost_runs, 'tools', lost_tools);
end
$$;

-- Ends every state that nobody else ends. Run by each executor four times a minute; one at a time, the others return at
-- once. What cannot be done for one run is told, and tried again the next time. Returns {resent, timed_out, expired}.
create function platform.sweep(grace_seconds int default 30) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs;
  resent int := 0;
  timed_out int := 0;
  expired int := 0;
begin
  if not pg_try_advisory_xact_lock(hashtext('platform.sweep')) then
    return jsonb_build_object('resent', 0, 'timed_out', 0, 'expired', 0);
  end if;
  -- past its time; a run that waits for a person may take as long as the person
  for r in
    select * from public.runs
    where finished_at is null and deadline_at < platform.now()
      and coalesce(waiting_for, 'tools') = 'tools'
    for update skip locked
  loop
    begin
      perform platform.end_whatever(r, 'time_limit', 'The run took longer than its persona allows.');
      perform pg_notify('platform_cancel', r.id::text);
      timed_out := timed_out + 1;
    exception when others then
      raise warning 'run % cannot be ended: %', r.id, sqlerrm;
    end;
  end loop;
  -- live, without progress, and without a message that would move it on
  for r in
    select * from public.runs
    where finished_at is null and coalesce(waiting_for, 'tools') = 'tools'
      and progress_at < platform.now() - make_interval(secs => grace_seconds)
    order by progress_at limit 1000
    for update skip locked
  loop
    begin
      resent := resent + platform.mend_run(r);
    exception when others then
      raise warning 'run % cannot be mended: %', r.id, sqlerrm;
    end;
  end loop;
  expired := platform.expire_approvals();
  perform platform.resolve_cap_alerts();
  return jsonb_build_object('resent', resent, 'timed_out', timed_out, 'expired', expired);
end
$$;

-- Sends again what a run lacks: its own message, or those of its queued and started calls. Returns how many.
create function platform.mend_run(r public.runs) returns int
language plpgsql
as $$
declare
  t public.tool_runs;
  has_message boolean := platform.has_message('runs_' || r.lane, r.msg_id);
  sent int := 0;
begin
  if r.status in ('queued', 'running') then
    if not has_message then
      r.msg_id := platform.send_run(r);
      perform platform.save_one(platform.transition(r));
      sent := 1;
    end if;
    return sent;
  end if;
  for t in
    select * from public.tool_runs where run_id = r.id and status in ('queued', 'started') for update
  loop
    if not (t.msg_id is null and has_message) and not platform.has_message('tools_' || r.lane, t.msg_id) then
      update public.tool_runs set msg_id = platform.send_call(r, t.id) where id = t.id;
      sent := sent + 1;
    end if;
  end loop;
  if not has_message and platform.save_one(platform.resume_when_answered(r)) -> 'resumed' = 'true' then
    sent := sent + 1;
  end if;
  return sent;
end
$$;

grant execute on function platform.heartbeat(jsonb, jsonb, int), platform.sweep(int) to platform_executor;

-- Forks: a new run that starts from a checkpoint of another one, with a changed input, model or persona version.
--
-- A checkpoint is the state at the end of a segment. Where that segment ended with tool calls, the fork needs their
-- answers: either from the ledger (what the other run's calls returned; nothing happens again), or asked anew (calls run
-- again under the policy, and effects always ask a person first).

-- changes = {input?, model?, persona_version_id?}; effects = 'ledger' | 'ask'. Segment: 0 is the first; -1 starts over.
-- Refuses: run_not_found, not_allowed, checkpoint_not_found, version_not_found, invalid_input, and what create_run refuses.
create function public.fork_run(run_id uuid, segment int, changes jsonb default '{}', effects text default 'ledger')
returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  parent public.runs;
  p public.personas;
  r public.runs;
  refusal jsonb;
begin
  select * into parent from public.runs where id = fork_run.run_id;
  if parent.id is null or not public.can_view_persona(parent.persona_id) then
    perform platform.refuse(404, 'run_not_found', 'There is no such run.');
  end if;
  p := platform.require_persona(parent.persona_id, 'user');
  if segment is null or effects is null or effects not in ('ledger', 'ask') then
    perform platform.refuse(422, 'invalid_input', 'segment is a number; effects is ledger or ask.');
  end if;
  perform platform.require_valid(changes, 'fork_changes');
  if changes ? 'persona_version_id' and not exists (
    select from public.persona_versions v where v.id = (changes ->> 'persona_version_id')::uuid and v.persona_id = p.id
  ) then
    perform platform.refuse(404, 'version_not_found', 'This persona has no such version.');
  end if;
  if fork_run.segment >= 0 and not exists (
    select from platform.checkpoints c where c.run_id = parent.id and c.segment = fork_run.segment
  ) then
    perform platform.refuse(404, 'checkpoint_not_found', 'This run has no checkpoint there.');
  end if;
  refusal := platform.run_refusal(p, auth.uid());
  if refusal is not null then
    perform platform.refuse((refusal ->> 'status')::int, refusal ->> 'code', refusal ->> 'message');
  end if;

  r := platform.start_run(p.id, auth.uid(), 'fork',
    case when fork_run.segment < 0 then coalesce(changes ->> 'input', parent.input) else parent.input end,
    parent.attachments);
  update public.runs set
    parent_run_id = parent.id, forked_segment = fork_run.segment,
    added_input = case when fork_run.segment >= 0 then changes ->> 'input' end,
    model_override = coalesce(changes -> 'model', parent.model_override),
    persona_version_id = coalesce((changes ->> 'persona_version_id')::uuid, parent.persona_version_id)
  where id = r.id returning * into r;
  if fork_run.segment >= 0 then
    r := platform.copy_state(r, parent, fork_run.segment, effects);
  end if;
  perform platform.audit(r.workspace_id, 'person', auth.uid(), 'run.forked', jsonb_build_object(
    'parent_run_id', parent.id, 'segment', fork_run.segment, 'effects', effects,
    'changed', (select jsonb_agg(k) from jsonb_object_keys(changes) k)), r.persona_id, r.id, r.trace_id);
  return platform.run_json(r);
end
$$;

-- Gives a fork the checkpoint and the answers that it starts from.
create function platform.copy_state(r public.runs, parent public.runs, segment int, effects text) returns public.runs
language plpgsql
as $$
declare
  c platform.checkpoints;
  calls jsonb;
begin
  select * into c from platform.checkpoints x where x.run_id = parent.id and x.segment = copy_state.segment
  order by x.created_at desc limit 1;
  insert into platform.checkpoints (run_id, checkpoint_id, parent_id, segment, data)
  values (r.id, c.checkpoint_id, c.parent_id, c.segment, c.data);
  -- A segment's steps are later than its checkpoint and earlier than the next one.
  update public.runs set checkpoint_id = c.checkpoint_id, segment = c.segment + 1,
    plan = coalesce((
      select s.data -> 'items' from public.run_steps s
      where s.run_id = parent.id and s.kind = 'plan' and s.created_at < coalesce((
        select min(x.created_at) from platform.checkpoints x where x.run_id = parent.id and x.segment > c.segment
      ), 'infinity')
      order by s.seq desc limit 1), '[]')
  where id = r.id returning * into r;

  if effects = 'ledger' then
    insert into public.tool_runs (
      run_id, workspace_id, persona_id, segment, call_id, position, tool_id, tool_name, arguments, arguments_hash, effect,
      status, attempt, output, output_path, error, duration_ms, finished_at)
    select r.id, t.workspace_id, t.persona_id, t.segment, t.call_id, t.position, t.tool_id, t.tool_name, t.arguments,
      t.arguments_hash, t.effect, case when t.status in ('succeeded', 'denied') then t.status else 'failed' end, t.attempt,
      t.output, t.output_path,
      case when t.status in ('succeeded', 'denied') then t.error
        else coalesce(t.error, '{"code": "not_in_ledger", "message": "The run that this one was forked from has no answer."}') end,
      t.duration_ms, platform.now()
    from public.tool_runs t where t.run_id = parent.id and t.segment = c.segment;
    return r;
  end if;

  select jsonb_agg(jsonb_build_object('call_id', t.call_id, 'tool', t.tool_name, 'arguments', t.arguments) order by t.position)
  into calls from public.tool_runs t where t.run_id = parent.id and t.segment = c.segment;
  if calls is not null then
    update public.runs set status = 'running' where id = r.id returning * into r;
    perform platform.save_one(platform.enqueue_calls(r, calls, ask_effects => true));
    select * into r from public.runs where id = r.id;
  end if;
  return r;
end
$$;

-- Which segments of a run a fork can start after: [{segment, created_at}], first to last.
create function public.run_checkpoints(run_id uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  if not exists (
    select from public.runs r where r.id = run_checkpoints.run_id and public.can_view_persona(r.persona_id)
  ) then
    perform platform.refuse(404, 'run_not_found', 'There is no such run.');
  end if;
  return (
    select coalesce(jsonb_agg(jsonb_build_object('segment', c.segment, 'created_at', c.created_at) order by c.segment), '[]')
    from (
      select k.segment, max(k.created_at) as created_at
      from platform.checkpoints k where k.run_id = run_checkpoints.run_id group by k.segment
    ) c
  );
end
$$;

grant execute on function public.fork_run(uuid, int, jsonb, text), public.run_checkpoints(uuid) to authenticated;

-- Following a run live: who may join its Realtime topic, and which tables send their changes.

-- A private topic `run:<id>` may be read by whom the run's persona is open to. Nobody but the platform sends on it.
create function public.can_follow_topic(topic text) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from public.runs r
    where topic ~ '^run:[0-9a-f-]{36}$'
      and r.id = nullif(substring(topic from '^run:([0-9a-f-]{36})$'), '')::uuid
      and public.can_view_persona(r.persona_id)
  )
$$;

create policy "a run is followed by whom its persona is open to" on realtime.messages
  for select to authenticated using (public.can_follow_topic((select realtime.topic())));

grant execute on function public.can_follow_topic(text) to authenticated, service_role;

-- What lists and badges follow by `postgres_changes`.
do $$
begin
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
  alter publication supabase_realtime add table public.runs, public.approvals, public.personas, public.artifacts;
end
$$;

create policy "who sees a persona sees its runs" on public.runs
  for select to authenticated using (public.can_view_persona(persona_id));

create policy "who sees a persona sees its runs' steps" on public.run_steps
  for select to authenticated using (public.can_view_persona(persona_id));

grant select on public.runs, public.run_steps to authenticated;

grant all on public.runs, public.run_steps to service_role;

-- What a persona may do with a tool: the policy, its conditions on arguments, and approvals given in advance.

-- The hash that an approval binds to: jsonb's text is the same for equal arguments.
create function platform.hash_arguments(arguments jsonb) returns text
language sql stable
return encode(sha256(convert_to(arguments::text, 'UTF8')), 'hex');

-- A value as a list of values; none for what is not there.
create function platform.list_of(value jsonb) returns jsonb
language sql immutable
return case when coalesce(jsonb_typeof(value), 'null') = 'null' then '[]'
  when jsonb_typeof(value) = 'array' then value else jsonb_build_array(value) end;

-- What a condition looks at. `recipients` are everybody whom a mail goes to: to, cc and bcc in one list.
create function platform.argument_of(arguments jsonb, name text) returns jsonb
language sql immutable
return case when name = 'recipients'
  then platform.list_of(arguments -> 'to') || platform.list_of(arguments -> 'cc') || platform.list_of(arguments -> 'bcc')
    || platform.list_of(arguments -> 'recipients')
  else arguments -> name end;

-- argument = a string or a list of strings; value = a string or a list. Operators: equals, not_equals, contains,
-- domain_in, domain_not_in (every mail address in the argument, against a list of domains; text without one is in none).
-- With `every` all values of the argument must fit, for what lets a call run; without it one is enough, for what stops it.
-- An argument that is not there, or empty, never fits.
create function platform.condition_fits(argument jsonb, operator text, value jsonb, every boolean) returns boolean
language plpgsql immutable
as $$
begin
  return (
    with items as (
      select lower(e.item #>> '{}') as item from jsonb_array_elements(platform.list_of(argument)) e(item)
      where e.item <> 'null'
    ), wanted as (
      select lower(e.item #>> '{}') as item from jsonb_array_elements(platform.list_of(value)) e(item)
    ), tested as (
      select case operator
        when 'equals' then i.item in (select w.item from wanted w)
        when 'not_equals' then i.item not in (select w.item from wanted w)
        when 'contains' then exists (select from wanted w where position(w.item in i.item) > 0)
      end as fits
      from items i where operator not like 'domain%'
      union all
      select (a.domain in (select ltrim(w.item, '@') from wanted w)) = (operator = 'domain_in')
      from items i, lateral (
        select m.found[1] as domain from regexp_matches(i.item, '@([^@>,;"'')\]}\s]*)', 'g') m(found)
        union all
        select '' where position('@' in i.item) = 0
      ) a
      where operator like 'domain%'
    )
    select coalesce(case when every then bool_and(coalesce(t.fits, false)) else bool_or(t.fits) end, false) from tested t
  );
end
$$;

-- What a persona's policy says to one call: 'allow', 'ask' or 'deny'. The first condition that fits decides, where one
-- that allows must fit every value of its argument;
-- else the tool's own line; else effects ask and all others may run.
create function platform.policy_for(tool public.tools, pt public.persona_tools, arguments jsonb) returns text
language plpgsql stable
as $$
begin
  return (
    select coalesce(
      (select c.value ->> 'policy'
       from jsonb_array_elements(coalesce(pt.conditions, '[]')) with ordinality c
       where platform.condition_fits(platform.argument_of(arguments, c.value ->> 'argument'),
         c.value ->> 'operator', c.value -> 'value', c.value ->> 'policy' = 'allow')
       order by c.ordinality limit 1),
      nullif(pt.policy, 'default'),
      case when tool.effect = 'effect' then 'ask' else 'allow' end)
  );
end
$$;

-- The policy, and what stands above it: what a schedule was allowed in advance, and a fork that asks about each effect.
create function platform.decide_call(
  r public.runs, tool public.tools, pt public.persona_tools, arguments jsonb, ask_effects boolean
) returns text
language plpgsql stable
as $$
declare
  policy text := platform.policy_for(tool, pt, arguments);
begin
  return case
    when policy = 'allow' and ask_effects and tool.effect = 'effect' then 'ask'
    when policy = 'ask' and not ask_effects and r.schedule_id is not null
      and platform.approved_in_advance(r, tool.name, arguments) then 'allow'
    else policy
  end;
end
$$;

-- Was this call approved in advance for the schedule that started the run? By tool, and by every condition on its
-- arguments, each of them for every value.
create function platform.approved_in_advance(r public.runs, tool text, arguments jsonb) returns boolean
language sql stable
as $$
  select exists (
    select from public.schedules s, jsonb_array_elements(s.approved_in_advance) a
    where s.id = r.schedule_id and a ->> 'tool' = approved_in_advance.tool
      and not exists (
        select from jsonb_array_elements(coalesce(a -> 'conditions', '[]')) c
        where not platform.condition_fits(
          platform.argument_of(arguments, c ->> 'argument'), c ->> 'operator', c -> 'value', true)
      )
  )
$$;

-- How calls come into being: one row for each call of a segment, queued, waiting for an approval, or denied.
--
-- The life of a call:
--
--   enqueue_calls       -> queued|awaiting_approval|denied   by policy, with commit_segment
--   claim_tools         queued|started -> started, attempt+1 the executor; 'started' again means that a worker was lost
--   finish_tool         started -> succeeded|failed|unknown  the executor, names its attempt
--   record_late_result  unknown -> succeeded|failed          the executor, when the run had ended meanwhile
--   retry_tool          started -> queued, later             the executor, names its attempt
--   public.decide       awaiting_approval|unknown -> …       people
--   expire_approvals    awaiting_approval -> denied          the sweep
--
-- The call that completes its batch sends the run's next message in the same transaction (resume_when_answered).
-- Lock order everywhere: run, then call, then approval.

-- The step of a call; `arguments` belong to its first.
create function platform.tool_step(t public.tool_runs, with_arguments boolean default false) returns platform.new_step
language sql stable
return platform.step('tool', jsonb_strip_nulls(jsonb_build_object(
    'tool_run_id', t.id, 'call_id', t.call_id, 'tool', t.tool_name, 'status', t.status, 'attempt', t.attempt,
    'arguments', case when with_arguments then t.arguments end,
    'output', t.output, 'error', t.error)), t.duration_ms);

-- Writes one row for each of the model's calls: up to `max_calls` are started for `worker` at once (commit_segment), under
-- the run's message; the others that may run are sent. calls = [{call_id, tool, arguments}]. `ask_human` is a call whose answer comes from a
-- person: {question, options?}. With `ask_effects` (a fork) every effect asks, whatever the policy says.
create function platform.enqueue_calls(
  r public.runs, calls jsonb, steps platform.new_step[] default '{}', events platform.new_event[] default '{}',
  worker text default null, max_calls int default 0, lease_seconds int default 0, ask_effects boolean default false
) returns platform.transition
language plpgsql
as $$
declare
  c record;
  t public.tool_runs;
  claimed jsonb := '[]';
  open text;
begin
  for c in
    select call.ordinality, call.value ->> 'call_id' as call_id, call.value ->> 'tool' as name,
      coalesce(call.value -> 'arguments', '{}') as arguments, tool.id as tool_id, tool.effect,
      case
        when call.value ->> 'tool' = 'ask_human' then 'human'
        when tool.id is null or not coalesce(pt.is_enabled, true) then 'missing'
        else platform.decide_call(r, tool, pt, coalesce(call.value -> 'arguments', '{}'), ask_effects)
      end as policy
    from jsonb_array_elements(calls) with ordinality call
    left join public.tools tool on tool.name = call.value ->> 'tool' and tool.is_enabled
      and (tool.workspace_id is null or tool.workspace_id = r.workspace_id)
    left join public.persona_tools pt on pt.persona_id = r.persona_id and pt.tool_id = tool.id
  loop
    t := platform.new_call(r, c.call_id, c.ordinality::int, c.tool_id, c.name, c.arguments, c.effect);
    case c.policy
      when 'allow' then
        if t.effect <> 'effect' and jsonb_array_length(claimed) < max_calls then
          t.status := 'started';
          t.attempt := 1;
          t.started_at := platform.now();
          claimed := claimed || platform.call_json(r, t, false);
        else
          t.status := 'queued';
          t.msg_id := platform.send_call(r, t.id);
        end if;
      when 'ask', 'human' then
        t.status := 'awaiting_approval';
      when 'deny' then
        t.status := 'denied';
        t.error := '{"code": "denied", "message": "The persona''s policy does not allow this call."}';
      when 'missing' then
        t.status := 'failed';
        t.error := '{"code": "unknown_tool", "message": "There is no such tool, or it is switched off for this persona."}';
    end case;
    if t.error is not null then
      t.finished_at := platform.now();
    end if;
    if t.status in ('queued', 'started') then
      open := 'tools';
    end if;
    insert into public.tool_runs select t.*;
    steps := steps || platform.tool_step(t, true);
    if t.status = 'awaiting_approval' then
      steps := steps || platform.ask(t, case c.policy when 'human' then 'question' else 'approval' end);
    end if;
    events := events || platform.audit_event('persona', r.persona_id, 'tool.' || t.status, jsonb_strip_nulls(jsonb_build_object(
      'tool', t.tool_name, 'tool_run_id', t.id, 'arguments_hash', t.arguments_hash, 'attempt', nullif(t.attempt, 0),
      'worker', case when t.status = 'started' then worker end)));
  end loop;

  if claimed <> '[]' then
    perform platform.keep('runs_' || r.lane, r.msg_id, lease_seconds);
  elsif r.msg_id is not null then
    perform platform.remove('runs_' || r.lane, r.msg_id);
    r.msg_id := null;
  end if;
  open := coalesce(open, platform.waiting_for(r.id, r.segment - 1));
  r.status := 'waiting';
  r.waiting_for := coalesce(open, 'tools');
  if open is null then
    r.msg_id := platform.send_run(r);
  end if;
  steps := steps || platform.status_step('running', 'waiting', r.waiting_for);
  return platform.transition(r, steps, events, jsonb_build_object(
    'status', 'waiting', 'waiting_for', r.waiting_for, 'resumed', open is null, 'calls', claimed));
end
$$;

-- A call as the model made it, not yet decided, not yet in its table.
create function platform.new_call(
  r public.runs, call_id text, call_position int, tool_id uuid, tool_name text, arguments jsonb, effect text
) returns public.tool_runs
language plpgsql
as $$
declare
  t public.tool_runs;
begin
  t.id := platform.uuid_v7();
  t.run_id := r.id;
  t.workspace_id := r.workspace_id;
  t.persona_id := r.persona_id;
  t.segment := r.segment - 1;
  t.call_id := new_call.call_id;
  t.position := call_position;
  t.tool_id := new_call.tool_id;
  t.tool_name := new_call.tool_name;
  t.arguments := new_call.arguments;
  t.arguments_hash := platform.hash_arguments(t.arguments);
  t.effect := coalesce(new_call.effect, 'pure');
  t.attempt := 0;
  t.created_at := platform.now();
  return t;
end
$$;

-- Sends a call's message and returns its id. The message before it is stale from then on, as in send_run.
create function platform.send_call(r public.runs, tool_run_id uuid, delay_seconds int default 0) returns bigint
language plpgsql
as $$
begin
  return platform.send('tools_' || r.lane,
    jsonb_build_object('tool_run_id', tool_run_id, 'run_id', r.id, 'trace_id', r.trace_id), delay_seconds);
end
$$;

-- What a batch of calls waits for; null when each of them is answered.
create function platform.waiting_for(run_id uuid, segment int) returns text
language plpgsql stable
as $$
begin
  return (
    select case
      when bool_or(t.status in ('queued', 'started')) then 'tools'
      when bool_or(t.status = 'unknown' or (t.status = 'awaiting_approval' and t.tool_name = 'ask_human')) then 'human'
      when bool_or(t.status = 'awaiting_approval') then 'approval'
    end
    from public.tool_runs t where t.run_id = waiting_for.run_id and t.segment = waiting_for.segment
  );
end
$$;

-- One of a run's calls was answered: sends its resume message when that was the last of its batch. The caller holds the
-- run's lock. The answer is {resumed}: whether it goes on.
create function platform.resume_when_answered(
  r public.runs, steps platform.new_step[] default '{}', events platform.new_event[] default '{}'
) returns platform.transition
language plpgsql
as $$
declare
  open text := platform.waiting_for(r.id, r.segment - 1);
begin
  r.waiting_for := coalesce(open, 'tools');
  if open is null then
    r.msg_id := platform.send_run(r);
  end if;
  return platform.transition(r, steps, events, jsonb_build_object('resumed', open is null));
end
$$;

-- The worker was lost that had claimed calls with their segment, and the run's message came back, which was their lease: they
-- go to the queue, started as they are.
create function platform.hand_back_calls(r public.runs) returns platform.transition
language plpgsql
as $$
begin
  update public.tool_runs t set msg_id = platform.send_call(r, t.id)
  where t.run_id = r.id and t.status = 'started' and t.msg_id is null;
  perform platform.remove('runs_' || r.lane, r.msg_id);
  r.msg_id := null;
  perform platform.wake('tools');
  return platform.transition(r);
end
$$;

-- How an executor takes calls.

-- Claims up to `max_calls` tool calls: each is *started* with a new attempt when this returns, committed.
-- Returns [{tool_run_id, attempt, recovering, …}]; `recovering` says that an earlier attempt was started and lost.
create function platform.claim_tools(worker text, max_calls int, lease_seconds int) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  return platform.claim('tools', worker, max_calls, lease_seconds);
end
$$;

create function platform.claim_tool(
  queue text, msg_id bigint, read_count int, message jsonb, r public.runs, worker text
) returns platform.transition
language plpgsql
as $$
declare
  t public.tool_runs;
  settled record;
  failed platform.transition;
  recovering boolean;
begin
  select * into t from public.tool_runs where id = (message ->> 'tool_run_id')::uuid for update;
  if t.msg_id is distinct from claim_tool.msg_id or t.status not in ('queued', 'started') or r.status <> 'waiting' then
    perform platform.remove(queue, claim_tool.msg_id);
    return null;
  end if;
  recovering := t.status = 'started';
  if read_count > platform.max_reads() and t.effect <> 'effect' then
    insert into platform.dead_letters (queue, message, read_count, error, run_id)
    values (queue, message, read_count, 'The worker was lost on this call each time.', r.id);
    settled := platform.settle_tool(r, t, jsonb_build_object('status', 'failed', 'error',
      jsonb_build_object('code', 'sandbox_lost', 'message', 'The work on this call was lost again and again.')));
    failed := platform.resume_when_answered(r, settled.steps, array[settled.event]);
    failed.answer := null;
    return failed;
  end if;

  update public.tool_runs set status = 'started', attempt = attempt + 1, started_at = platform.now()
  where id = t.id returning * into t;
  return platform.transition(r, array[platform.tool_step(t)], array[platform.audit_event('persona', r.persona_id, 'tool.started',
    jsonb_build_object('tool', t.tool_name, 'tool_run_id', t.id, 'attempt', t.attempt, 'worker', worker))],
    platform.call_json(r, t, recovering));
end
$$;

-- All that a worker needs for a call that it has started.
create function platform.call_json(r public.runs, t public.tool_runs, recovering boolean) returns jsonb
language plpgsql stable
as $$
begin
  return (
    select jsonb_build_object(
      'tool_run_id', t.id, 'run_id', r.id, 'attempt', t.attempt, 'recovering', recovering, 'trace_id', r.trace_id,
      'workspace_id', r.workspace_id, 'persona_id', r.persona_id, 'tool', t.tool_name, 'arguments', t.arguments,
      'effect', t.effect, 'attachments', r.attachments, 'allowed_hosts', to_jsonb(v.allowed_hosts), 'limits', v.limits,
      'started_by', r.created_by, 'timeout_seconds', tool.timeout_seconds, 'runs', tool.runs, 'code', tool.code,
      'language', tool.language,
      'secrets', case when tool.secrets <> '{}' then platform.secrets_of(r.workspace_id, r.persona_id, t.tool_id) else '[]' end)
    from public.persona_versions v left join public.tools tool on tool.id = t.tool_id
    where v.id = r.persona_version_id
  );
end
$$;

-- Locks a call that the caller still owns. The run's lock is held already.
create function platform.hold_call(tool_run_id uuid, attempt int) returns public.tool_runs
language plpgsql
as $$
declare
  t public.tool_runs;
begin
  select * into t from public.tool_runs where id = hold_call.tool_run_id for update;
  if t.status is distinct from 'started' or t.attempt <> hold_call.attempt then
    perform platform.refuse_stale('The tool call');
  end if;
  return t;
end
$$;

grant execute on function platform.claim_tools(text, int, int) to platform_executor;

-- What an executor writes of a call that it holds: its result, a later try, or a result that came late.

-- Writes the result of a call that this worker started. finished = {tool_run_id, attempt, claims_run, known?, result}, where
-- `claims_run` says that the worker can take the run on, `known` that it still has the run (begin_segment), and result = {
--   status: 'succeeded' | 'failed' | 'unknown', output, output_path, error: {code, message}, duration_ms,
--   artifacts: [{name, content_type, size, sha256, path}] }
-- `unknown` asks a person. When this was the last open call the run goes on: claimed for `worker` at once, if it can take
-- it, else by its queue. The answer is {resumed, run}: `resumed` is true when the run's next segment is in the queue, `run`
-- is the claimed run, as claim_runs gives it.
create function platform.finish_tool(
  r public.runs, finished jsonb, worker text, lease_seconds int, default_model jsonb
) returns platform.transition
language plpgsql
as $$
declare
  call public.tool_runs := platform.hold_call((finished ->> 'tool_run_id')::uuid, (finished ->> 'attempt')::int);
  settled record := platform.settle_tool(r, call, finished -> 'result');
  claim platform.transition;
begin
  if finished -> 'claims_run' is distinct from 'true' or platform.waiting_for(r.id, r.segment - 1) is not null then
    return platform.resume_when_answered(r, settled.steps, array[settled.event]);
  end if;
  if call.msg_id is not null then -- else the worker has kept the run's message for the call
    r.msg_id := platform.send_run(r, lease_seconds);
  end if;
  claim := platform.begin_segment(r, worker, settled.steps || platform.status_step('waiting', 'running'),
    array[settled.event], default_model, finished -> 'known');
  claim.answer := jsonb_build_object('resumed', false, 'run', claim.answer);
  return claim;
end
$$;

-- Writes the result of an effect that was still under way when its run ended: the run stays ended, but what is known of
-- the effect is in the ledger. False when there is nothing to add to it.
create function platform.record_late_result(tool_run_id uuid, attempt int, result jsonb) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs;
  t public.tool_runs;
  settled record;
begin
  select x.* into r from public.runs x
  where x.id = (select c.run_id from public.tool_runs c where c.id = record_late_result.tool_run_id) for update;
  select c.* into t from public.tool_runs c where c.id = record_late_result.tool_run_id for update;
  if r.finished_at is null or t.status is distinct from 'unknown' or t.attempt <> record_late_result.attempt
    or result ->> 'status' = 'unknown' then
    return false;
  end if;
  settled := platform.settle_tool(r, t, result);
  perform platform.save_one(platform.transition(r, settled.steps || platform.step('notice', jsonb_build_object(
    'code', 'late_result', 'message', format('%s was under way when the run ended. Its result came in late.', t.tool_name))),
    array[settled.event]));
  return true;
end
$$;

-- Writes a call's result and returns its steps and event; the caller holds the run's lock and saves them with it.
create function platform.settle_tool(
  r public.runs, t public.tool_runs, result jsonb, out steps platform.new_step[], out event platform.new_event
)
language plpgsql
as $$
begin
  if t.msg_id is not null then
    perform platform.remove('tools_' || r.lane, t.msg_id);
  end if;
  update public.tool_runs set
    status = result ->> 'status', output = result -> 'output', output_path = result ->> 'output_path',
    error = result -> 'error', duration_ms = (result ->> 'duration_ms')::int, msg_id = null,
    finished_at = case when result ->> 'status' <> 'unknown' then platform.now() end
  where id = t.id
  returning * into t;
  if jsonb_typeof(result -> 'artifacts') = 'array' and result -> 'artifacts' <> '[]' then
    steps := platform.save_artifacts(t, result -> 'artifacts');
  end if;
  steps := steps || platform.tool_step(t);
  if t.status = 'unknown' then
    steps := steps || platform.ask(t, 'unknown_effect');
  end if;
  event := platform.audit_event('persona', r.persona_id, 'tool.' || t.status, jsonb_strip_nulls(jsonb_build_object(
    'tool', t.tool_name, 'tool_run_id', t.id, 'attempt', t.attempt, 'error', t.error ->> 'code',
    'files', result -> 'artifacts')));
end
$$;

-- A retryable failure of a call that may run again: queued, after the delay. error = {code, message}.
create function platform.retry_tool(tool_run_id uuid, attempt int, error jsonb, delay_seconds int) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs;
  t public.tool_runs;
begin
  select x.* into r from public.runs x
  where x.id = (select c.run_id from public.tool_runs c where c.id = retry_tool.tool_run_id) for update;
  t := platform.hold_call(tool_run_id, attempt);
  perform platform.remove('tools_' || r.lane, t.msg_id);
  update public.tool_runs set status = 'queued', error = retry_tool.error, msg_id = platform.send_call(r, t.id, delay_seconds)
  where id = t.id returning * into t;
  perform platform.save_one(platform.transition(r, array[platform.step('notice', jsonb_build_object(
    'code', error ->> 'code', 'message', format('%s: %s Trying again in %s s.', t.tool_name, error ->> 'message', delay_seconds)))]));
end
$$;

grant execute on function
  platform.retry_tool(uuid, int, jsonb, int),
  platform.record_late_result(uuid, int, jsonb)
  to platform_executor;

-- Questions to people: approvals, questions of a persona, and effects of which nobody knows whether they happened.

-- Asks people about a call and returns the step for it.
create function platform.ask(t public.tool_runs, kind text) returns platform.new_step
language plpgsql
as $$
declare
  a public.approvals;
begin
  insert into public.approvals (
    workspace_id, persona_id, run_id, tool_run_id, kind, question, options, tool_name, arguments, arguments_hash, expires_at)
  values (
    t.workspace_id, t.persona_id, t.run_id, t.id, ask.kind,
    case ask.kind
      when 'question' then coalesce(t.arguments ->> 'question', 'The persona asks for your help.')
      when 'approval' then format('May %s run with these arguments?', t.tool_name)
      else format('%s was started, then its worker was lost. Did it happen?', t.tool_name)
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
$$;

-- Decides what a persona asked, once. decision: 'approve' | 'deny' for approvals; 'answer' for questions;
-- 'done' | 'do_again' | 'give_up' for unknown effects. `arguments_hash` names the arguments that the person saw.
-- `edited` are arguments to run with instead; `answer` is the answer, or the reason that the model is told.
-- Refuses: approval_not_found, not_allowed, already_decided, approval_expired, arguments_changed, invalid_decision,
-- invalid_input (edited arguments without what the tool needs; the API checks the whole schema before, field by field).
create function public.decide(
  approval_id uuid, decision text, answer text default null, edited jsonb default null, arguments_hash text default null
) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  a public.approvals;
  r public.runs;
  t public.tool_runs;
begin
  select run.* into r from public.runs run
  where run.id = (select run_id from public.approvals where id = approval_id) for update;
  if r.id is null or not public.can_view_persona(r.persona_id) then
    perform platform.refuse(404, 'approval_not_found', 'There is no such question.');
  end if;
  if not public.can_use_persona(r.persona_id) then
    perform platform.refuse(403, 'not_allowed', 'You may look at this, but not decide it.');
  end if;
  select * into a from public.approvals where id = approval_id for update;
  select * into t from public.tool_runs where id = a.tool_run_id for update;
  if a.status <> 'pending' then
    perform platform.refuse(409, 'already_decided', format('This is %s already.', a.status));
  end if;
  if a.expires_at < platform.now() then
    perform platform.refuse(410, 'approval_expired', 'The time to decide this is over.');
  end if;
  if decide.arguments_hash is not null and decide.arguments_hash <> a.arguments_hash then
    perform platform.refuse(409, 'arguments_changed', 'The arguments are not those that you saw. Look again.');
  end if;
  if not coalesce(case a.kind
      when 'approval' then decision in ('approve', 'deny')
      when 'question' then decision = 'answer' and length(btrim(coalesce(answer, ''))) > 0
      else decision in ('done', 'do_again', 'give_up')
    end, false) then
    perform platform.refuse(422, 'invalid_decision', 'That is not a decision that this question takes.',
      jsonb_build_object('kind', a.kind));
  end if;
  if jsonb_typeof(edited) <> 'object' or exists (
    select from public.tools tool, jsonb_array_elements_text(tool.input_schema -> 'required') needed
    where tool.id = t.tool_id and not edited ? needed.value
  ) then
    perform platform.refuse(422, 'invalid_input', format('The edited arguments lack what %s needs.', t.tool_name));
  end if;
  update public.approvals set
    status = case decide.decision when 'deny' then 'denied' when 'answer' then 'answered' else 'approved' end,
    decision = decide.decision, answer = decide.answer, decided_by = auth.uid(), decided_at = platform.now()
  where id = a.id returning * into a;
  perform platform.apply_decision(r, t, a, edited);
  return to_jsonb(a);
end
$$;

-- What the model is told where the answer is no, as {code, message}; else null.
create function platform.refusal_of(a public.approvals) returns jsonb
language sql immutable
return case
  when a.decision not in ('deny', 'give_up') then null
  when a.status = 'expired' then jsonb_build_object(
    'code', case a.kind when 'unknown_effect' then 'given_up' else 'approval_expired' end,
    'message', case a.kind
      when 'approval' then 'Nobody answered in time, so this was not done.'
      when 'question' then 'Nobody answered in time.'
      else 'Nobody knows whether it happened, and nobody answered in time.' end)
  when a.decision = 'deny' then jsonb_build_object('code', 'denied',
    'message', coalesce('A person said no: ' || nullif(a.answer, ''), 'A person said no.'))
  else jsonb_build_object('code', 'given_up', 'message', 'A person gave it up: nobody knows whether it happened.'
    || coalesce(' They said: ' || nullif(a.answer, ''), ''))
end;

-- Moves the call on as decided, tells the timeline, and the run when that was the last open call.
create function platform.apply_decision(r public.runs, t public.tool_runs, a public.approvals, edited jsonb) returns void
language plpgsql
as $$
declare
  steps platform.new_step[];
  events platform.new_event[];
begin
  if a.decision in ('approve', 'do_again') then
    if edited is not null then
      t.arguments := edited;
      t.arguments_hash := platform.hash_arguments(edited);
    end if;
    update public.tool_runs set status = 'queued', arguments = t.arguments, arguments_hash = t.arguments_hash,
      error = null, msg_id = platform.send_call(r, t.id)
    where id = t.id returning * into t;
    perform platform.wake('tools');
  else
    update public.tool_runs set
      status = case when a.decision in ('answer', 'done') then 'succeeded' when a.decision = 'deny' then 'denied' else 'failed' end,
      output = case a.decision when 'answer' then jsonb_build_object('answer', a.answer)
        when 'done' then jsonb_build_object('confirmed', true, 'note', a.answer) end,
      error = platform.refusal_of(a),
      finished_at = platform.now()
    where id = t.id returning * into t;
  end if;
  steps := array[
    platform.step('answered', jsonb_build_object('approval_id', a.id, 'decision', a.decision, 'answer', a.answer)),
    platform.tool_step(t, t.status = 'queued')];
  events := array[
    platform.audit_event(case when a.decided_by is null then 'system' else 'person' end, a.decided_by,
      'approval.' || coalesce(a.decision, a.status), jsonb_build_object(
        'approval_id', a.id, 'tool', t.tool_name, 'arguments_hash', t.arguments_hash, 'edited', edited is not null))];
  -- the time that a person took does not count
  r.deadline_at := r.deadline_at + (platform.now() - a.created_at);
  perform platform.emit(r.workspace_id, r.persona_id, 'approval.decided', jsonb_build_object(
    'approval_id', a.id, 'kind', a.kind, 'run_id', a.run_id, 'persona_id', a.persona_id, 'decision', a.decision));
  if platform.save_one(platform.resume_when_answered(r, steps, events)) -> 'resumed' = 'true' then
    perform platform.wake('runs');
  end if;
end
$$;

-- Ends questions whose time is over: an approval is denied, a question stays unanswered, an effect stays not known. One
-- whose end cannot be written fails its run, so that nobody waits for it for ever. Returns how many.
create function platform.expire_approvals() returns int
language plpgsql security definer set search_path = ''
as $$
declare
  due record;
  expired int := 0;
begin
  for due in select id, run_id from public.approvals where status = 'pending' and expires_at < platform.now() limit 100 loop
    begin
      expired := expired + platform.expire_approval(due.id, due.run_id);
    exception when others then
      raise warning 'question % cannot expire: %', due.id, sqlerrm;
      if not platform.passes_by_itself(sqlstate) then
        perform platform.end_waiting(due.run_id);
      end if;
    end;
  end loop;
  return expired;
end
$$;

create function platform.expire_approval(approval_id uuid, run_id uuid) returns int
language plpgsql
as $$
declare
  a public.approvals;
  r public.runs;
  t public.tool_runs;
begin
  select * into r from public.runs where id = expire_approval.run_id for update;
  update public.approvals set status = 'expired', decision = case kind when 'unknown_effect' then 'give_up' else 'deny' end,
    answer = 'Nobody answered in time.', decided_at = platform.now()
  where id = approval_id and status = 'pending' returning * into a;
  if not found then
    return 0;
  end if;
  select * into t from public.tool_runs where id = a.tool_run_id for update;
  perform platform.apply_decision(r, t, a, null);
  return 1;
end
$$;

create function platform.end_waiting(run_id uuid) returns void
language plpgsql
as $$
declare
  r public.runs;
begin
  select * into r from public.runs where id = end_waiting.run_id for update;
  if r.status in ('queued', 'running', 'waiting') then
    perform platform.end_whatever(r, 'internal', 'The end of a question to people could not be written.');
  end if;
exception when others then
  raise warning 'run % cannot be ended: %', run_id, sqlerrm;
end
$$;

grant execute on function public.decide(uuid, text, text, jsonb, text) to authenticated;

create policy "who sees a persona sees its tool calls" on public.tool_runs
  for select to authenticated using (public.can_view_persona(persona_id));

create policy "who sees a persona sees what it asks" on public.approvals
  for select to authenticated using (public.can_view_persona(persona_id));

grant select on public.tool_runs, public.approvals to authenticated;

grant all on public.tool_runs, public.approvals to service_role;

-- Caps: limits that a persona or a workspace sets. Only capped scopes have a row in platform.spend. It is locked while a call
-- is reserved, so that concurrent calls cannot overshoot together and uncapped work waits for nobody. A scope that is
-- capped in the middle of its day or month begins with what its calls have cost so far. Amounts are in the currency of
-- model_prices.

-- The caps that a run stands under: one row each, with the reason that its run ends with when it is reached. The run's own
-- cap is that of the version that it runs with; those of a day or a month are the persona's as it is now, so that nobody
-- gets around them with an older version. Written so that it is put in place where it is asked for.
create function platform.caps_of(r public.runs)
returns table (scope text, reason text, max_cost numeric, max_calls int)
language sql stable
begin atomic
  with limits as (
    select v.limits as run, now_set.limits as persona, w.limits as workspace,
      to_char(platform.now() at time zone 'UTC', 'YYYY-MM-DD') as day,
      to_char(platform.now() at time zone 'UTC', 'YYYY-MM') as month
    from public.persona_versions v
    join public.personas p on p.id = v.persona_id
    join public.persona_versions now_set on now_set.id = p.current_version_id
    join public.workspaces w on w.id = v.workspace_id
    where v.id = r.persona_version_id
  )
  select c.scope, c.reason, c.max_cost, c.max_calls
  from limits, lateral (values
    ('run:' || r.id, 'run_budget', (run ->> 'cost_per_run')::numeric, (run ->> 'calls_per_run')::int),
    ('persona:' || r.persona_id || ':' || day, 'persona_day_budget', (persona ->> 'cost_per_day')::numeric, (persona ->> 'calls_per_day')::int),
    ('persona:' || r.persona_id || ':' || month, 'persona_month_budget', (persona ->> 'cost_per_month')::numeric, (persona ->> 'calls_per_month')::int),
    ('workspace:' || r.workspace_id || ':' || day, 'workspace_day_budget', (workspace ->> 'cost_per_day')::numeric, (workspace ->> 'calls_per_day')::int),
    ('workspace:' || r.workspace_id || ':' || month, 'workspace_month_budget', (workspace ->> 'cost_per_month')::numeric, (workspace ->> 'calls_per_month')::int)
  ) c (scope, reason, max_cost, max_calls)
  where c.max_cost is not null or c.max_calls is not null;
end;

-- One row, as a table so that it is put in place where it is asked for.
create function platform.cost_of(model text, input_tokens bigint, output_tokens bigint) returns table (cost numeric)
language sql stable
begin atomic
  select (input_tokens * p.input_per_million + output_tokens * p.output_per_million) / 1000000
  from public.model_prices p where p.model in (cost_of.model, '*')
  order by p.model = '*' limit 1;
end;

-- The model calls of a scope that is a persona's or a workspace's day or month; none for a run's.
create function platform.calls_in(scope text) returns setof public.llm_calls
language plpgsql stable
as $$
declare
  whose uuid := split_part(scope, ':', 2);
  since timestamptz := left(nullif(split_part(scope, ':', 3), '') || '-01', 10)::timestamp at time zone 'UTC';
begin
  return query
  select l.* from public.llm_calls l
  where (l.persona_id = whose and l.created_at >= since) or (l.workspace_id = whose and l.created_at >= since);
end
$$;

-- What a scope begins with when it is capped: what its calls have cost and hold.
create function platform.spend_so_far(scope text) returns platform.spend
language plpgsql stable
as $$
declare
  s platform.spend;
begin
  select spend_so_far.scope, coalesce(sum(l.cost), 0), coalesce(sum(l.reserved_cost), 0), count(*) into s
  from platform.calls_in(spend_so_far.scope) l;
  return s;
end
$$;

create function platform.spend_of(scope text) returns platform.spend
language plpgsql stable
as $$
declare
  s platform.spend;
begin
  select * into s from platform.spend x where x.scope = spend_of.scope;
  return case when found then s else platform.spend_so_far(spend_of.scope) end;
end
$$;

-- Before a run starts: is a cap of its persona or workspace used up already? Null, or the refusal.
create function platform.budget_refusal(p public.personas) returns jsonb
language sql stable
as $$
  select jsonb_build_object('status', 402, 'code', 'budget_exhausted',
    'message', 'The budget is used up (' || c.reason || '). Raise the cap, or wait for the next period.')
  from platform.caps_of(jsonb_populate_record(null::public.runs, jsonb_build_object(
    'persona_id', p.id, 'workspace_id', p.workspace_id, 'persona_version_id', p.current_version_id))) c,
    platform.spend_of(c.scope) s
  where c.reason <> 'run_budget' and (s.cost + s.reserved >= c.max_cost or s.calls >= c.max_calls)
  limit 1
$$;

-- Ends a run whose next call a cap does not allow, and tells people of the cap. `refused` is what reserve_call said. The
-- answer is {stopped}.
create function platform.stop_at_cap(r public.runs, refused jsonb) returns platform.transition
language plpgsql
as $$
declare
  reason text := refused ->> 'stopped';
  cap record;
  stopped platform.transition;
begin
  select * into cap from jsonb_to_record(refused -> 'cap') as c (scope text, reason text, max_cost numeric, max_calls int);
  stopped := platform.end_run(r, 'failed', reason, null, jsonb_build_object('code', reason,
    'message', 'The next model call could cost more than the cap allows, so it was not made.'));
  perform platform.alert_of_cap(r, cap, 'A run was stopped: its next model call could have passed a cap.');
  stopped.answer := jsonb_build_object('stopped', reason);
  return stopped;
end
$$;

-- Reserving, settling and freeing the cost of a model call.

-- Reserves the worst case of one more model call of a segment (begin_segment has reserved the first).
-- call = {fence, provider, model, input_tokens, max_output_tokens}; the answer is that of reserve_call.
create function platform.begin_model_call(r public.runs, call jsonb) returns platform.transition
language plpgsql
as $$
declare
  reserved platform.reservation;
begin
  perform platform.require_claim(r, (call ->> 'fence')::int);
  reserved := platform.reserve_call(r, call ->> 'provider', call ->> 'model', (call ->> 'input_tokens')::int,
    (call ->> 'max_output_tokens')::int);
  if reserved.refused is not null then
    return platform.stop_at_cap(r, reserved.refused);
  end if;
  return platform.transition(r, answer => reserved.told, model_calls => reserved.calls);
end
$$;

-- Reserves the worst case of one model call. The caller brings it with its transition.
create function platform.reserve_call(
  r public.runs, provider text, model text, input_tokens int, max_output_tokens int
) returns platform.reservation
language plpgsql
as $$
declare
  worst numeric := (select price.cost from platform.cost_of(model, input_tokens, max_output_tokens) price);
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
$$;

-- Adds a call to a scope and returns the scope's row, locked.
create function platform.reserve_in(scope text, worst numeric) returns platform.spend
language plpgsql
as $$
declare
  reserved platform.spend;
begin
  update platform.spend s set reserved = s.reserved + worst, calls = s.calls + 1
  where s.scope = reserve_in.scope returning * into reserved;
  if not found then
    perform platform.open_scope(reserve_in.scope);
    reserved := platform.reserve_in(reserve_in.scope, worst);
  end if;
  return reserved;
end
$$;

-- The first call under a new cap, or of a new day or month, opens the scope's row. Calls that are open at this moment are
-- settled in it as well; those that are being settled just now count as much as they hold. Not seen are calls that others, or
-- this transaction for other runs, are reserving at the moment when the cap is set.
create function platform.open_scope(scope text) returns void
language plpgsql
as $$
declare
  so_far platform.spend;
  held numeric;
begin
  insert into platform.spend (scope) values (open_scope.scope) on conflict do nothing;
  if not found then
    return;
  end if;
  with open as (
    select o.id from public.llm_calls o
    where o.id in (select c.id from platform.calls_in(open_scope.scope) c where c.status = 'started')
    for update skip locked
  ), taken as (
    update public.llm_calls l set scopes = l.scopes || open_scope.scope
    from open where l.id = open.id and l.status = 'started' returning l.reserved_cost
  )
  select coalesce(sum(t.reserved_cost), 0) into held from taken t;
  so_far := platform.spend_so_far(open_scope.scope);
  update platform.spend s set cost = so_far.cost + so_far.reserved - held, reserved = held, calls = so_far.calls
  where s.scope = open_scope.scope;
end
$$;

-- Settles a call that succeeded: its real cost in its row and the scopes. `call` as in commit_segment. The caller adds
-- what is returned to the run.
create function platform.settle_model_call(
  r public.runs, call jsonb, out cost numeric, out input_tokens int, out output_tokens int, out step platform.new_step,
  out event platform.new_event
)
language plpgsql
as $$
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
    'input_tokens', l.input_tokens, 'output_tokens', l.output_tokens, 'cost', l.cost::text), l.latency_ms);
  event := platform.audit_event('persona', r.persona_id, 'model.called', jsonb_build_object(
    'llm_call_id', l.id, 'provider', l.provider, 'model', l.model, 'cost', l.cost,
    'input_tokens', l.input_tokens, 'output_tokens', l.output_tokens));
end
$$;

-- Turns what a call reserved in its scopes into what it cost, and warns where that comes near a cap. Locks them in the
-- order of begin_model_call: what is shared by more runs first.
create function platform.settle_spend(r public.runs, scopes text[], reserved numeric, cost numeric) returns void
language plpgsql
as $$
begin
  if scopes = '{}' then
    return;
  end if;
  perform from platform.spend s where s.scope = any (scopes) order by s.scope desc for update;
  update platform.spend s set reserved = greatest(s.reserved - settle_spend.reserved, 0), cost = s.cost + settle_spend.cost
  where s.scope = any (scopes);
  perform platform.warn_of_caps(r, scopes);
end
$$;

-- Settles a call that failed. The tokens are what the provider may bill: none when it refused the call, else what it
-- took in and had sent when the call was cut. error = {code, message}.
create function platform.fail_model_call(
  llm_call_id uuid, error jsonb, latency_ms int, input_tokens int default 0, output_tokens int default 0
) returns void
language plpgsql security definer set search_path = ''
as $$
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
    cost = (select price.cost from platform.cost_of(l.model, fail_model_call.input_tokens, fail_model_call.output_tokens) price),
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
$$;

-- Takes back the reservation of a call that was not made.
create function platform.release_model_call(llm_call_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  l public.llm_calls;
begin
  perform from public.runs
  where id = (select c.run_id from public.llm_calls c where c.id = release_model_call.llm_call_id) for update;
  delete from public.llm_calls where id = release_model_call.llm_call_id and status = 'started' returning * into l;
  perform from platform.spend s where s.scope = any (l.scopes) order by s.scope desc for update;
  update platform.spend s set reserved = greatest(s.reserved - l.reserved_cost, 0), calls = s.calls - 1
  where s.scope = any (l.scopes);
end
$$;

-- Settles the calls that a lost worker or an ended run left open. Nobody knows what the provider billed, so their
-- worst case counts as their cost: a cap holds even then. Returns the sum, which the caller adds to the run.
create function platform.lose_model_calls(r public.runs) returns numeric
language plpgsql
as $$
declare
  lost record;
  total numeric := 0;
begin
  for lost in
    with open as (
      select id, reserved_cost from public.llm_calls where run_id = r.id and status = 'started'
    )
    update public.llm_calls l set status = 'failed', cost = open.reserved_cost, reserved_cost = 0,
      error = '{"code": "outcome_unknown"}', finished_at = platform.now()
    from open where l.id = open.id
    returning l.cost, l.scopes
  loop
    perform platform.settle_spend(r, lost.scopes, lost.cost, lost.cost);
    total := total + lost.cost;
  end loop;
  return total;
end
$$;

grant execute on function
  platform.fail_model_call(uuid, jsonb, int, int, int),
  platform.release_model_call(uuid)
  to platform_executor;

create policy "who sees a persona sees its model calls" on public.llm_calls
  for select to authenticated using (public.can_view_persona(persona_id));

grant select on public.llm_calls to authenticated;

grant all on public.llm_calls to service_role;

-- Raising and resolving an alert.

-- Raises an alert once; the same one is not raised again while it is open.
create function platform.raise_alert(
  workspace_id uuid, persona_id uuid, kind text, message text, details jsonb default '{}'
) returns void
language sql
as $$
  insert into public.alerts (workspace_id, persona_id, kind, message, details)
  values (raise_alert.workspace_id, raise_alert.persona_id, raise_alert.kind, raise_alert.message, raise_alert.details)
  on conflict (kind, coalesce(persona_id, workspace_id)) where resolved_at is null do nothing
$$;

-- Resolves an alert by hand. Refuses: alert_not_found, not_allowed.
create function public.resolve_alert(alert_id uuid) returns public.alerts
language plpgsql security definer set search_path = ''
as $$
declare
  a public.alerts;
begin
  select * into a from public.alerts where id = resolve_alert.alert_id;
  if a.id is null or not (public.is_workspace_member(a.workspace_id) or public.is_platform_admin()) then
    perform platform.refuse(404, 'alert_not_found', 'There is no such alert.');
  end if;
  if not (public.is_workspace_member(a.workspace_id, 'admin') or public.is_platform_admin()
    or coalesce(public.can_edit_persona(a.persona_id), false)) then
    perform platform.refuse(403, 'not_allowed', 'Only an admin may resolve this alert.');
  end if;
  if a.resolved_at is not null then
    return a;
  end if;
  update public.alerts set resolved_at = platform.now(), resolved_by = auth.uid() where id = a.id returning * into a;
  perform platform.audit_as_me(a.workspace_id, 'alert.resolved', jsonb_build_object('alert_id', alert_id, 'kind', a.kind), a.persona_id);
  return a;
end
$$;

grant execute on function public.resolve_alert(uuid) to authenticated;

-- Alerts of caps: a warning before a cap is reached, resolved by itself when it no longer holds.

-- 80 % of a day's or a month's cap spent raises an alert; the run's own cap only ends the run. `scopes` were just settled.
create function platform.warn_of_caps(r public.runs, scopes text[]) returns void
language plpgsql
as $$
declare
  cap record;
begin
  for cap in
    select c.* from platform.caps_of(r) c join platform.spend s on s.scope = c.scope
    where c.scope = any (scopes) and (s.cost >= 0.8 * c.max_cost or s.calls >= 0.8 * c.max_calls)
  loop
    perform platform.alert_of_cap(r, cap, '80 % of a cap is used. At 100 % runs stop.');
  end loop;
end
$$;

create function platform.alert_of_cap(r public.runs, cap record, message text) returns void
language plpgsql
as $$
declare
  s platform.spend;
begin
  if cap.reason = 'run_budget' then
    return;
  end if;
  select * into s from platform.spend where scope = cap.scope;
  perform platform.raise_alert(r.workspace_id, case when cap.scope like 'persona:%' then r.persona_id end, cap.reason, message,
    jsonb_build_object('scope', cap.scope, 'cost', s.cost, 'max_cost', cap.max_cost, 'calls', s.calls, 'max_calls', cap.max_calls));
end
$$;

-- An alert holds through its cap's day or month, until the cap is changed and less than 80 % of it is used.
create function platform.cap_alert_holds(a public.alerts) returns boolean
language plpgsql stable
as $$
declare
  period text := split_part(a.details ->> 'scope', ':', 3);
  unit text := case when length(period) = 10 then 'day' else 'month' end;
  limits jsonb;
  max_cost numeric;
  max_calls int;
  s platform.spend;
begin
  if period not in (
    to_char(platform.now() at time zone 'UTC', 'YYYY-MM-DD'), to_char(platform.now() at time zone 'UTC', 'YYYY-MM')
  ) then
    return false;
  end if;
  if a.persona_id is null then
    select w.limits into limits from public.workspaces w where w.id = a.workspace_id;
  else
    select v.limits into limits
    from public.personas p join public.persona_versions v on v.id = p.current_version_id where p.id = a.persona_id;
  end if;
  max_cost := limits ->> ('cost_per_' || unit);
  max_calls := limits ->> ('calls_per_' || unit);
  if max_cost is not distinct from (a.details ->> 'max_cost')::numeric
    and max_calls is not distinct from (a.details ->> 'max_calls')::int then
    return true;
  end if;
  select * into s from platform.spend where scope = a.details ->> 'scope';
  return coalesce(s.cost >= 0.8 * max_cost, false) or coalesce(s.calls >= 0.8 * max_calls, false);
end
$$;

create function platform.resolve_cap_alerts() returns void
language sql
as $$
  update public.alerts a set resolved_at = platform.now()
  where a.resolved_at is null and a.kind like '%\_budget' and not platform.cap_alert_holds(a)
$$;

create policy "members see their workspace's alerts, a platform admin all" on public.alerts
  for select to authenticated using (public.is_workspace_member(workspace_id) or public.is_platform_admin());

grant select on public.alerts to authenticated;

grant all on public.alerts to service_role;

-- Starting what is due. The executor does the cron arithmetic (by a library). The database makes sure that each due time
-- starts at most one run: a due time fires in the transaction that moves `next_at` on, and only from the `next_at` that the
-- executor saw; besides, (schedule_id, due_at) is unique.

-- Schedules that are due: [{id, cron, time_zone, next_at, missed}].
create function platform.due_schedules(max_schedules int) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', s.id, 'cron', s.cron, 'time_zone', s.time_zone, 'next_at', s.next_at, 'missed', s.missed)), '[]')
  from (
    select * from public.schedules where not is_paused and next_at <= platform.now() order by next_at limit max_schedules
  ) s
$$;

-- Pauses a schedule that cannot fire, and says why in an alert. When another executor was faster, nothing happens.
create function platform.pause_schedule(schedule_id uuid, seen timestamptz, kind text, message text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  s public.schedules;
begin
  update public.schedules set is_paused = true
  where id = pause_schedule.schedule_id and not is_paused and next_at = seen
  returning * into s;
  if s.id is not null then
    perform platform.raise_alert(s.workspace_id, s.persona_id, kind,
      format('The schedule "%s" is paused: %s', s.name, pause_schedule.message), jsonb_build_object('schedule_id', s.id));
    perform platform.audit(s.workspace_id, 'system', null, 'schedule.paused',
      jsonb_build_object('schedule_id', s.id, 'reason', kind), s.persona_id);
  end if;
end
$$;

-- Fires a schedule for its due times and moves it on. `seen` is the `next_at` that the caller computed them from: when
-- another executor was faster, nothing happens. Returns {fired, skipped}. A schedule that cannot fire is paused, so that
-- it is not tried for ever.
create function platform.fire_schedule(schedule_id uuid, seen timestamptz, due_times jsonb, next_at timestamptz)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  return platform.fire_due_times(schedule_id, seen, due_times, next_at);
exception when others then
  if platform.passes_by_itself(sqlstate) then
    raise;
  end if;
  raise warning 'schedule % cannot fire: % (%)', schedule_id, sqlerrm, sqlstate;
  perform platform.pause_schedule(schedule_id, seen, 'schedule_failed', 'its run could not be started. Look at the '
    || 'settings of its persona, then resume it.');
  return jsonb_build_object('fired', 0, 'skipped', jsonb_array_length(due_times));
end
$$;

create function platform.fire_due_times(schedule_id uuid, seen timestamptz, due_times jsonb, next_at timestamptz)
returns jsonb
language plpgsql
as $$
declare
  s public.schedules;
  p public.personas;
  due timestamptz;
  fired int := 0;
  skipped int := 0;
begin
  -- not `for update`: a run that is started by hand meanwhile refers to this row, under the lock of a limit (is_full)
  select * into s from public.schedules where id = fire_due_times.schedule_id for no key update;
  if s.id is null or s.is_paused or s.next_at is distinct from seen then
    return jsonb_build_object('fired', 0, 'skipped', 0);
  end if;
  if not exists (
    select from public.workspace_members m where m.workspace_id = s.workspace_id and m.user_id = s.created_by
  ) then
    perform platform.pause_schedule(s.id, seen, 'schedule_without_owner', 'who made it has left the workspace.');
    return jsonb_build_object('fired', 0, 'skipped', jsonb_array_length(due_times));
  end if;
  select * into p from public.personas where id = s.persona_id;
  for due in select value::timestamptz from jsonb_array_elements_text(due_times) order by 1 loop
    if platform.fire_once(s, p, due) then
      fired := fired + 1;
    else
      skipped := skipped + 1;
    end if;
  end loop;
  update public.schedules set next_at = fire_due_times.next_at, last_at = platform.now() where id = s.id;
  return jsonb_build_object('fired', fired, 'skipped', skipped);
end
$$;

create function platform.fire_once(s public.schedules, p public.personas, due timestamptz) returns boolean
language plpgsql
as $$
declare
  refusal jsonb := platform.run_refusal(p, s.created_by);
  r public.runs;
begin
  if refusal is not null then
    perform platform.audit(s.workspace_id, 'system', null, 'schedule.skipped',
      jsonb_build_object('schedule_id', s.id, 'due_at', due, 'code', refusal ->> 'code'), s.persona_id);
    perform platform.raise_alert(s.workspace_id, s.persona_id, 'schedule_skipped',
      format('The schedule "%s" could not start: %s', s.name, refusal ->> 'message'), jsonb_build_object('schedule_id', s.id));
    return false;
  end if;
  if exists (select from public.runs where schedule_id = s.id and due_at = due) then
    return false;
  end if;
  r := platform.start_run(s.persona_id, s.created_by, 'schedule', s.input, '[]', 'normal');
  update public.runs set schedule_id = s.id, due_at = due where id = r.id;
  return true;
end
$$;

grant execute on function
  platform.due_schedules(int),
  platform.fire_schedule(uuid, timestamptz, jsonb, timestamptz),
  platform.pause_schedule(uuid, timestamptz, text, text)
  to platform_executor;

-- Commands on schedules.

-- definition = {name, cron, time_zone, input, missed, approved_in_advance, is_paused, next_at}; the API has checked `cron`
-- and computed `next_at`, which may not lie in the past: nobody makes up for times before a schedule was made. With a
-- schedule_id it changes that one: what is missing stays. Only who edits a persona may save a schedule with calls approved
-- in advance, so that nobody else decides what they are for.
create function public.save_schedule(persona_id uuid, definition jsonb, schedule_id uuid default null) returns public.schedules
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas := platform.require_persona(persona_id, 'user');
  s public.schedules;
begin
  perform platform.require_valid(definition, case when schedule_id is null then 'schedule' else 'schedule_changes' end);
  perform platform.require_times(definition ->> 'time_zone', definition ->> 'next_at');
  if save_schedule.schedule_id is not null then
    definition := to_jsonb(platform.require_schedule(save_schedule.schedule_id, p.id)) || definition;
  end if;
  if jsonb_array_length(coalesce(definition -> 'approved_in_advance', '[]')) > 0 and not public.can_edit_persona(p.id) then
    perform platform.refuse(403, 'not_allowed', 'Only who edits this persona may approve calls in advance.');
  end if;
  insert into public.schedules as old (
    id, workspace_id, persona_id, name, cron, time_zone, input, missed, approved_in_advance, is_paused, next_at, created_by)
  values (
    coalesce(save_schedule.schedule_id, platform.uuid_v7()), p.workspace_id, p.id, btrim(definition ->> 'name'),
    definition ->> 'cron', coalesce(definition ->> 'time_zone', 'UTC'), definition ->> 'input',
    coalesce(definition ->> 'missed', 'once'), coalesce(definition -> 'approved_in_advance', '[]'),
    coalesce((definition ->> 'is_paused')::boolean, false), (definition ->> 'next_at')::timestamptz, auth.uid())
  on conflict on constraint schedules_pkey do update set
    name = excluded.name, cron = excluded.cron, time_zone = excluded.time_zone, input = excluded.input,
    missed = excluded.missed, approved_in_advance = excluded.approved_in_advance, is_paused = excluded.is_paused,
    next_at = excluded.next_at, created_by = excluded.created_by
  returning * into s;
  perform platform.audit_as_me(p.workspace_id, 'schedule.saved', jsonb_build_object('schedule_id', s.id, 'name', s.name,
    'cron', s.cron, 'time_zone', s.time_zone, 'is_paused', s.is_paused, 'approved_in_advance', s.approved_in_advance), p.id);
  return s;
end
$$;

create function platform.require_times(time_zone text, next_at text) returns void
language plpgsql stable
as $$
begin
  -- as the executor takes them: in any case, without the server's own
  if time_zone is not null and not exists (
    select from pg_timezone_names z
    where lower(z.name) = lower(require_times.time_zone) and z.name !~ '^(posix/|right/|posixrules|localtime|Factory)'
  ) then
    perform platform.refuse(422, 'invalid_input', 'That is no time zone; they are named like Europe/Berlin.');
  end if;
  if next_at is not null and (not pg_input_is_valid(next_at, 'timestamptz')
    or next_at::timestamptz < platform.now() - interval '1 minute') then
    perform platform.refuse(422, 'invalid_input', 'next_at is a time to come.');
  end if;
end
$$;

-- The schedule, when the caller may use its persona.
create function platform.require_schedule(schedule_id uuid, persona_id uuid default null) returns public.schedules
language plpgsql stable
as $$
declare
  s public.schedules;
begin
  select * into s from public.schedules where id = require_schedule.schedule_id;
  if s.id is null or not public.can_view_persona(s.persona_id)
    or s.persona_id is distinct from coalesce(require_schedule.persona_id, s.persona_id) then
    perform platform.refuse(404, 'schedule_not_found', 'There is no such schedule.');
  end if;
  if not public.can_use_persona(s.persona_id) then
    perform platform.refuse(403, 'not_allowed', 'You may look at this schedule, but not change it.');
  end if;
  return s;
end
$$;

create function public.delete_schedule(schedule_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  s public.schedules := platform.require_schedule(schedule_id);
begin
  delete from public.schedules where id = s.id;
  perform platform.audit_as_me(s.workspace_id, 'schedule.deleted', jsonb_build_object('schedule_id', s.id, 'name', s.name), s.persona_id);
end
$$;

-- Starts the schedule's run at once, besides its times. Refuses what create_run refuses. Returns the run.
create function public.run_schedule_now(schedule_id uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  s public.schedules := platform.require_schedule(schedule_id);
  p public.personas;
  refusal jsonb;
  r public.runs;
begin
  select * into p from public.personas where id = s.persona_id;
  refusal := platform.run_refusal(p, auth.uid());
  if refusal is not null then
    perform platform.refuse((refusal ->> 'status')::int, refusal ->> 'code', refusal ->> 'message');
  end if;
  r := platform.start_run(s.persona_id, auth.uid(), 'schedule', s.input, '[]', 'normal');
  update public.runs set schedule_id = s.id where id = r.id returning * into r;
  return platform.run_json(r);
end
$$;

grant execute on function
  public.save_schedule(uuid, jsonb, uuid),
  public.delete_schedule(uuid),
  public.run_schedule_now(uuid)
  to authenticated;

create policy "who sees a persona sees its schedules" on public.schedules
  for select to authenticated using (public.can_view_persona(persona_id));

grant select on public.schedules to authenticated;

grant all on public.schedules to service_role;

-- Commands on webhooks.

-- How long an endpoint may fail before it is switched off.
create function platform.max_webhook_failure() returns interval language sql immutable as $$ select interval '3 days' $$;

-- definition = {direction, name, persona_id?, url?, scheme?, events?, input_template?, is_enabled?, secret},
-- secret = {ciphertext, nonce, key_id}: kept as the secret `webhook.<end of the endpoint's id>`.
-- 'in' needs a persona; 'out' needs a url. With an endpoint_id it changes that one: what is missing stays, the direction
-- always, and its failures are forgotten.
create function public.save_webhook_endpoint(workspace_id uuid, definition jsonb, endpoint_id uuid default null)
returns public.webhook_endpoints
language plpgsql security definer set search_path = ''
as $$
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
      when 'out' then definition ->> 'url' ~ '^https?://'
    end, false) then
    perform platform.refuse(422, 'invalid_input', 'A webhook in needs a persona, a webhook out a URL.');
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
$$;

create function platform.require_webhook(endpoint_id uuid) returns public.webhook_endpoints
language plpgsql stable
as $$
declare
  e public.webhook_endpoints;
begin
  select * into e from public.webhook_endpoints where id = require_webhook.endpoint_id;
  if e.id is null or not public.is_workspace_member(e.workspace_id, 'admin') then
    perform platform.refuse(404, 'webhook_not_found', 'There is no such webhook.');
  end if;
  return e;
end
$$;

create function public.delete_webhook_endpoint(endpoint_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  e public.webhook_endpoints := platform.require_webhook(endpoint_id);
begin
  delete from public.webhook_endpoints where id = e.id;
  delete from public.secrets where id = e.secret_id;
  perform platform.audit_as_me(e.workspace_id, 'webhook.deleted', jsonb_build_object('endpoint_id', e.id, 'name', e.name), e.persona_id);
end
$$;

-- Switches a webhook off, and says why in its row and in an alert. `reason` is the end of a sentence.
create function platform.disable_webhook(e public.webhook_endpoints, kind text, reason text) returns void
language plpgsql
as $$
begin
  update public.webhook_endpoints w set is_enabled = false, disabled_reason = upper(left(reason, 1)) || substr(reason, 2)
  where w.id = e.id;
  perform platform.raise_alert(e.workspace_id, e.persona_id, kind,
    format('The webhook "%s" was switched off: %s', e.name, reason), jsonb_build_object('endpoint_id', e.id));
  perform platform.audit(e.workspace_id, 'system', null, 'webhook.disabled',
    jsonb_build_object('endpoint_id', e.id, 'reason', kind), e.persona_id);
end
$$;

grant execute on function
  public.save_webhook_endpoint(uuid, jsonb, uuid),
  public.delete_webhook_endpoint(uuid)
  to authenticated;

-- Webhooks in: functions/webhooks checks the signature and calls these with the service key.

-- What checking a request needs: {id, scheme, input_template, secret} with the secret encrypted, or null.
create function public.inbound_webhook(endpoint_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('id', e.id, 'scheme', e.scheme, 'input_template', e.input_template,
    'secret', platform.sealed_secret(s))
  from public.webhook_endpoints e join public.secrets s on s.id = e.secret_id
  where e.id = inbound_webhook.endpoint_id and e.direction = 'in' and e.is_enabled
$$;

-- Starts the run of a request whose signature is good; a known delivery id or fingerprint returns the first run, so that
-- neither a sender's retry nor a replay under another id starts a second one. Returns {run, created}. Runs are started in
-- the name of who opened the webhook: when they have left the workspace it is switched off, and `run` is null.
create function public.accept_webhook(
  endpoint_id uuid, delivery_id text, event text, payload jsonb, input text, fingerprint text default null
) returns jsonb
language plpgsql security definer set search_path = ''
as $$
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
  update public.webhook_deliveries w set fingerprint = null
  where w.endpoint_id = e.id and w.fingerprint = accept_webhook.fingerprint
    and w.created_at < platform.now() - interval '30 minutes';
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
$$;

-- Notes a request that was turned away, and nothing else: up to ten a minute, so that nobody can fill the log.
create function public.reject_webhook(endpoint_id uuid, reason text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  e public.webhook_endpoints;
begin
  update public.webhook_endpoints w set
    rejected_in = date_trunc('minute', platform.now()),
    rejected = case when w.rejected_in = date_trunc('minute', platform.now()) then w.rejected + 1 else 1 end
  where w.id = reject_webhook.endpoint_id
    and (w.rejected < 10 or w.rejected_in is distinct from date_trunc('minute', platform.now()))
  returning * into e;
  if e.id is not null then
    perform platform.audit(e.workspace_id, 'system', null, 'webhook.rejected', jsonb_build_object('endpoint_id', e.id,
      'reason', reason || case when e.rejected = 10 then '. More are not noted in this minute.' else '' end), e.persona_id);
  end if;
end
$$;

grant execute on function
  public.inbound_webhook(uuid),
  public.accept_webhook(uuid, text, text, jsonb, text, text),
  public.reject_webhook(uuid, text)
  to service_role;

-- Webhooks out: noting an event, and sending it.

-- Writes one delivery for each endpoint that listens to the event. Events: run.completed, run.failed, run.cancelled,
-- approval.requested, approval.decided; data holds ids and states, no content.
create function platform.emit(workspace_id uuid, persona_id uuid, event text, data jsonb) returns void
language plpgsql
as $$
declare
  delivery record;
begin
  for delivery in
    insert into public.webhook_deliveries (id, endpoint_id, workspace_id, delivery_id, event, payload, status)
    select new.id, new.endpoint_id, emit.workspace_id, new.id::text, emit.event,
      jsonb_build_object('type', emit.event, 'timestamp', platform.now(), 'data', emit.data), 'queued'
    from (
      select platform.uuid_v7() as id, e.id as endpoint_id
      from public.webhook_endpoints e
      where e.workspace_id = emit.workspace_id and e.direction = 'out' and e.is_enabled
        and (e.persona_id is null or e.persona_id = emit.persona_id)
        and (e.events = '{}' or emit.event = any (e.events))
    ) new
    returning id
  loop
    perform pgmq.send('webhooks', jsonb_build_object('delivery_id', delivery.id), 0);
  end loop;
end
$$;

-- Claims deliveries to send: [{delivery_id, attempt, url, scheme, event, payload, secret}].
create function platform.claim_deliveries(max_deliveries int, lease_seconds int) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  m record;
  work jsonb;
  claimed jsonb := '[]';
begin
  for m in select * from pgmq.read('webhooks', lease_seconds, max_deliveries) loop
    update public.webhook_deliveries d set attempts = d.attempts + 1, msg_id = m.msg_id
    from public.webhook_endpoints e join public.secrets s on s.id = e.secret_id
    where d.id = (m.message ->> 'delivery_id')::uuid and d.status = 'queued' and e.id = d.endpoint_id and e.is_enabled
    returning jsonb_build_object('delivery_id', d.id, 'attempt', d.attempts, 'url', e.url, 'scheme', e.scheme,
      'event', d.event, 'payload', d.payload, 'secret', platform.sealed_secret(s))
    into work;
    if work is null then
      perform pgmq.delete('webhooks', m.msg_id);
      update public.webhook_deliveries set status = 'failed', error = 'The webhook was switched off.'
      where id = (m.message ->> 'delivery_id')::uuid and status = 'queued';
    else
      claimed := claimed || work;
    end if;
  end loop;
  return claimed;
end
$$;

-- Ends one try. result = {delivered, response_status?, error?, retry_seconds?}: without retry_seconds a failure is final.
create function platform.finish_delivery(delivery_id uuid, attempt int, result jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  d public.webhook_deliveries;
  delivered boolean := (result ->> 'delivered')::boolean;
  again int := (result ->> 'retry_seconds')::int;
begin
  select * into d from public.webhook_deliveries w where w.id = finish_delivery.delivery_id for update;
  if d.status is distinct from 'queued' or d.attempts <> attempt then
    perform platform.refuse_stale('The delivery');
  end if;
  if not delivered and again is not null then
    perform pgmq.set_vt('webhooks', d.msg_id, again);
  else
    perform pgmq.delete('webhooks', d.msg_id);
  end if;
  update public.webhook_deliveries w set
    status = case when delivered then 'delivered' when again is null then 'failed' else 'queued' end,
    response_status = (result ->> 'response_status')::int, error = result ->> 'error',
    next_at = case when not delivered and again is not null then platform.now() + make_interval(secs => again) end
  where w.id = d.id;
  perform platform.note_endpoint(d.endpoint_id, delivered);
end
$$;

-- Keeps since when an endpoint fails, and switches it off after `max_webhook_failure`, with an alert.
create function platform.note_endpoint(endpoint_id uuid, delivered boolean) returns void
language plpgsql
as $$
declare
  e public.webhook_endpoints;
begin
  update public.webhook_endpoints w set failing_since = case when not delivered then coalesce(failing_since, platform.now()) end
  where w.id = note_endpoint.endpoint_id and (failing_since is null) = not delivered;
  select * into e from public.webhook_endpoints w where w.id = note_endpoint.endpoint_id;
  if e.is_enabled and e.failing_since < platform.now() - platform.max_webhook_failure() then
    perform platform.disable_webhook(e, 'webhook_disabled', 'it has not answered for three days.');
  end if;
end
$$;

-- Sends a delivery out once more, with the same id, so that the receiver can tell. Refuses: delivery_not_found, webhook_disabled.
create function public.redeliver(delivery_id uuid) returns public.webhook_deliveries
language plpgsql security definer set search_path = ''
as $$
declare
  d public.webhook_deliveries;
  e public.webhook_endpoints;
begin
  select * into d from public.webhook_deliveries w where w.id = redeliver.delivery_id for update;
  if d.id is null or not public.is_workspace_member(d.workspace_id, 'admin') then
    perform platform.refuse(404, 'delivery_not_found', 'There is no such delivery.');
  end if;
  select * into e from public.webhook_endpoints w where w.id = d.endpoint_id;
  if e.direction <> 'out' or not e.is_enabled then
    perform platform.refuse(409, 'webhook_disabled', 'This webhook is switched off. Switch it on first.');
  end if;
  if d.status <> 'queued' then
    perform pgmq.send('webhooks', jsonb_build_object('delivery_id', d.id), 0);
    update public.webhook_deliveries w set status = 'queued', attempts = 0, next_at = null where w.id = d.id returning * into d;
    perform platform.audit_as_me(d.workspace_id, 'webhook.redelivered', jsonb_build_object('delivery_id', d.id, 'endpoint_id', e.id));
  end if;
  return d;
end
$$;

grant execute on function
  platform.claim_deliveries(int, int),
  platform.finish_delivery(uuid, int, jsonb)
  to platform_executor;

grant execute on function public.redeliver(uuid) to authenticated;

create policy "admins see webhooks" on public.webhook_endpoints
  for select to authenticated using (public.is_workspace_member(workspace_id, 'admin'));

create policy "admins see deliveries" on public.webhook_deliveries
  for select to authenticated using (public.is_workspace_member(workspace_id, 'admin'));

grant select on public.webhook_endpoints, public.webhook_deliveries to authenticated;

grant all on public.webhook_endpoints, public.webhook_deliveries to service_role;

-- Questions by mail: sent to the person who started the run, else to the persona's owners, and to nobody who has left. The
-- link in the mail lets that one person answer that one question.

-- Puts one message for each person to ask into the queue `mail`: {approval_id, user_id}.
create function platform.notify_people(a public.approvals) returns void
language sql
as $$
  select pgmq.send('mail', jsonb_build_object('approval_id', a.id, 'user_id', who.user_id), 0)
  from (
    select m.user_id, m.user_id is not distinct from r.created_by as has_started,
      bool_or(m.user_id is not distinct from r.created_by) over () as starter_is_there
    from public.runs r
    join public.workspace_members m on m.workspace_id = r.workspace_id
    left join public.persona_members pm on pm.persona_id = r.persona_id and pm.user_id = m.user_id
    where r.id = a.run_id and (m.user_id = r.created_by or pm.role = 'owner')
  ) who
  join public.profiles p on p.id = who.user_id and p.notify_by_mail
  where who.has_started = who.starter_is_there
$$;

-- Claims mails to write: [{msg_id, approval_id, user_id, email, kind, question, tool_name, arguments, persona, expires_at}].
-- Those that are decided meanwhile, and those to people who have left meanwhile, are dropped.
create function platform.claim_mails(max_mails int, lease_seconds int) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  m record;
  work jsonb;
  claimed jsonb := '[]';
begin
  for m in select * from pgmq.read('mail', lease_seconds, max_mails) loop
    select jsonb_build_object('msg_id', m.msg_id, 'read_count', m.read_ct, 'approval_id', a.id, 'user_id', p.id,
      'email', p.email, 'display_name', p.display_name, 'kind', a.kind, 'question', a.question, 'tool_name', a.tool_name,
      'arguments', a.arguments, 'arguments_hash', a.arguments_hash, 'persona', persona.name, 'run_id', a.run_id,
      'expires_at', a.expires_at)
    into work
    from public.approvals a
    join public.personas persona on persona.id = a.persona_id
    join public.profiles p on p.id = (m.message ->> 'user_id')::uuid
    join public.workspace_members w on w.workspace_id = a.workspace_id and w.user_id = p.id
    where a.id = (m.message ->> 'approval_id')::uuid and a.status = 'pending';
    if work is null then
      perform pgmq.delete('mail', m.msg_id);
    else
      claimed := claimed || work;
    end if;
  end loop;
  return claimed;
end
$$;

-- Ends one try of a mail: sent (or given up) when `retry_seconds` is null, else tried again then.
create function platform.finish_mail(msg_id bigint, retry_seconds int default null) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  if retry_seconds is null then
    perform pgmq.delete('mail', msg_id);
  else
    perform pgmq.set_vt('mail', msg_id, retry_seconds);
  end if;
end
$$;

-- The name under which a persona's own mails go out.
create function platform.mail_sender(persona_id uuid) returns text
language sql stable security definer set search_path = ''
return (select p.name from public.personas p where p.id = persona_id);

-- What a signed link shows, and its decision: for functions/api by the service key, after it has checked the signature.
-- The person of the link must still be allowed to decide.
create function public.approval_by_link(approval_id uuid, user_id uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  shown jsonb;
begin
  perform set_config('request.jwt.claims', jsonb_build_object('sub', user_id, 'role', 'authenticated')::text, true);
  select jsonb_build_object('id', a.id, 'kind', a.kind, 'question', a.question, 'options', a.options, 'status', a.status,
    'tool_name', a.tool_name, 'arguments', a.arguments, 'arguments_hash', a.arguments_hash, 'expires_at', a.expires_at,
    'persona', p.name, 'run_id', a.run_id)
  into shown
  from public.approvals a join public.personas p on p.id = a.persona_id
  where a.id = approval_by_link.approval_id and public.can_use_persona(a.persona_id);
  if shown is null then
    perform platform.refuse(404, 'approval_not_found', 'There is no such question.');
  end if;
  return shown;
end
$$;

create function public.decide_by_link(
  approval_id uuid, user_id uuid, decision text, answer text default null, arguments_hash text default null
) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  perform set_config('request.jwt.claims', jsonb_build_object('sub', user_id, 'role', 'authenticated')::text, true);
  return public.decide(approval_id, decision, answer, null, arguments_hash);
end
$$;

grant execute on function
  platform.claim_mails(int, int),
  platform.finish_mail(bigint, int),
  platform.mail_sender(uuid)
  to platform_executor;

grant execute on function
  public.approval_by_link(uuid, uuid),
  public.decide_by_link(uuid, uuid, text, text, text)
  to service_role;

create policy "who uses a persona reads its mail" on public.emails
  for select to authenticated using (public.can_use_persona(persona_id));

create policy "who uses a persona sees its mail's attachments" on public.attachments
  for select to authenticated using (public.can_use_persona(persona_id));

grant select on public.emails, public.attachments to authenticated;

grant all on public.emails, public.attachments to service_role;

create policy "who sees a persona sees its documents" on public.documents
  for select to authenticated using (public.can_view_persona(persona_id));

create policy "who sees a persona sees its memory" on public.chunks
  for select to authenticated using (public.can_view_persona(persona_id));

grant select on public.documents, public.chunks to authenticated;

grant all on public.documents, public.chunks to service_role;

-- Operations for platform admins: queues, and dead letters to send again.

-- Depth and age of every queue: [{queue, length, oldest_seconds, total}].
create function platform.queue_stats() returns jsonb
language sql volatile security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'queue', m.queue_name, 'length', m.queue_length, 'oldest_seconds', m.oldest_msg_age_sec, 'total', m.total_messages)
    order by m.queue_name), '[]')
  from pgmq.metrics_all() m
$$;

-- A dead letter can be taken up again while its run is as it was left for it: one that went on without its lost call, or
-- that was taken up before and ended for another reason, has nothing to go on with.
create function platform.can_requeue(d platform.dead_letters, r public.runs) returns boolean
language sql immutable
return d.requeued_at is null and r.status is not distinct from 'failed' and r.fence is not distinct from d.fence;

-- What a platform admin sees of the engine, without anybody's content: {queues, runs, dead_letters}.
create function public.operations() returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  perform platform.require_platform_admin();
  return jsonb_build_object(
    'queues', platform.queue_stats(),
    'runs', (select coalesce(jsonb_object_agg(status, n), '{}')
      from (select status, count(*) as n from public.runs where created_at > platform.now() - interval '1 day' group by status) s),
    'dead_letters', (select coalesce(jsonb_agg(jsonb_build_object(
        'id', d.id, 'queue', d.queue, 'read_count', d.read_count, 'error', d.error, 'run_id', d.run_id,
        'created_at', d.created_at, 'requeued_at', d.requeued_at, 'can_requeue', platform.can_requeue(d, r))
        order by d.created_at desc), '[]')
      from (select * from platform.dead_letters order by created_at desc limit 200) d
      left join public.runs r on r.id = d.run_id));
end
$$;

-- Takes a dead letter up again: its run goes on from its last checkpoint.
-- Refuses: dead_letter_not_found, already_requeued, run_went_on.
create function public.requeue_dead_letter(dead_letter_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  d platform.dead_letters;
  r public.runs;
begin
  perform platform.require_platform_admin();
  select * into d from platform.dead_letters where id = dead_letter_id for update;
  select * into r from public.runs where id = d.run_id for update;
  if r.id is null then
    perform platform.refuse(404, 'dead_letter_not_found', 'There is no such message, or its run is gone.');
  end if;
  if d.requeued_at is not null then
    perform platform.refuse(409, 'already_requeued', 'This was taken up again already.');
  end if;
  if not platform.can_requeue(d, r) then
    perform platform.refuse(409, 'run_went_on', 'The run went on without this message, or ended later for another reason.');
  end if;
  r.status := 'queued';
  r.reason := null;
  r.error := null;
  r.finished_at := null;
  r.attempts := 0;
  r.deadline_at := platform.now() + make_interval(secs => platform.limit_of(r.persona_version_id, 'max_seconds')::double precision);
  r.msg_id := platform.send_run(r);
  perform platform.save_one(platform.transition(r, array[
    platform.step('notice', '{"code": "requeued", "message": "An operator took the run up again."}'),
    platform.status_step('failed', 'queued')]));
  update platform.dead_letters set requeued_at = platform.now() where id = d.id;
  perform platform.audit_as_me(r.workspace_id, 'run.requeued', jsonb_build_object('dead_letter_id', d.id), r.persona_id);
  perform platform.wake('runs');
end
$$;

grant execute on function platform.queue_stats() to platform_executor;

grant execute on function public.operations(), public.requeue_dead_letter(uuid) to authenticated;

-- Files: three private buckets. A path starts with <workspace>/<persona>/…, and the policies look at that.
--
--   artifacts    what runs made; only the executor writes there
--   attachments  what people give to a run
--   documents    what personas remember

insert into storage.buckets (id, name, public) values
  ('artifacts', 'artifacts', false), ('attachments', 'attachments', false), ('documents', 'documents', false)
on conflict (id) do nothing;

-- The persona that a file's path names, or null where the path is not one of ours.
create function public.persona_of_path(path text) returns uuid
language sql immutable set search_path = ''
as $$ select substring(path from '^[0-9a-f-]{36}/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/.')::uuid $$;

-- True when the path's workspace is the persona's own: nobody files under a workspace that is not theirs.
create function public.is_persona_path(path text) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from public.personas p
    where p.id = public.persona_of_path(path) and p.workspace_id::text = split_part(path, '/', 1)
  )
$$;

create policy "who sees a persona reads its files" on storage.objects
  for select to authenticated
  using (bucket_id in ('artifacts', 'attachments', 'documents') and public.can_view_persona(public.persona_of_path(name)));

create policy "who uses a persona gives it attachments" on storage.objects
  for insert to authenticated
  with check (bucket_id = 'attachments' and public.is_persona_path(name)
    and public.can_use_persona(public.persona_of_path(name)));

create policy "who edits a persona gives it documents" on storage.objects
  for insert to authenticated
  with check (bucket_id = 'documents' and public.is_persona_path(name)
    and public.can_edit_persona(public.persona_of_path(name)));

create policy "who edits a persona removes its documents" on storage.objects
  for delete to authenticated
  using (bucket_id = 'documents' and public.can_edit_persona(public.persona_of_path(name)));

grant execute on function public.persona_of_path(text), public.is_persona_path(text) to authenticated, service_role;
