-- API keys: tokens with which a person's scripts use the platform, as that person and with less rights.

create table public.api_keys (
  id uuid primary key default platform.uuid_v7(),
  user_id uuid not null references public.profiles (id) on delete cascade,
  -- The only workspace that the key opens; null means all workspaces of the person.
  workspace_id uuid references public.workspaces (id) on delete cascade,
  name text not null check (length(btrim(name)) between 1 and 80),
  -- The beginning of the key, by which it is found and recognised: ppk_ and eight characters.
  prefix text not null unique check (prefix ~ '^ppk_[A-Za-z0-9]{8}$'),
  -- SHA-256 of the whole key. The key has 238 random bits, so a slow hash would protect nothing more.
  key_hash bytea not null check (length(key_hash) = 32),
  -- What the key may do; see access.sql.
  scopes text[] not null
    check (cardinality(scopes) > 0 and scopes <@ array['runs:read', 'runs:write', 'approvals:decide', 'admin']),
  -- Null means that the key does not expire.
  expires_at timestamptz,
  -- Written at most once a minute.
  last_used_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null default platform.now()
);

create index on public.api_keys (user_id);
create index on public.api_keys (workspace_id);

alter table public.api_keys enable row level security;
