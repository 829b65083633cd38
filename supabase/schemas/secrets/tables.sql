-- Secrets: AES-256-GCM ciphertext with the id of its key. The key itself is in the environment of functions and executor
-- only, and no function returns a secret's value.

create table public.secrets (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  name text not null check (name ~ '^[A-Za-z][A-Za-z0-9_.-]{0,63}$'),
  -- AES-256-GCM, encrypted by the functions before it comes here and bound to workspace and name
  -- (contracts/sealed-secret.ts); readable by nobody through the API.
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
