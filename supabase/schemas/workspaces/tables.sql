-- Profiles of people, workspaces (the tenants), and the members and invitations of a workspace.
-- Roles, weakest first: viewer, member, admin, owner.

create table public.profiles (
  id uuid primary key references auth.users (id) on delete cascade,
  email text not null,
  display_name text not null default '',
  -- May see operations (health, queues, dead letters), but no content.
  is_platform_admin boolean not null default false,
  -- Whether personas send their questions by mail.
  notify_by_mail boolean not null default true,
  created_at timestamptz not null default platform.now()
);

create table public.workspaces (
  id uuid primary key default platform.uuid_v7(),
  name text not null check (length(btrim(name)) between 1 and 80),
  -- {cost_per_day, cost_per_month, calls_per_day, calls_per_month, parallel_runs, runs_per_minute}: costs are in the
  -- currency of model_prices; null is no cap.
  limits jsonb not null default '{}' check (platform.is_valid(limits, platform.schema_of('workspace_limits'))),
  -- {time_zone}
  settings jsonb not null default '{}' check (platform.is_valid(settings, platform.schema_of('workspace_settings'))),
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default platform.now(),
  updated_at timestamptz not null default platform.now()
);

create table public.workspace_members (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  user_id uuid not null references public.profiles (id) on delete cascade,
  role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  created_at timestamptz not null default platform.now(),
  primary key (workspace_id, user_id)
);

create table public.workspace_invitations (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  email text not null check (email like '%_@_%'),
  role text not null check (role in ('admin', 'member', 'viewer')),
  -- SHA-256 of the token in the link, so that reading this table is not enough to accept an invitation.
  token_hash bytea not null unique,
  invited_by uuid references public.profiles (id) on delete set null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  created_at timestamptz not null default platform.now()
);

create index on public.workspaces (created_by);
create index on public.workspace_members (user_id);
create unique index on public.workspace_invitations (workspace_id, lower(email)) where accepted_at is null;
create index on public.workspace_invitations (invited_by);

alter table public.profiles enable row level security;
alter table public.workspaces enable row level security;
alter table public.workspace_members enable row level security;
alter table public.workspace_invitations enable row level security;
