-- Secrets: AES-256-GCM ciphertext with the id of its key. The key is only in the environment of functions and executor, and
-- no function returns the value of a secret.

create table public.secrets (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  name text not null check (name ~ '^[A-Za-z][A-Za-z0-9_.-]{0,63}$'),
  -- Encrypted by the functions with AES-256-GCM, and bound to workspace and name (contracts/sealed-secret.ts). Nobody can
  -- read it through the API.
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
