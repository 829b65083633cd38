-- Adds what a plain PostgreSQL or PGlite lacks in comparison with Supabase's image: the API's roles with their grants, the
-- extensions, the helpers that policies call, and the publication that Realtime reads.
-- Runs at every start, after lite's `auth` schema and before the migrations, so each statement must be able to run again.

create schema if not exists extensions;
create schema if not exists supabase_migrations;

-- Roles belong to the whole server, so another database may have created them, or may be creating them right now.
do $$
declare
  role record;
begin
  for role in
    select * from (values
      ('anon', 'nologin noinherit'),
      ('authenticated', 'nologin noinherit'),
      ('service_role', 'nologin noinherit bypassrls'),
      ('authenticator', 'nologin noinherit'),
      ('postgres', 'nologin'),
      ('platform_executor', 'nologin')
    ) as roles (name, attributes)
    where not exists (select from pg_catalog.pg_roles where rolname = roles.name)
  loop
    begin
      execute format('create role %I %s', role.name, role.attributes);
    exception when duplicate_object or unique_violation then
      null;
    end;
  end loop;
end
$$;
grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role to current_user;

-- As on Supabase, objects of extensions can be used without their schema.
do $$
begin
  execute format('alter database %I set search_path = "$user", public, extensions', current_database());
end
$$;
set search_path = "$user", public, extensions;

create extension if not exists pgcrypto with schema extensions;
create extension if not exists vector with schema extensions;

-- As in new Supabase projects, the API's roles may use the schema `public`, but nothing in it by default: the platform's
-- schemas grant each table and function by name.
grant usage on schema public, extensions, auth, storage to anon, authenticated, service_role;

grant select, insert, update, delete on storage.buckets, storage.objects to anon, authenticated, service_role;

-- Only GoTrue uses the accounts: nobody may read them through the API.
revoke all on all tables in schema auth from anon, authenticated, service_role;

create or replace function auth.uid() returns uuid language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
  )::uuid
$$;

create or replace function auth.role() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
  )
$$;

create or replace function auth.email() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.email', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
  )
$$;

create or replace function auth.jwt() returns jsonb language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb
$$;

grant execute on function auth.uid(), auth.role(), auth.email(), auth.jwt() to anon, authenticated, service_role;
grant execute on all routines in schema storage to anon, authenticated, service_role;

-- GoTrue's tables for second factors, which lite lacks. `last_step`: the time of the last code, which is valid only once.
create table if not exists auth.mfa_factors (
  id uuid primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  friendly_name text,
  factor_type text not null default 'totp',
  status text not null default 'unverified' check (status in ('unverified', 'verified')),
  secret text not null,
  last_step bigint not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index if not exists mfa_factors_user_id_idx on auth.mfa_factors (user_id);
create table if not exists auth.mfa_challenges (
  id uuid primary key,
  factor_id uuid not null references auth.mfa_factors (id) on delete cascade,
  created_at timestamptz not null default now(),
  verified_at timestamptz
);
create index if not exists mfa_challenges_factor_id_idx on auth.mfa_challenges (factor_id);
revoke all on auth.mfa_factors, auth.mfa_challenges from anon, authenticated, service_role;

-- lite also writes a new `last_sign_in_at` when a session is refreshed (equal to its `refreshed_at`). In GoTrue only
-- creating a session is a sign-in, and the audit log relies on that.
create or replace function auth.keep_sign_in_at_refresh() returns trigger language plpgsql set search_path = '' as $$
begin
  if exists (
    select from auth.sessions s
    where s.user_id = new.id and s.refreshed_at at time zone 'utc' = new.last_sign_in_at
  ) then
    new.last_sign_in_at := old.last_sign_in_at;
  end if;
  return new;
end
$$;
create or replace trigger keep_sign_in_at_refresh before update of last_sign_in_at on auth.users
  for each row execute function auth.keep_sign_in_at_refresh();

do $$
begin
  if not exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
end
$$;
