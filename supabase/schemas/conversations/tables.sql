-- Conversations: chains of runs of one persona, and what people said in them.
--
-- Every run that a person starts begins a conversation. A message to a run that has ended starts the next run of the same
-- conversation, its next turn, which continues the state of the run before. A message to a run under way is taken before its
-- next model call. Runs of schedules and webhooks begin no conversation; the first message to one of them opens it.
--
--   function              what it does                                          called by
--   open_conversation     gives a run its conversation                          start_run, messages to runs without one
--   public.send_message   adds a message to the run under way, or starts a run  people
--   take_messages         hands waiting messages to the next model call         begin_segment, keep_run
--   start_next_turn       starts a run with what an ended run did not take      end_run
--   public.retry_turn     replaces the last run of a conversation               people
--
-- A conversation has at most one live run. Whoever adds a run to it, or a message to its run, holds the lock of its last run.

create table public.conversations (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  persona_id uuid not null references public.personas (id) on delete cascade,
  title text not null check (length(title) between 1 and 200 and title ~ '\S'),
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default platform.now(),
  -- The last message of a person, or the last end of a run.
  last_activity_at timestamptz not null default platform.now(),
  archived_at timestamptz
);

-- What people said, in the order of `position`. The message that a run begins with has the id of the run.
create table public.conversation_messages (
  id uuid primary key default platform.uuid_v7(),
  conversation_id uuid not null references public.conversations (id) on delete cascade,
  -- As below runs (docs/adr/0010), these have no foreign keys.
  workspace_id uuid not null,
  persona_id uuid not null,
  -- The run that takes it. It changes when that run ends first: the message then goes to the next run.
  run_id uuid not null,
  position bigint generated always as identity,
  input text not null,
  -- As in `runs`.
  attachments jsonb not null default '[]',
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default platform.now(),
  -- When the run took it, and for which segment. It is in the checkpoint of that segment, and of all later ones.
  taken_at timestamptz,
  taken_segment int,
  idempotency_key text
);

create index on public.conversations (workspace_id, last_activity_at desc);
create index on public.conversations (persona_id, last_activity_at desc);
create index on public.conversations (created_by);
create index on public.conversation_messages (conversation_id, position);
create index on public.conversation_messages (run_id, position);
create index on public.conversation_messages (persona_id);
create index conversation_messages_waiting on public.conversation_messages (run_id) where taken_at is null;
create unique index on public.conversation_messages (created_by, idempotency_key);

alter table public.conversations enable row level security;
alter table public.conversation_messages enable row level security;
