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
