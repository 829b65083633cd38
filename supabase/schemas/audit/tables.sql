-- The audit log is append-only, with a hash chain for each workspace.
--
-- A transition writes its event to `platform.audit_queue` in its own transaction. `seal_audit()` moves queued events into
-- `audit_events` and links them into the chains, in batches and with one sealer at a time. If transitions linked the chain
-- themselves, each transaction of a workspace would wait for the commit of the previous one (docs/adr/0002-audit-chain.md).

create domain platform.actor_type as text check (value in ('person', 'persona', 'system'));

-- An event of a run's transition, which platform.save writes together with the steps.
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
  -- sha256 of content_salt and data. `hash` covers this instead of `data`, so that `data` can be erased. Null in events of the
  -- first release, whose `hash` covers `data` itself.
  content_hash bytea,
  -- Random, and erased together with `data`: without it, nobody can guess the erased content and check it by the hash.
  content_salt uuid,
  -- When `data` was erased (erase.sql); null if it was not.
  erased_at timestamptz,
  primary key (workspace_id, seq)
);

create table platform.audit_heads (
  workspace_id uuid primary key,
  seq bigint not null,
  hash bytea not null,
  -- An executor has signed the chain up to this event, at this time.
  signed_seq bigint not null default 0,
  signed_at timestamptz
);

-- The last check of a chain that an admin asked for (activity.sql). A long chain is checked in several calls.
create table platform.audit_checks (
  workspace_id uuid primary key references public.workspaces (id) on delete cascade,
  checked_at timestamptz not null default platform.now(),
  checked_seq bigint not null default 0,
  checked_hash bytea not null default decode(repeat('00', 32), 'hex'),
  is_complete boolean not null default false,
  -- The first event that is not what it was, and why; null if there is none among those that were checked.
  broken_seq bigint,
  why text
);

-- Signed statements about the heads. The key is not in the database. The statements themselves also form a chain.
create table public.audit_statements (
  n bigint primary key,
  -- The exact text that was signed, as JSON (executor/jobs/audit/statement.ts).
  statement text not null,
  -- Ed25519, base64
  signature text not null,
  -- When it was also written outside of the database.
  published_at timestamptz
);

create index on public.audit_statements (n) where published_at is null;

create index on public.audit_events (run_id, seq) where run_id is not null;

-- rows are appended in the order of time, so a BRIN index is enough
create index on public.audit_events using brin (at);

alter table platform.audit_queue enable row level security;
alter table platform.audit_heads enable row level security;
alter table platform.audit_checks enable row level security;
alter table public.audit_events enable row level security;
alter table public.audit_statements enable row level security;

create function platform.refuse_audit_change() returns trigger
language plpgsql set search_path = ''
as $$
begin
  -- erasing content is allowed, if nothing else changes
  if tg_op = 'UPDATE' and tg_level = 'ROW' then
    if old.erased_at is null and new.erased_at is not null and new.data = '{}' and new.content_salt is null
      and to_jsonb(new) - '{data,content_salt,erased_at}'::text[] = to_jsonb(old) - '{data,content_salt,erased_at}'::text[] then
      return new;
    end if;
  end if;
  raise exception 'audit_events is append-only' using errcode = 'PP002';
end
$$;

create trigger audit_events_append_only before update or delete on public.audit_events
  for each row execute function platform.refuse_audit_change();

create trigger audit_events_no_truncate before truncate on public.audit_events
  for each statement execute function platform.refuse_audit_change();
