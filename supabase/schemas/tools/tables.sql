-- The tool registry: built-in and custom tools, and the policy of each persona for each tool.

create table public.tools (
  id uuid primary key default platform.uuid_v7(),
  -- Null for a built-in tool, which every workspace has.
  workspace_id uuid references public.workspaces (id) on delete cascade,
  name text not null check (name ~ '^[a-z][a-z0-9_]{1,63}$'),
  description text not null,
  group_name text not null,
  input_schema jsonb not null,
  output_schema jsonb not null,
  effect text not null check (effect in ('pure', 'idempotent', 'effect')),
  runs text not null check (runs in ('sandbox', 'executor')),
  -- Services and programs ('program:soffice') that the tool cannot run without.
  needs text[] not null default '{}',
  secrets text[] not null default '{}',
  examples jsonb not null default '[]',
  -- How people see a call (contracts/tool-view.ts). Null: as names and values.
  view jsonb,
  -- Whether the tool can look up if an effect has happened.
  reconciles boolean not null default false,
  timeout_seconds int not null check (timeout_seconds between 1 and 3600),
  -- Custom tools only: their code and its language.
  code text,
  language text check (language in ('node', 'python')),
  is_enabled boolean not null default true,
  -- Whether this installation can run it, as its executor reported. Null: no executor has reported yet.
  works boolean,
  -- For people: why it does not work and what to do about it, or what is special about it in this installation.
  works_note text,
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

-- What a persona may do with a tool. Without a row the tool is enabled, and calls with an effect need an approval.
create table public.persona_tools (
  persona_id uuid not null references public.personas (id) on delete cascade,
  tool_id uuid not null references public.tools (id) on delete cascade,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  is_enabled boolean not null default true,
  policy text not null default 'default' check (policy in ('default', 'allow', 'ask', 'deny')),
  -- [{argument, operator, value, policy}]: the first condition that matches decides.
  conditions jsonb not null default '[]' check (platform.is_valid(conditions, platform.schema_of('conditions'))),
  -- Names of the workspace's secrets that the persona grants to this tool.
  granted_secrets text[] not null default '{}',
  updated_at timestamptz not null default platform.now(),
  primary key (persona_id, tool_id)
);

create index on public.tool_dependencies (depends_on_id);
create index on public.persona_tools (tool_id);
create index on public.persona_tools (workspace_id);

alter table public.tools enable row level security;
alter table public.tool_dependencies enable row level security;
alter table public.persona_tools enable row level security;
