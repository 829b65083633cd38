-- Mail that a persona receives and sends. What it sends is the outbox (outbox.sql). No code uses incoming mail and
-- attachments yet (issue 15).

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
  cc text[] not null default '{}',
  subject text not null default '',
  body_text text not null default '',
  -- What became of it. kept: it stays in the outbox, because the installation has no mail server. sent: the mail server took
  -- it. failed: it was not sent. unknown: nobody knows whether it was sent.
  status text not null default 'received' check (status in ('received', 'kept', 'sent', 'failed', 'unknown')),
  -- {code, message} of a mail that failed, or whose fate is unknown.
  error jsonb,
  -- Addresses that the mail server refused.
  rejected text[] not null default '{}',
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

create index on public.emails (workspace_id, id desc);
create index on public.emails (connector_id);
create index on public.emails (run_id);
create index on public.attachments (workspace_id);
create index on public.attachments (persona_id);
create index on public.attachments (email_id);

alter table public.emails enable row level security;
alter table public.attachments enable row level security;

do $$
begin
  alter publication supabase_realtime add table public.emails;
end
$$;
