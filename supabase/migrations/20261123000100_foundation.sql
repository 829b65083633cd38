-- Foundation: schemas, extensions, the executor's role, the clock, ids, refusals.
--
-- public    what people read, under RLS, through PostgREST, and the commands that they may call.
-- platform  the state machine. Not exposed by PostgREST; the executor's role may call its functions.
--
-- Nobody but functions writes to a table: `authenticated` has SELECT at most, so that each change of state passes
-- through one function that checks, writes, audits and sends.

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

-- Functions are private until granted; tables are closed until a policy opens them. (PUBLIC's right to execute is a
-- global default, which a per-schema revoke does not touch.)
alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke execute on functions from anon, authenticated;
alter default privileges in schema public revoke all on tables from anon, authenticated;
alter default privileges in schema public grant all on tables to service_role;
grant usage on schema public, extensions to anon, authenticated, service_role, platform_executor;

-- Bodies of the form `return …` are parsed when they are made, so that no search_path can change what they mean, and are
-- put in place where they are called. Everything else on the way of a run is plpgsql, whose plans are kept.
--
-- What others may call (grants, SECURITY DEFINER, triggers, CHECKs) fixes search_path. What only these call inherits it: to set
-- it again costs as much as a short function itself, sixty times a run. All names are written with their schema in any case.

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
