-- Personas, their versions and the people they are shared with.
-- Roles on a persona, weakest first: viewer, user, editor, owner.

-- An agent is a graph that personas run on. Its limits apply where the persona sets none.
create table public.agents (
  id text primary key,
  name text not null,
  description text not null,
  -- {max_segments, max_seconds, max_parallel_runs, max_attempts}
  default_limits jsonb not null
);

create table public.personas (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  name text not null check (length(btrim(name)) between 1 and 80),
  description text not null default '' check (length(description) <= 2000),
  -- The name of a lucide icon, and of a colour in the app's palette.
  icon text not null default 'user-round',
  color text not null default 'primary',
  -- `workspace`: every member may use it; `private`: only those it is shared with, and the workspace's admins.
  visibility text not null default 'workspace' check (visibility in ('workspace', 'private')),
  status text not null default 'active' check (status in ('active', 'paused', 'archived')),
  current_version_id uuid,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default platform.now(),
  updated_at timestamptz not null default platform.now(),
  -- Tasks to try it with, which the app shows as buttons.
  examples text[] not null default '{}' check (cardinality(examples) <= 6)
);

create table public.persona_versions (
  id uuid primary key default platform.uuid_v7(),
  persona_id uuid not null references public.personas (id) on delete cascade,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  number int not null,
  agent_id text not null references public.agents (id),
  instructions text not null check (length(instructions) <= 50000),
  -- {primary, fallbacks[], temperature?, max_output_tokens?}; platform.models_of explains the names.
  model jsonb not null check (platform.is_valid(model, platform.schema_of('model'))),
  -- Caps, see platform.schema_of; null is the agent's limit, or no cap if the agent has none.
  limits jsonb not null check (platform.is_valid(limits, platform.schema_of('persona_limits'))),
  -- Hosts that the persona's sandbox may reach, e.g. example.com, *.example.com.
  allowed_hosts text[] not null default '{}',
  note text not null default '',
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default platform.now(),
  unique (persona_id, number)
);

create table public.persona_members (
  persona_id uuid not null references public.personas (id) on delete cascade,
  user_id uuid not null references public.profiles (id) on delete cascade,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  role text not null check (role in ('owner', 'editor', 'user', 'viewer')),
  created_at timestamptz not null default platform.now(),
  primary key (persona_id, user_id)
);

create index on public.personas (workspace_id, created_at);
create index on public.personas (created_by);
create index on public.personas (current_version_id);
create index on public.persona_versions (workspace_id);
create index on public.persona_versions (created_by);
create index on public.persona_versions (agent_id);
create index on public.persona_members (user_id);
create index on public.persona_members (workspace_id);

alter table public.personas add constraint personas_current_version_fk
  foreign key (current_version_id) references public.persona_versions (id) on delete set null deferrable initially deferred;

alter table public.agents enable row level security;
alter table public.personas enable row level security;
alter table public.persona_versions enable row level security;
alter table public.persona_members enable row level security;

-- Reference data.
insert into public.agents (id, name, description, default_limits) values (
  'office-worker', 'Office worker',
  'Recalls, plans, thinks one model call at a time, and works with tools until it is done or has to ask.',
  '{"max_segments": 50, "max_seconds": 3600, "max_parallel_runs": 20, "max_attempts": 5}'
);
