-- Foundation: schemas, extensions, the executor's role, and what the API's roles may do by default.
--
-- public    what people read through PostgREST, under RLS, and the commands that they may call
-- platform  the state machine: PostgREST does not expose it, and only the executor's role may call its functions
--
-- Only functions write to tables. `authenticated` has SELECT at most, so every change of state goes through one function
-- that checks, writes, audits and sends messages.
--
-- How functions are written here:
-- - PostgreSQL parses a body of the form `return …` when the function is created, so no search_path can change its meaning,
--   and it can inline the body. All other functions of a run are plpgsql, because plpgsql caches its plans.
-- - A function that is called from outside (by a grant, SECURITY DEFINER, a trigger or a CHECK) sets an empty search_path.
--   Inner functions inherit it. To set it again would cost as much as a short function, sixty times a run. Every name is
--   written with its schema anyway.

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

-- As in new Supabase projects, nothing is granted by default: each table and function is granted by name. (PUBLIC's right
-- to execute functions is a global default. A revoke for one schema would not change it.)
alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke execute on functions from anon, authenticated, service_role;
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;

grant usage on schema public, extensions to anon, authenticated, service_role, platform_executor;
