-- Webhooks. Inbound: a signed request starts a run. Outbound: the transaction that causes an event also writes a delivery,
-- which the executor sends.
--
-- States of a delivery: inbound received; outbound queued -> delivered | failed (after the last try).

create table public.webhook_endpoints (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  persona_id uuid references public.personas (id) on delete cascade,
  direction text not null check (direction in ('in', 'out')),
  name text not null,
  url text,
  scheme text not null default 'standard' check (scheme in ('standard', 'github', 'hmac', 'hmac_body', 'stripe', 'slack', 'svix')),
  events text[] not null default '{}',
  input_template text,
  secret_id uuid references public.secrets (id) on delete set null,
  is_enabled boolean not null default true,
  disabled_reason text,
  created_at timestamptz not null default platform.now(),
  created_by uuid references public.profiles (id) on delete set null,
  -- The time since which every try has failed; a successful try clears it.
  failing_since timestamptz,
  -- Inbound: how many requests were rejected and logged in the minute `rejected_in`.
  rejected_in timestamptz,
  rejected int not null default 0
);

create table public.webhook_deliveries (
  id uuid primary key default platform.uuid_v7(),
  endpoint_id uuid not null references public.webhook_endpoints (id) on delete cascade,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  delivery_id text not null,
  event text not null,
  payload jsonb not null,
  status text not null check (status in ('received', 'queued', 'delivered', 'failed')),
  attempts int not null default 0,
  response_status int,
  error text,
  run_id uuid references public.runs (id) on delete set null,
  next_at timestamptz,
  created_at timestamptz not null default platform.now(),
  unique (endpoint_id, delivery_id),
  msg_id bigint,
  -- Inbound: SHA-256 of the signed content, for schemes that sign no id. It recognises a repeated delivery (accept_webhook).
  fingerprint text
);

create index on public.webhook_endpoints (workspace_id);
create index on public.webhook_endpoints (persona_id);
create index on public.webhook_endpoints (secret_id);
create index on public.webhook_deliveries (workspace_id, created_at desc);
create index on public.webhook_deliveries (run_id);
create index on public.webhook_endpoints (created_by);
create unique index webhook_deliveries_once on public.webhook_deliveries (endpoint_id, fingerprint) where fingerprint is not null;

alter table public.webhook_endpoints enable row level security;
alter table public.webhook_deliveries enable row level security;
