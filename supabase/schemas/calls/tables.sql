-- Tool calls (the effect ledger, docs/durability.md) and the questions to people.

create domain platform.tool_effect as text check (value in ('pure', 'idempotent', 'effect'));

create domain platform.tool_run_status as text check (
  value in ('queued', 'awaiting_approval', 'denied', 'started', 'succeeded', 'failed', 'unknown', 'cancelled'));

create table public.tool_runs (
  id uuid primary key default platform.uuid_v7(),
  run_id uuid not null,
  workspace_id uuid not null,
  persona_id uuid not null,
  segment int not null,
  -- The id that the model gave the call, unique in its segment.
  call_id text not null,
  position int not null,
  tool_id uuid references public.tools (id) on delete set null,
  tool_name text not null,
  arguments jsonb not null,
  arguments_hash text not null,
  effect platform.tool_effect not null,
  status platform.tool_run_status not null,
  -- The fence of a tool call: every claim raises it.
  attempt int not null default 0,
  -- Null while the message of the run is the lease of the call.
  msg_id bigint,
  output jsonb,
  -- Large output is in Storage at this path; `output` then holds its beginning.
  output_path text,
  -- Text and images that the tool returned besides its output (contracts/tool-parts.ts). Images are in Storage.
  parts jsonb,
  error jsonb,
  duration_ms int,
  created_at timestamptz not null default platform.now(),
  started_at timestamptz,
  finished_at timestamptz,
  unique (run_id, segment, call_id)
) with (fillfactor = 50);

create table public.approvals (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  persona_id uuid not null references public.personas (id) on delete cascade,
  run_id uuid not null references public.runs (id) on delete cascade,
  tool_run_id uuid not null references public.tool_runs (id) on delete cascade,
  -- approval: may this call run? question: a question of the persona (ask_human). unknown_effect: did this call happen?
  kind text not null check (kind in ('approval', 'question', 'unknown_effect')),
  question text not null,
  options jsonb not null default '[]',
  tool_name text not null,
  arguments jsonb not null,
  -- The decision is valid for exactly these arguments.
  arguments_hash text not null,
  status text not null default 'pending'
    check (status in ('pending', 'approved', 'denied', 'answered', 'expired', 'cancelled')),
  decision text,
  answer text,
  decided_by uuid references public.profiles (id) on delete set null,
  decided_at timestamptz,
  expires_at timestamptz not null,
  created_at timestamptz not null default platform.now()
);

-- "Always allow this": calls that would ask a person and run instead, as long as a rule fits. An editor of the persona makes a
-- rule while approving a call (standing-approvals.sql). A rule ends by its count, its time, or when somebody revokes it.
create table public.standing_approvals (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  persona_id uuid not null references public.personas (id) on delete cascade,
  -- The tool by its id: another tool of the same name is not meant.
  tool_id uuid not null references public.tools (id) on delete cascade,
  tool_name text not null,
  -- The arguments that the approved call had. A call with any other argument does not fit.
  argument_names text[] not null,
  -- [{argument, value}]: each argument must equal its value. For `recipients` each recipient must be in the list.
  conditions jsonb not null,
  max_uses int not null check (max_uses between 1 and 1000),
  uses int not null default 0 check (uses between 0 and max_uses),
  expires_at timestamptz not null,
  -- The question that the rule was made from.
  approval_id uuid references public.approvals (id) on delete set null,
  -- The rule holds only while this person may edit the persona.
  created_by uuid not null references public.profiles (id) on delete cascade,
  created_at timestamptz not null default platform.now(),
  last_used_at timestamptz,
  revoked_at timestamptz,
  revoked_by uuid references public.profiles (id) on delete set null
);

create index on public.tool_runs (persona_id, created_at desc);
create index on public.tool_runs (tool_id);
create index on public.approvals (workspace_id, created_at desc) where status = 'pending';
create index on public.approvals (run_id);
create index on public.approvals (tool_run_id);
create index on public.approvals (persona_id);
create index on public.approvals (decided_by);
create index on public.standing_approvals (persona_id, tool_id) where revoked_at is null;
create index on public.standing_approvals (workspace_id);
create index on public.standing_approvals (tool_id);
create index on public.standing_approvals (approval_id);
create index on public.standing_approvals (created_by);
create index on public.standing_approvals (revoked_by);
create index approvals_expiring on public.approvals (expires_at) where status = 'pending';

alter table public.tool_runs enable row level security;
alter table public.approvals enable row level security;
alter table public.standing_approvals enable row level security;
