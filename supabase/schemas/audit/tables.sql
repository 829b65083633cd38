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
