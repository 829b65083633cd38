-- Connectors: outside accounts that a persona may use, e.g. a mailbox. Their credentials are secrets.

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
