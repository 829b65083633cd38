-- Runs and what belongs to them. Life cycle in 20261123000600_run_lifecycle.sql; shapes of steps in contracts/runs.ts.
--
-- What is written in each transition has no foreign keys to `runs` and above it: each would cost a look-up and a lock for
-- each row, though the transition holds the run's lock anyway. Workspace and persona are copies of the run's, for policies
-- and lists. Who deletes a run deletes its rows (platform.delete_run_rows).

-- Domains and not CHECKs where transitions write: PostgreSQL reads a table's CHECKs anew from their text in each statement.
create domain platform.run_status as text
  check (value in ('queued', 'running', 'waiting', 'completed', 'failed', 'cancelled'));
create domain platform.awaited as text check (value in ('tools', 'approval', 'human'));
create domain platform.run_source as text check (value in ('person', 'api', 'schedule', 'webhook', 'fork'));
create domain platform.lane as text check (value in ('interactive', 'normal', 'background'));
create domain platform.model_call_status as text check (value in ('started', 'succeeded', 'failed'));
create domain platform.tool_effect as text check (value in ('pure', 'idempotent', 'effect'));
create domain platform.tool_run_status as text check (
  value in ('queued', 'awaiting_approval', 'denied', 'started', 'succeeded', 'failed', 'unknown', 'cancelled'));

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

  cost numeric(14, 6) not null default 0,
  model_calls int not null default 0,
  input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,

  created_at timestamptz not null default platform.now(),
  started_at timestamptz,
  -- Null while the run is live. `status` itself stands in no index, so that most changes of a run rewrite none (HOT updates).
  finished_at timestamptz,
  -- When it is given up at the latest; waiting for a person does not count.
  deadline_at timestamptz,
  -- When something last moved: what the sweep looks at.
  progress_at timestamptz not null default platform.now()
) with (fillfactor = 60);
create unique index on public.runs (created_by, idempotency_key) where idempotency_key is not null;
create index on public.runs (workspace_id, created_at desc);
create index on public.runs (persona_id, created_at desc);
create index on public.runs (created_by, created_at desc) where created_by is not null;
create index on public.runs (parent_run_id) where parent_run_id is not null;
create index runs_live on public.runs (persona_id) where finished_at is null;

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

create table public.llm_calls (
  id uuid primary key default platform.uuid_v7(),
  run_id uuid not null,
  workspace_id uuid not null,
  persona_id uuid not null,
  segment int not null,
  provider text not null,
  model text not null,
  status platform.model_call_status not null default 'started',
  -- Worst case, held in `scopes` of platform.spend until the call is settled; then 0.
  reserved_cost numeric(14, 6) not null,
  scopes text[] not null default '{}',
  cost numeric(14, 6) not null default 0,
  input_tokens int not null default 0,
  output_tokens int not null default 0,
  latency_ms int,
  first_token_ms int,
  error jsonb,
  trace_id text not null,
  created_at timestamptz not null default platform.now(),
  finished_at timestamptz
) with (fillfactor = 50); -- each row is changed once, soon: with room beside it, its indexes are not
create index on public.llm_calls (run_id);
create index on public.llm_calls (workspace_id, created_at desc);
create index on public.llm_calls (persona_id, created_at desc);

create table public.tool_runs (
  id uuid primary key default platform.uuid_v7(),
  run_id uuid not null,
  workspace_id uuid not null,
  persona_id uuid not null,
  segment int not null,
  -- The model's own id of the call, unique in its segment.
  call_id text not null,
  position int not null,
  tool_id uuid references public.tools (id) on delete set null,
  tool_name text not null,
  arguments jsonb not null,
  arguments_hash text not null,
  effect platform.tool_effect not null,
  status platform.tool_run_status not null,
  -- Raised by every claim; the fence of a tool call.
  attempt int not null default 0,
  -- Null while the run's message is the call's lease.
  msg_id bigint,
  output jsonb,
  -- Large output stands in Storage; `output` then holds its beginning.
  output_path text,
  -- What the tool showed beside its output: contracts/tool-parts.ts. Images stand in Storage.
  parts jsonb,
  error jsonb,
  duration_ms int,
  created_at timestamptz not null default platform.now(),
  started_at timestamptz,
  finished_at timestamptz,
  unique (run_id, segment, call_id)
) with (fillfactor = 50);
create index on public.tool_runs (persona_id, created_at desc);
create index on public.tool_runs (tool_id);

create table public.approvals (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  persona_id uuid not null references public.personas (id) on delete cascade,
  run_id uuid not null references public.runs (id) on delete cascade,
  tool_run_id uuid not null references public.tool_runs (id) on delete cascade,
  -- approval: may this call run; question: ask_human; unknown_effect: did it happen or not.
  kind text not null check (kind in ('approval', 'question', 'unknown_effect')),
  question text not null,
  options jsonb not null default '[]',
  tool_name text not null,
  arguments jsonb not null,
  -- What is decided on are exactly these arguments.
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
create index on public.approvals (workspace_id, created_at desc) where status = 'pending';
create index on public.approvals (run_id);
create index on public.approvals (tool_run_id);
create index on public.approvals (persona_id);
create index on public.approvals (decided_by);
create index approvals_expiring on public.approvals (expires_at) where status = 'pending';

create table public.artifacts (
  id uuid primary key default platform.uuid_v7(),
  run_id uuid not null references public.runs (id) on delete cascade,
  tool_run_id uuid references public.tool_runs (id) on delete set null,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  persona_id uuid not null references public.personas (id) on delete cascade,
  name text not null,
  content_type text not null,
  size bigint not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  -- In the bucket `artifacts`: <workspace>/<persona>/<run>/<sha256>/<name>
  path text not null,
  created_at timestamptz not null default platform.now(),
  -- The same file from a repeated attempt is one artifact.
  unique (run_id, name, sha256)
);
create index on public.artifacts (workspace_id, created_at desc);
create index on public.artifacts (persona_id, created_at desc);
create index on public.artifacts (tool_run_id);

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

-- Messages that were read too often, or that name nothing: kept for the admin's page.
create table platform.dead_letters (
  id uuid primary key default platform.uuid_v7(),
  queue text not null,
  message jsonb not null,
  read_count int not null,
  error text not null,
  run_id uuid references public.runs (id) on delete cascade,
  -- The fence that the run was ended with for this message: while it is that, the run can be taken up again. Null when the
  -- run went on without it.
  fence int,
  created_at timestamptz not null default platform.now(),
  requeued_at timestamptz
);
create index on platform.dead_letters (created_at desc);
create index on platform.dead_letters (run_id);

alter table public.runs enable row level security;
alter table public.run_steps enable row level security;
alter table public.llm_calls enable row level security;
alter table public.tool_runs enable row level security;
alter table public.approvals enable row level security;
alter table public.artifacts enable row level security;
alter table platform.checkpoints enable row level security;
alter table platform.dead_letters enable row level security;

create policy "who sees a persona sees its runs" on public.runs
  for select to authenticated using (public.can_view_persona(persona_id));
create policy "who sees a persona sees its runs' steps" on public.run_steps
  for select to authenticated using (public.can_view_persona(persona_id));
create policy "who sees a persona sees its model calls" on public.llm_calls
  for select to authenticated using (public.can_view_persona(persona_id));
create policy "who sees a persona sees its tool calls" on public.tool_runs
  for select to authenticated using (public.can_view_persona(persona_id));
create policy "who sees a persona sees what it asks" on public.approvals
  for select to authenticated using (public.can_view_persona(persona_id));
create policy "who sees a persona sees what it made" on public.artifacts
  for select to authenticated using (public.can_view_persona(persona_id));

grant select on
  public.runs, public.run_steps, public.llm_calls, public.tool_runs, public.approvals, public.artifacts
  to authenticated;

-- Queues: one a lane and kind. pgmq has no priorities, so a claim drains the lanes in order (platform.lanes).
do $$
declare
  lane text;
begin
  foreach lane in array array['interactive', 'normal', 'background'] loop
    perform pgmq.create('runs_' || lane);
    perform pgmq.create('tools_' || lane);
  end loop;
end
$$;

-- What pgmq's send, read, set_vt and delete do, for these queues (docs/adr/0007-queue-statements.md): pgmq builds
-- its statements anew at each call, which costs more than running them. Here each queue has a branch of its own, whose
-- plan is kept. `%1$s` is the queue.
do $do$
declare
  changes text := $f$create function platform.%s returns void
    language plpgsql as $body$
    begin
      case queue %%s end case;
    end
    $body$$f$;
  functions text[] := array[
    -- Sends a message that may be read after `delay_seconds`.
    $f$create function platform.send(queue text, message jsonb, delay_seconds int default 0) returns bigint
    language plpgsql as $body$
    declare
      id bigint;
    begin
      case queue %s end case;
      return id;
    end
    $body$$f$,
    $b$when '%1$s' then
      insert into pgmq.q_%1$s (vt, message) values (clock_timestamp() + make_interval(secs => delay_seconds), message)
      returning msg_id into id;$b$,

    -- Reads up to `most` messages and hides them for the lease: [{queue, msg_id, read_ct, message}], in no order. By place
    -- and without a scan, which the planner takes for cheap in a queue of a few messages: there it reads all that is deleted.
    -- One that changes meanwhile is left to the next reader.
    $f$create function platform.read(queue text, lease_seconds int, most int) returns jsonb
    language plpgsql set enable_seqscan = off as $body$
    declare
      messages jsonb;
    begin
      case queue %s end case;
      return coalesce(messages, '[]');
    end
    $body$$f$,
    $b$when '%1$s' then
      with hidden as (
        update pgmq.q_%1$s q set vt = clock_timestamp() + make_interval(secs => lease_seconds), read_ct = q.read_ct + 1
        where q.ctid = any (array(
          select r.ctid from pgmq.q_%1$s r where r.vt <= clock_timestamp() order by r.msg_id limit most for update skip locked
        ))
        returning q.msg_id, q.read_ct, q.message
      )
      select jsonb_agg(jsonb_build_object('queue', queue, 'msg_id', h.msg_id, 'read_ct', h.read_ct, 'message', h.message))
      into messages from hidden h;$b$,

    -- Hides a message for so long from now on. One that another transaction works on is left to it: who prolongs many
    -- leases waits for nobody, so nobody can wait for them in a circle.
    format(changes, 'hide(queue text, msg_id bigint, seconds int)'),
    $b$when '%1$s' then
      update pgmq.q_%1$s set vt = clock_timestamp() + make_interval(secs => seconds)
      where ctid = (select q.ctid from pgmq.q_%1$s q where q.msg_id = hide.msg_id for update skip locked);$b$,

    -- Hides a message for the lease from now on and counts its readers anew: it stands for what comes next.
    format(changes, 'keep(queue text, msg_id bigint, lease_seconds int)'),
    $b$when '%1$s' then
      update pgmq.q_%1$s q set vt = clock_timestamp() + make_interval(secs => lease_seconds), read_ct = 0
      where q.msg_id = keep.msg_id;$b$,

    -- Removes a message.
    format(changes, 'remove(queue text, msg_id bigint)'),
    $b$when '%1$s' then
      delete from pgmq.q_%1$s q where q.msg_id = remove.msg_id;$b$
  ];
  queues text[] := array[
    'runs_interactive', 'tools_interactive', 'runs_normal', 'tools_normal', 'runs_background', 'tools_background'];
begin
  for f in 1 .. array_length(functions, 1) by 2 loop
    execute format(functions[f], (select string_agg(format(functions[f + 1], q), E'\n' order by n) from unnest(queues) with ordinality u(q, n)));
  end loop;
end
$do$;

-- A private topic `run:<id>` may be read by whom the run's persona is open to. Nobody but the platform sends on it.
create function public.can_follow_topic(topic text) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from public.runs r
    where topic ~ '^run:[0-9a-f-]{36}$'
      and r.id = nullif(substring(topic from '^run:([0-9a-f-]{36})$'), '')::uuid
      and public.can_view_persona(r.persona_id)
  )
$$;
grant execute on function public.can_follow_topic(text) to authenticated, service_role;
create policy "a run is followed by whom its persona is open to" on realtime.messages
  for select to authenticated using (public.can_follow_topic((select realtime.topic())));

-- What lists and badges follow by `postgres_changes`.
do $$
begin
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
  alter publication supabase_realtime add table public.runs, public.approvals, public.personas, public.artifacts;
end
$$;
