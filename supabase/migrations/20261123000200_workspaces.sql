-- Workspaces are the tenants: profiles, workspaces, their members and invitations.
-- Roles, weakest first: viewer, member, admin, owner.

create table public.profiles (
  id uuid primary key references auth.users (id) on delete cascade,
  email text not null,
  display_name text not null default '',
  -- Sees operations (health, queues, dead letters), not content.
  is_platform_admin boolean not null default false,
  -- Whether questions of personas come by mail.
  notify_by_mail boolean not null default true,
  created_at timestamptz not null default platform.now()
);

create table public.workspaces (
  id uuid primary key default platform.uuid_v7(),
  name text not null check (length(btrim(name)) between 1 and 80),
  -- Caps in the currency of the price table; null is no cap. {cost_per_day, cost_per_month, calls_per_day, parallel_runs, runs_per_minute}
  limits jsonb not null default '{}' check (platform.is_valid(limits, platform.schema_of('workspace_limits'))),
  -- The approver's mail domain list, time zone and the like. {time_zone}
  settings jsonb not null default '{}' check (platform.is_valid(settings, platform.schema_of('workspace_settings'))),
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default platform.now(),
  updated_at timestamptz not null default platform.now()
);
create index on public.workspaces (created_by);

create table public.workspace_members (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  user_id uuid not null references public.profiles (id) on delete cascade,
  role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  created_at timestamptz not null default platform.now(),
  primary key (workspace_id, user_id)
);
create index on public.workspace_members (user_id);

create table public.workspace_invitations (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  email text not null check (email like '%_@_%'),
  role text not null check (role in ('admin', 'member', 'viewer')),
  -- SHA-256 of the token in the link: the table alone lets nobody in.
  token_hash bytea not null unique,
  invited_by uuid references public.profiles (id) on delete set null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  created_at timestamptz not null default platform.now()
);
create unique index on public.workspace_invitations (workspace_id, lower(email)) where accepted_at is null;
create index on public.workspace_invitations (invited_by);

create function platform.workspace_rank(role text) returns int
language sql immutable
as $$ select array_position(array['viewer', 'member', 'admin', 'owner'], role) $$;

-- True when the signed-in person has at least this role in the workspace.
create function public.is_workspace_member(workspace_id uuid, role text default 'viewer') returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from public.workspace_members m
    where m.workspace_id = is_workspace_member.workspace_id
      and m.user_id = (select auth.uid())
      and platform.workspace_rank(m.role) >= platform.workspace_rank(is_workspace_member.role)
  )
$$;

create function public.is_platform_admin() returns boolean
language sql stable security definer set search_path = ''
as $$ select coalesce((select p.is_platform_admin from public.profiles p where p.id = (select auth.uid())), false) $$;

-- True when the two share a workspace: people see the names of their colleagues, of nobody else.
create function public.is_colleague(user_id uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from public.workspace_members mine
    join public.workspace_members theirs using (workspace_id)
    where mine.user_id = (select auth.uid()) and theirs.user_id = is_colleague.user_id
  )
$$;

alter table public.profiles enable row level security;
alter table public.workspaces enable row level security;
alter table public.workspace_members enable row level security;
alter table public.workspace_invitations enable row level security;

create policy "people see themselves and their colleagues" on public.profiles
  for select to authenticated using (id = (select auth.uid()) or public.is_colleague(id));
create policy "members see their workspace" on public.workspaces
  for select to authenticated using (public.is_workspace_member(id));
create policy "members see who else is in" on public.workspace_members
  for select to authenticated using (public.is_workspace_member(workspace_id));
create policy "admins see open invitations" on public.workspace_invitations
  for select to authenticated using (public.is_workspace_member(workspace_id, 'admin'));

grant select on public.profiles, public.workspaces, public.workspace_members to authenticated;
grant select (id, workspace_id, email, role, invited_by, expires_at, accepted_at, created_at)
  on public.workspace_invitations to authenticated;
grant execute on function
  public.is_workspace_member(uuid, text), public.is_platform_admin(), public.is_colleague(uuid)
  to authenticated, service_role;
