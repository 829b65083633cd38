-- Runs, their steps and checkpoints. The files start, claim, segments, ends and leases hold the life cycle of a run.
-- contracts/runs.ts has the shapes of steps.
--
-- Tables that every transition writes to have no foreign keys to `runs`, personas or workspaces: each key would cost a
-- look-up and a lock, and the transition holds the lock of the run anyway (docs/adr/0010). They copy the ids of the run's
-- workspace and persona, for policies and lists. platform.delete_run_rows deletes the rows of a deleted run.

-- These are domains, because PostgreSQL parses the CHECKs of a table again for every statement that writes to it.
create domain platform.run_status as text
  check (value in ('queued', 'running', 'waiting', 'completed', 'failed', 'cancelled'));

create domain platform.awaited as text check (value in ('tools', 'approval', 'human'));

create domain platform.run_source as text check (value in ('person', 'api', 'schedule', 'webhook', 'fork'));

create domain platform.lane as text check (value in ('interactive', 'normal', 'background'));

create table public.runs (
  id uuid primary key default platform.uuid_v7(),
  -- The persona's workspace and one of its versions. Neither can be deleted without the persona, so they need no foreign key.
  workspace_id uuid not null,
  persona_id uuid not null references public.personas (id) on delete cascade,
  persona_version_id uuid not null,
  status platform.run_status not null default 'queued',
  -- While several calls are open: 'tools' if any of them needs no person.
  waiting_for platform.awaited,
  -- Set on every ended run: 'done', 'cancelled', 'run_budget', 'model_error', 'demo_model_limit', 'time_limit' …
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
  -- The run that this one was forked from (source 'fork') or repeats (source 'person').
  parent_run_id uuid references public.runs (id) on delete set null,

  -- Every claim raises the fence. Writes that name an older fence are refused.
  fence int not null default 0,
  -- The only message that may move this run on; all others are stale. While the run waits for calls that its own worker
  -- claimed with the segment, this message is also their lease.
  msg_id bigint,
  worker text,
  -- The number of committed segments. Segment n + 1 gets the results of the calls of segment n.
  segment int not null default 0,
  step_count int not null default 0,
  -- How often the current segment ended in a retryable error.
  attempts int not null default 0,
  -- The number of segments in a row without a new call (platform.runaway).
  idle_segments int not null default 0,
  checkpoint_id text,

  cost platform.amount not null default 0,
  model_calls int not null default 0,
  input_tokens platform.token_sum not null default 0,
  output_tokens platform.token_sum not null default 0,

  created_at timestamptz not null default platform.now(),
  started_at timestamptz,
  -- Null while the run is live. No index contains `status`, so that most updates of a run change no index (HOT updates).
  finished_at timestamptz,
  -- When the run fails with `time_limit`. The time that it waits for a person does not count.
  deadline_at timestamptz,
  -- When the run last made progress. The sweep looks for runs without progress.
  progress_at timestamptz not null default platform.now(),
  schedule_id uuid references public.schedules (id) on delete set null,
  due_at timestamptz,
  -- The segment of the parent after which the fork starts; null if the run is no fork.
  forked_segment int,
  -- A message that the person added when they forked the run. It is in `conversation_messages` as well.
  added_input text,
  -- Replaces the persona version's model for this run.
  model_override jsonb,
  -- The conversation, and the place of the run in it: 1, 2, 3 … Null for a run of a schedule or webhook that nobody answered.
  conversation_id uuid references public.conversations (id) on delete set null,
  turn int,
  -- The run whose state this one begins with (platform.state_before).
  previous_run_id uuid references public.runs (id) on delete set null,
  -- The run that a person started instead, to try again.
  replaced_by uuid references public.runs (id) on delete set null,
  -- What lists call the run; null: by its input. A run that a webhook started is called by what came.
  title text check (length(title) <= 200)
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

-- The checkpoints of the graph, one per segment (docs/architecture.md). `data` comes from LangGraph's serializer.
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
create unique index on public.runs (conversation_id, turn);
create index on public.runs (previous_run_id) where previous_run_id is not null;
create index on public.runs (replaced_by) where replaced_by is not null;
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
  delete from public.conversation_messages m using deleted d where m.run_id = d.id;
  return null;
end
$$;

create trigger delete_run_rows after delete on public.runs
  referencing old table as deleted for each statement execute function platform.delete_run_rows();
