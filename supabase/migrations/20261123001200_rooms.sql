-- Rooms that later work moves into: triggers, memory, mail, health. The tables and who sees them are decided here.

-- ── triggers (DESIGN 4) ─────────────────────────────────────────────────────────────────────────────────────────

create table public.schedules (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  persona_id uuid not null references public.personas (id) on delete cascade,
  name text not null check (length(btrim(name)) between 1 and 80),
  cron text not null,
  time_zone text not null default 'UTC',
  input text not null,
  -- What happens to times that passed while nothing ran.
  missed text not null default 'once' check (missed in ('skip', 'once', 'all')),
  -- [{tool, conditions}]: approvals that are given in advance.
  approved_in_advance jsonb not null default '[]'
    check (platform.is_valid(approved_in_advance, platform.schema_of('approved_calls'))),
  is_paused boolean not null default false,
  next_at timestamptz,
  last_at timestamptz,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default platform.now()
);
create index on public.schedules (workspace_id);
create index on public.schedules (persona_id);
create index on public.schedules (created_by);
create index schedules_due on public.schedules (next_at) where not is_paused;

create table public.webhook_endpoints (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  persona_id uuid references public.personas (id) on delete cascade,
  direction text not null check (direction in ('in', 'out')),
  name text not null,
  url text,
  scheme text not null default 'standard' check (scheme in ('standard', 'github', 'hmac')),
  events text[] not null default '{}',
  input_template text,
  secret_id uuid references public.secrets (id) on delete set null,
  is_enabled boolean not null default true,
  disabled_reason text,
  created_at timestamptz not null default platform.now()
);
create index on public.webhook_endpoints (workspace_id);
create index on public.webhook_endpoints (persona_id);
create index on public.webhook_endpoints (secret_id);

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
  unique (endpoint_id, delivery_id)
);
create index on public.webhook_deliveries (workspace_id, created_at desc);
create index on public.webhook_deliveries (run_id);

-- ── memory (DESIGN 8) ───────────────────────────────────────────────────────────────────────────────────────────

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
create index on public.documents (workspace_id);
create index on public.documents (created_by);

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
create index on public.chunks (persona_id);

-- ── mail ────────────────────────────────────────────────────────────────────────────────────────────────────────

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
  subject text not null default '',
  body_text text not null default '',
  run_id uuid references public.runs (id) on delete set null,
  sent_at timestamptz,
  created_at timestamptz not null default platform.now(),
  unique (persona_id, message_id)
);
create index on public.emails (workspace_id);
create index on public.emails (connector_id);
create index on public.emails (run_id);

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
create index on public.attachments (workspace_id);
create index on public.attachments (persona_id);
create index on public.attachments (email_id);

-- ── health (DESIGN 9) ───────────────────────────────────────────────────────────────────────────────────────────

create table public.persona_health_metrics (
  persona_id uuid not null references public.personas (id) on delete cascade,
  at timestamptz not null default platform.now(),
  cpu_percent numeric(6, 2),
  memory_mb numeric(10, 2),
  memory_limit_mb numeric(10, 2),
  model_calls int not null default 0,
  cost numeric(14, 6) not null default 0,
  primary key (persona_id, at)
);

create table public.alerts (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid references public.workspaces (id) on delete cascade,
  persona_id uuid references public.personas (id) on delete cascade,
  kind text not null,
  message text not null,
  details jsonb not null default '{}',
  raised_at timestamptz not null default platform.now(),
  resolved_at timestamptz,
  resolved_by uuid references public.profiles (id) on delete set null
);
create unique index alerts_open on public.alerts (kind, coalesce(persona_id, workspace_id)) where resolved_at is null;
create index on public.alerts (workspace_id, raised_at desc);
create index on public.alerts (persona_id);
create index on public.alerts (resolved_by);

alter table public.schedules enable row level security;
alter table public.webhook_endpoints enable row level security;
alter table public.webhook_deliveries enable row level security;
alter table public.documents enable row level security;
alter table public.chunks enable row level security;
alter table public.emails enable row level security;
alter table public.attachments enable row level security;
alter table public.persona_health_metrics enable row level security;
alter table public.alerts enable row level security;

create policy "who sees a persona sees its schedules" on public.schedules
  for select to authenticated using (public.can_view_persona(persona_id));
create policy "admins see webhooks" on public.webhook_endpoints
  for select to authenticated using (public.is_workspace_member(workspace_id, 'admin'));
create policy "admins see deliveries" on public.webhook_deliveries
  for select to authenticated using (public.is_workspace_member(workspace_id, 'admin'));
create policy "who sees a persona sees its documents" on public.documents
  for select to authenticated using (public.can_view_persona(persona_id));
create policy "who sees a persona sees its memory" on public.chunks
  for select to authenticated using (public.can_view_persona(persona_id));
create policy "who uses a persona reads its mail" on public.emails
  for select to authenticated using (public.can_use_persona(persona_id));
create policy "who uses a persona sees its mail's attachments" on public.attachments
  for select to authenticated using (public.can_use_persona(persona_id));
create policy "who sees a persona sees its health, and so does a platform admin" on public.persona_health_metrics
  for select to authenticated using (public.can_view_persona(persona_id) or public.is_platform_admin());
create policy "members see their workspace's alerts, a platform admin all" on public.alerts
  for select to authenticated using (public.is_workspace_member(workspace_id) or public.is_platform_admin());

grant select on
  public.schedules, public.webhook_endpoints, public.webhook_deliveries, public.documents, public.chunks, public.emails,
  public.attachments, public.persona_health_metrics, public.alerts
  to authenticated;

do $$
begin
  alter publication supabase_realtime add table public.alerts;
end
$$;
