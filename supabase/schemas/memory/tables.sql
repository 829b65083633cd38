-- What a persona remembers: documents, and the chunks that they are split into.

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
