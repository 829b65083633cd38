-- Personas, their versions, members, tools; secrets, models and connectors that they use.
-- Roles on a persona, weakest first: viewer, user, editor, owner.

create table public.secrets (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  name text not null check (name ~ '^[A-Za-z][A-Za-z0-9_.-]{0,63}$'),
  -- AES-256-GCM, encrypted by the functions before it comes here; readable by nobody through the API.
  ciphertext bytea not null,
  nonce bytea not null,
  key_id text not null,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default platform.now(),
  updated_at timestamptz not null default platform.now(),
  unique (workspace_id, name)
);
create index on public.secrets (created_by);

create table public.llm_providers (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
  base_url text not null check (base_url ~ '^https?://'),
  api_key_secret_id uuid references public.secrets (id) on delete set null,
  models text[] not null default '{}',
  -- Those of them that can see images.
  vision_models text[] not null default '{}',
  is_default boolean not null default false,
  created_at timestamptz not null default platform.now(),
  unique (workspace_id, name)
);
create unique index on public.llm_providers (workspace_id) where is_default;
create index on public.llm_providers (api_key_secret_id);

-- Prices per million tokens. `*` is the price of a model that has no line: an unknown model is never free.
create table public.model_prices (
  model text primary key,
  input_per_million numeric(12, 6) not null check (input_per_million >= 0),
  output_per_million numeric(12, 6) not null check (output_per_million >= 0),
  currency text not null default 'EUR',
  source text not null,
  updated_at timestamptz not null default platform.now()
);

-- An agent is a graph that a persona can run on, with the limits it has unless the persona says otherwise.
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
  -- A lucide icon name and a colour name of the app's palette.
  icon text not null default 'user-round',
  color text not null default 'primary',
  -- `workspace`: every member may use it; `private`: only those it is shared with, and the workspace's admins.
  visibility text not null default 'workspace' check (visibility in ('workspace', 'private')),
  status text not null default 'active' check (status in ('active', 'paused', 'archived')),
  current_version_id uuid,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default platform.now(),
  updated_at timestamptz not null default platform.now()
);
create index on public.personas (workspace_id, created_at);
create index on public.personas (created_by);
create index on public.personas (current_version_id);

create table public.persona_versions (
  id uuid primary key default platform.uuid_v7(),
  persona_id uuid not null references public.personas (id) on delete cascade,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  number int not null,
  agent_id text not null references public.agents (id),
  instructions text not null check (length(instructions) <= 50000),
  -- {primary, fallbacks[], temperature?, max_output_tokens?}; names are "model" or "provider/model"; "default" is the workspace's.
  model jsonb not null check (platform.is_valid(model, platform.schema_of('model'))),
  -- Caps; null is the agent's default, or no cap. See platform.schema_of.
  limits jsonb not null check (platform.is_valid(limits, platform.schema_of('persona_limits'))),
  -- Hosts that its sandbox may reach, e.g. example.com, *.example.com.
  allowed_hosts text[] not null default '{}',
  note text not null default '',
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default platform.now(),
  unique (persona_id, number)
);
create index on public.persona_versions (workspace_id);
create index on public.persona_versions (created_by);
create index on public.persona_versions (agent_id);
alter table public.personas add constraint personas_current_version_fk
  foreign key (current_version_id) references public.persona_versions (id) on delete set null deferrable initially deferred;

create table public.persona_members (
  persona_id uuid not null references public.personas (id) on delete cascade,
  user_id uuid not null references public.profiles (id) on delete cascade,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  role text not null check (role in ('owner', 'editor', 'user', 'viewer')),
  created_at timestamptz not null default platform.now(),
  primary key (persona_id, user_id)
);
create index on public.persona_members (user_id);
create index on public.persona_members (workspace_id);

create table public.tools (
  id uuid primary key default platform.uuid_v7(),
  -- Null: built in, for every workspace.
  workspace_id uuid references public.workspaces (id) on delete cascade,
  name text not null check (name ~ '^[a-z][a-z0-9_]{1,63}$'),
  description text not null,
  group_name text not null,
  input_schema jsonb not null,
  output_schema jsonb not null,
  effect text not null check (effect in ('pure', 'idempotent', 'effect')),
  runs text not null check (runs in ('sandbox', 'executor')),
  -- Services, and programs as 'program:soffice', without which it cannot run.
  needs text[] not null default '{}',
  secrets text[] not null default '{}',
  examples jsonb not null default '[]',
  -- How people see a call: contracts/tool-view.ts. Null: as names and values.
  view jsonb,
  -- It can look up whether an effect has happened.
  reconciles boolean not null default false,
  timeout_seconds int not null check (timeout_seconds between 1 and 3600),
  -- Custom tools only: their code and its language.
  code text,
  language text check (language in ('node', 'python')),
  is_enabled boolean not null default true,
  embedding extensions.vector,
  embedding_model text,
  created_at timestamptz not null default platform.now(),
  updated_at timestamptz not null default platform.now(),
  unique nulls not distinct (workspace_id, name),
  check ((workspace_id is null) = (code is null))
);

create table public.tool_dependencies (
  tool_id uuid not null references public.tools (id) on delete cascade,
  depends_on_id uuid not null references public.tools (id) on delete cascade,
  primary key (tool_id, depends_on_id)
);
create index on public.tool_dependencies (depends_on_id);

-- A persona's say on one tool. No row: enabled, and effects ask.
create table public.persona_tools (
  persona_id uuid not null references public.personas (id) on delete cascade,
  tool_id uuid not null references public.tools (id) on delete cascade,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  is_enabled boolean not null default true,
  policy text not null default 'default' check (policy in ('default', 'allow', 'ask', 'deny')),
  -- [{argument, operator, value, policy}]: the first that fits decides.
  conditions jsonb not null default '[]' check (platform.is_valid(conditions, platform.schema_of('conditions'))),
  -- Names of the workspace's secrets that this tool may have.
  granted_secrets text[] not null default '{}',
  updated_at timestamptz not null default platform.now(),
  primary key (persona_id, tool_id)
);
create index on public.persona_tools (tool_id);
create index on public.persona_tools (workspace_id);

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

create function platform.persona_rank(role text) returns int
language sql immutable
as $$ select array_position(array['viewer', 'user', 'editor', 'owner'], role) $$;

-- What the signed-in person is to a persona, or null. Workspace admins own every persona; in a persona that the whole
-- workspace sees, members are users and viewers are viewers; sharing can only raise that.
create function public.persona_role(persona_id uuid) returns text
language sql stable security definer set search_path = ''
as $$
  select role from (
    select case
        when m.role in ('owner', 'admin') then 'owner'
        when p.visibility = 'workspace' and m.role = 'member' then 'user'
        when p.visibility = 'workspace' then 'viewer'
      end as role
    from public.personas p
    join public.workspace_members m on m.workspace_id = p.workspace_id and m.user_id = (select auth.uid())
    where p.id = persona_role.persona_id
    union all
    select pm.role
    from public.persona_members pm
    join public.workspace_members m on m.workspace_id = pm.workspace_id and m.user_id = pm.user_id
    where pm.persona_id = persona_role.persona_id and pm.user_id = (select auth.uid())
  ) roles
  where role is not null
  order by platform.persona_rank(role) desc
  limit 1
$$;

create function public.can_view_persona(persona_id uuid) returns boolean
language sql stable security definer set search_path = ''
as $$ select public.persona_role(persona_id) is not null $$;

create function public.can_use_persona(persona_id uuid) returns boolean
language sql stable security definer set search_path = ''
as $$ select coalesce(platform.persona_rank(public.persona_role(persona_id)) >= platform.persona_rank('user'), false) $$;

create function public.can_edit_persona(persona_id uuid) returns boolean
language sql stable security definer set search_path = ''
as $$ select coalesce(platform.persona_rank(public.persona_role(persona_id)) >= platform.persona_rank('editor'), false) $$;

create function public.can_own_persona(persona_id uuid) returns boolean
language sql stable security definer set search_path = ''
as $$ select coalesce(public.persona_role(persona_id) = 'owner', false) $$;

alter table public.secrets enable row level security;
alter table public.llm_providers enable row level security;
alter table public.model_prices enable row level security;
alter table public.agents enable row level security;
alter table public.personas enable row level security;
alter table public.persona_versions enable row level security;
alter table public.persona_members enable row level security;
alter table public.tools enable row level security;
alter table public.tool_dependencies enable row level security;
alter table public.persona_tools enable row level security;
alter table public.connectors enable row level security;

create policy "admins see which secrets exist" on public.secrets
  for select to authenticated using (public.is_workspace_member(workspace_id, 'admin'));
create policy "members see the workspace's model providers" on public.llm_providers
  for select to authenticated using (public.is_workspace_member(workspace_id));
create policy "everyone signed in sees prices" on public.model_prices for select to authenticated using (true);
create policy "everyone signed in sees agents" on public.agents for select to authenticated using (true);
create policy "people see the personas that are open to them" on public.personas
  for select to authenticated using (public.can_view_persona(id));
create policy "who sees a persona sees its versions" on public.persona_versions
  for select to authenticated using (public.can_view_persona(persona_id));
create policy "who sees a persona sees whom it is shared with" on public.persona_members
  for select to authenticated using (public.can_view_persona(persona_id));
create policy "built-in tools are seen by all, custom ones by their workspace" on public.tools
  for select to authenticated using (workspace_id is null or public.is_workspace_member(workspace_id));
create policy "who sees a tool sees what it needs" on public.tool_dependencies
  for select to authenticated using (exists (select from public.tools t where t.id = tool_id));
create policy "who sees a persona sees its tools" on public.persona_tools
  for select to authenticated using (public.can_view_persona(persona_id));
create policy "admins see connectors" on public.connectors
  for select to authenticated using (public.is_workspace_member(workspace_id, 'admin'));

grant select (id, workspace_id, name, key_id, created_by, created_at, updated_at) on public.secrets to authenticated;
grant select on
  public.llm_providers, public.model_prices, public.agents, public.personas, public.persona_versions,
  public.persona_members, public.tools, public.tool_dependencies, public.persona_tools, public.connectors
  to authenticated;
grant execute on function
  public.persona_role(uuid), public.can_view_persona(uuid), public.can_use_persona(uuid),
  public.can_edit_persona(uuid), public.can_own_persona(uuid)
  to authenticated, service_role;

-- Reference data.
insert into public.agents (id, name, description, default_limits) values (
  'office-worker', 'Office worker',
  'Recalls, plans, thinks one model call at a time, and works with tools until it is done or has to ask.',
  '{"max_segments": 50, "max_seconds": 3600, "max_parallel_runs": 20, "max_attempts": 5}'
);

insert into public.model_prices (model, input_per_million, output_per_million, source) values
  ('demo', 0, 0, 'The built-in scripted demo model is free.'),
  ('*', 10, 30, 'Deliberately dear, so that a cap holds for a model without a line of its own.');
