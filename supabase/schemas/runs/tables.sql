-- Runs, their steps and checkpoints. The life cycle stands in start, claim, segments, ends and leases; the shapes of steps
-- in contracts/runs.ts.
--
-- Rows that every transition writes have no foreign keys to `runs` and above it: each would cost a look-up and a lock, and
-- the transition holds the run's lock anyway (docs/adr/0010). Their workspace and persona are copies of the run's, for
-- policies and lists. Deleting a run deletes its rows (platform.delete_run_rows).

-- These are domains, because PostgreSQL parses the CHECKs of a table again in every statement that writes to it.
create domain platform.run_status as text
  check (value in ('queued', 'running', 'waiting', 'completed', 'failed', 'cancelled'));

create domain platform.awaited as text check (value in ('tools', 'approval', 'human'));

create domain platform.run_source as text check (value in ('person', 'api', 'schedule', 'webhook', 'fork'));

create domain platform.lane as text check (value in ('interactive', 'normal', 'background'));

create table public.runs (
  id uuid primary key default platform.uuid_v7(),
  -- Workspace and version are the persona's own, and live as long as it does.
  workspace_id uuid not null,
  persona_id uuid not null references public.personas (id) on delete cascade,
  persona_version_id uuid not null,
  status platform.run_status not null default 'queued',
  -- 'tools' while any call is open that needs no person
  waiting_for platform.awaited,
  -- On every terminal state: 'done', 'cancelled', 'cost_per_run', 'model_error', 'time_limit' …
  reason text,
  error jsonb,
  input text not null,
  -- [{name, path, content_type, size}] in the bucket `attachments`
  attachments jsonb not null default '[]',
  output text,
  plan jsonb not null default '[]',
  source platform.run_source not null default 'person',
  lane platform.lane not null default 'interactive',
  trace_id text not null,
  idempotency_key text,
  created_by uuid references public.profiles (id) on delete set null,
  parent_run_id uuid references public.runs (id) on delete set null,

  -- Raised by every claim; a write that names an older one is refused.
  fence int not null default 0,
  -- The one message that may move this run on; a message of another id is stale. While it waits for calls that its worker
  -- has claimed with the segment, this is their lease.
  msg_id bigint,
  worker text,
  -- How many segments are committed; the calls of segment n are answered in segment n + 1.
  segment int not null default 0,
  step_count int not null default 0,
  -- Tries of the current segment that ended in a retryable error.
  attempts int not null default 0,
  -- Segments in a row that brought no new call (platform.runaway).
  idle_segments int not null default 0,
  checkpoint_id text,

  cost platform.amount not null default 0,
  model_calls int not null default 0,
  input_tokens platform.token_sum not null default 0,
  output_tokens platform.token_sum not null default 0,

  created_at timestamptz not null default platform.now(),
  started_at timestamptz,
  -- Null while the run is live. `status` itself stands in no index, so that most changes of a run rewrite none (HOT updates).
  finished_at timestamptz,
  -- When it is given up at the latest; waiting for a person does not count.
  deadline_at timestamptz,
  -- When something last moved: what the sweep looks at.
  progress_at timestamptz not null default platform.now(),
  schedule_id uuid references public.schedules (id) on delete set null,
  due_at timestamptz,
  -- The segment of the parent that the fork starts after; null for a run that is no fork.
  forked_segment int,
  -- What the person adds at the fork: the graph takes it up as one more message of theirs.
  added_input text,
  -- Replaces the persona version's model for this run.
  model_override jsonb
) with (fillfactor = 60);

create table public.run_steps (
  run_id uuid not null,
  persona_id uuid not null,
  seq int not null,
  kind text not null,
  data jsonb not null,
  duration_ms int,
  created_at timestamptz not null default platform.now(),
  primary key (run_id, seq)
);

-- The graph's checkpoints, one a segment (docs/architecture.md). `data` is what LangGraph's serializer made.
create table platform.checkpoints (
  run_id uuid not null,
  checkpoint_id text not null,
  parent_id text,
  segment int not null,
  data text not null,
  created_at timestamptz not null default platform.now(),
  primary key (run_id, checkpoint_id)
);

create unique index on public.runs (created_by, idempotency_key) where idempotency_key is not null;
create index on public.runs (workspace_id, created_at desc);
create index on public.runs (persona_id, created_at desc);
create index on public.runs (created_by, created_at desc) where created_by is not null;
create index on public.runs (parent_run_id) where parent_run_id is not null;
create index runs_live on public.runs (persona_id) where finished_at is null;
create unique index runs_once_per_due_time on public.runs (schedule_id, due_at) where due_at is not null;

alter table public.runs enable row level security;
alter table public.run_steps enable row level security;
alter table platform.checkpoints enable row level security;

create function platform.delete_run_rows() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  delete from public.run_steps s using deleted d where s.run_id = d.id;
  delete from public.llm_calls l using deleted d where l.run_id = d.id;
  delete from public.tool_runs t using deleted d where t.run_id = d.id;
  delete from platform.checkpoints c using deleted d where c.run_id = d.id;
  return null;
end
$$;

create trigger delete_run_rows after delete on public.runs
  referencing old table as deleted for each statement execute function platform.delete_run_rows();
