-- How a run begins: `create_run` for people, `start_run` for schedules, webhooks and forks.
--
-- The life cycle of a run. Each change of state is one function, in one transaction and one round trip: it checks the old
-- state, writes the new one, appends steps and the audit event, and sends the next message.
--
--   function           change of state                             called by
--   start_run          -> queued                                   people, schedules, webhooks, forks
--   claim_runs         queued|waiting|running -> running, fence+1  the executor
--   begin_model_call   reserves the highest possible cost          the executor
--   commit_segment     running -> waiting|running|completed|failed the executor, with its fence
--   retry_run          running -> queued, after a delay            the executor, after a retryable error
--   release_run        running -> queued, at once                  a worker that stops
--   public.cancel_run  any -> cancelled                            people
--   sweep              any -> moves on or ends                     the executor, for runs that are stuck
--
-- Segment: what happens between two checkpoints, i.e. one model call. Fence: a counter that each claim raises. Message: the
-- only valid message of a run is `runs.msg_id`; all others are stale and are dropped. Lease: how long a message is hidden.
-- While the same worker goes on with a run, the message stays the same for all segments and the calls between them.

-- Sends the next message of a run and returns its id. The old message is now stale. Its holder removes it; everybody else
-- leaves it to the next claim, because a claim that has read it may be waiting for the lock of the run.
create function platform.send_run(run public.runs, delay_seconds int default 0) returns bigint
language plpgsql
as $$
begin
  return platform.send('runs_' || run.lane, jsonb_build_object('run_id', run.id, 'trace_id', run.trace_id), delay_seconds);
end
$$;

-- Inserts a run and sends its first message. The caller has checked the rights. Returns null if a run with this idempotency
-- key exists. `previous` is the last run of a conversation that the run continues, and that the caller has locked. Without
-- it, a run that a person starts begins a conversation.
create function platform.start_run(
  persona_id uuid, actor_id uuid, source text, input text,
  attachments jsonb default '[]', lane text default 'interactive', idempotency_key text default null,
  run_id uuid default platform.uuid_v7(), previous public.runs default null
) returns public.runs
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  p public.personas;
  r public.runs;
  conversation uuid;
  first_message bigint;
begin
  select * into p from public.personas where id = start_run.persona_id;
  r.id := start_run.run_id;
  r.lane := start_run.lane;
  r.trace_id := 'run-' || r.id;
  r.turn := 1;
  if previous.conversation_id is not null then
    r.conversation_id := previous.conversation_id;
    r.turn := previous.turn + 1;
  elsif source not in ('schedule', 'webhook') then
    r.conversation_id := platform.new_conversation(p.workspace_id, p.id, actor_id, input);
  end if;
  conversation := r.conversation_id;
  first_message := platform.send_run(r);
  insert into public.runs (
    id, workspace_id, persona_id, persona_version_id, input, attachments, source, lane, trace_id, msg_id,
    idempotency_key, created_by, step_count, conversation_id, turn, previous_run_id, plan, model_override, deadline_at)
  values (
    r.id, p.workspace_id, p.id, p.current_version_id, start_run.input, start_run.attachments, start_run.source, r.lane,
    r.trace_id, first_message, start_run.idempotency_key, actor_id, 1,
    r.conversation_id, case when r.conversation_id is not null then r.turn end, previous.id, coalesce(previous.plan, '[]'),
    previous.model_override,
    platform.now() + make_interval(secs => platform.limit_of(p.current_version_id, 'max_seconds')::double precision))
  on conflict (created_by, idempotency_key) where idempotency_key is not null do nothing
  returning * into r;
  if not found then
    perform platform.remove('runs_' || start_run.lane, first_message);
    delete from public.conversations where id = conversation;
    return null;
  end if;
  if r.conversation_id is not null then
    perform platform.save_first_message(r);
  end if;
  -- no broadcast: nobody can follow the run before this transaction commits
  insert into public.run_steps (run_id, persona_id, seq, kind, data)
  values (r.id, r.persona_id, 1, 'status', '{"kind": "status", "from": null, "to": "queued", "waiting_for": null, "reason": null}');
  perform platform.audit(r.workspace_id, case when actor_id is null then 'system' else 'person' end, actor_id,
    'run.created', jsonb_strip_nulls(jsonb_build_object(
      'source', source, 'lane', r.lane, 'conversation_id', r.conversation_id, 'turn', r.turn)), r.persona_id, r.id, r.trace_id);
  perform platform.wake('runs');
  return r;
end
$$;

-- The number of runs that count for a limit: live runs of a workspace or persona, runs that a person started in the last
-- minute, or runs of a persona in the last hour.
create function platform.count_runs(counted text, id uuid) returns bigint
language plpgsql
as $$
begin
  return case counted
    when 'workspace' then (
      select count(*) from public.personas p join public.runs r on r.persona_id = p.id and r.finished_at is null
      where p.workspace_id = count_runs.id)
    when 'persona' then (select count(*) from public.runs r where r.persona_id = count_runs.id and r.finished_at is null)
    when 'minute' then (
      select count(*) from public.runs r
      where r.created_by = count_runs.id and r.created_at > platform.now() - interval '1 minute')
    when 'hour' then (
      select count(*) from public.runs r
      where r.persona_id = count_runs.id and r.created_at > platform.now() - interval '1 hour')
  end;
end
$$;

-- Whether a limit allows no further run. Close to the limit a lock makes starts wait for each other, so that uncommitted
-- starts cannot exceed it together. Far from it no start waits: at most `max_connections` starts can be under way, each of
-- one run, except for one schedule that makes up for up to a hundred missed times.
create function platform.is_full(counted text, id uuid, most numeric) returns boolean
language plpgsql
as $$
begin
  if most is null or most - platform.count_runs(counted, id) > current_setting('max_connections')::int + 100 then
    return false;
  end if;
  perform pg_advisory_xact_lock(hashtextextended(counted || ':' || id, 0));
  return platform.count_runs(counted, id) >= most;
end
$$;

-- Why a persona may not start another run now, as {status, code, message}; null if it may. The caller must start the run in
-- the same transaction. Limits are always checked in this order, because each check may take a lock.
create function platform.run_refusal(p public.personas, actor_id uuid) returns jsonb
language plpgsql
as $$
declare
  workspace jsonb := (select w.limits from public.workspaces w where w.id = p.workspace_id);
  per_minute int := coalesce((workspace ->> 'runs_per_minute')::int, 60);
  in_workspace int := (workspace ->> 'parallel_runs')::int;
  parallel int := platform.limit_of(p.current_version_id, 'max_parallel_runs');
begin
  if p.status <> 'active' then
    return jsonb_build_object('status', 409, 'code', 'persona_not_active',
      'message', format('This persona is %s. Activate it to start runs.', p.status));
  end if;
  if platform.is_full('workspace', p.workspace_id, in_workspace) then
    return jsonb_build_object('status', 429, 'code', 'too_many_runs',
      'message', format('This workspace has as many live runs as its limit allows (%s). Wait until one has ended, or cancel one.',
        in_workspace));
  end if;
  if platform.is_full('minute', actor_id, per_minute) then
    return jsonb_build_object('status', 429, 'code', 'rate_limited',
      'message', format('You have started as many runs as the limit per minute allows (%s). Wait a moment and try again.', per_minute));
  end if;
  if platform.is_full('hour', p.id, platform.limit_of(p.current_version_id, 'runs_per_hour')) then
    return jsonb_build_object('status', 429, 'code', 'rate_limited',
      'message', 'This persona has started as many runs as it may in one hour. Wait, or raise its limit.');
  end if;
  if platform.is_full('persona', p.id, parallel) then
    return jsonb_build_object('status', 429, 'code', 'too_many_runs',
      'message', format('This persona has as many live runs as its limit allows (%s). Wait until one has ended, or cancel one.',
        parallel));
  end if;
  return platform.budget_refusal(p);
end
$$;

-- Refuses what run_refusal says against another run of the persona.
create function platform.require_room(p public.personas) returns void
language plpgsql
as $$
declare
  refusal jsonb := platform.run_refusal(p, auth.uid());
begin
  if refusal is not null then
    perform platform.refuse((refusal ->> 'status')::int, refusal ->> 'code', refusal ->> 'message');
  end if;
end
$$;

-- A run that the signed-in person may see.
create function platform.require_run(run_id uuid) returns public.runs
language plpgsql stable
as $$
declare
  r public.runs;
begin
  select * into r from public.runs where id = require_run.run_id;
  if r.id is null or not public.can_view_persona(r.persona_id) then
    perform platform.refuse(404, 'run_not_found', 'This run does not exist, or you may not see it.');
  end if;
  return r;
end
$$;

-- Starts a run as the signed-in person. Returns {run, created}. A repeated idempotency key returns the first run.
-- Refuses: persona_not_found, scope_missing, not_allowed, persona_not_active, rate_limited, too_many_runs, budget_exhausted,
-- invalid_input, invalid_attachment, idempotency_key_reused.
create function public.create_run(
  persona_id uuid, input text, attachments jsonb default '[]', idempotency_key text default null,
  lane text default 'interactive'
) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas;
  r public.runs;
  refusal jsonb;
begin
  select * into p from public.personas where id = create_run.persona_id;
  if not found or not public.can_view_persona(p.id) then
    perform platform.refuse(404, 'persona_not_found', 'This persona does not exist, or you may not see it.');
  end if;
  perform platform.require_scope('runs:write', p.workspace_id);
  if not public.can_use_persona(p.id) then
    perform platform.refuse(403, 'not_allowed', 'You may see this persona, but not give it work. Ask one of its owners to share it with you.');
  end if;
  if length(btrim(coalesce(input, ''))) not between 1 and 100000 then
    perform platform.refuse(422, 'invalid_input', 'Describe the work in 1 to 100,000 characters.');
  end if;
  if lane is null or lane not in ('interactive', 'normal', 'background') then
    perform platform.refuse(422, 'invalid_input', 'lane must be interactive, normal or background.');
  end if;
  if length(idempotency_key) not between 1 and 200 then
    perform platform.refuse(422, 'invalid_input', 'An Idempotency-Key must have 1 to 200 characters.');
  end if;
  if attachments is distinct from '[]' then
    perform platform.require_attachments(p, attachments);
  end if;
  refusal := platform.run_refusal(p, auth.uid());
  -- after the limits, because their locks may have waited for the first request with this key
  if idempotency_key is not null then
    select * into r from public.runs
    where created_by = auth.uid() and runs.idempotency_key = create_run.idempotency_key;
    if found then
      return platform.known_run(r, p.id, input, attachments, lane);
    end if;
  end if;
  if refusal is not null then
    perform platform.refuse((refusal ->> 'status')::int, refusal ->> 'code', refusal ->> 'message');
  end if;
  r := platform.start_run(p.id, auth.uid(), 'person', input, attachments, lane, idempotency_key);
  if r.id is null then -- a concurrent request with the same key was faster
    select * into r from public.runs
    where created_by = auth.uid() and runs.idempotency_key = create_run.idempotency_key;
    return platform.known_run(r, p.id, input, attachments, lane);
  end if;
  return jsonb_build_object('run', platform.run_json(r), 'created', true);
end
$$;

-- Refuses attachments that are not files of this persona, because the executor reads them with its own rights. The size in
-- Storage counts as well as the size that the caller gives; 50 MB is MAX_FILE_BYTES in contracts/tool.ts.
create function platform.require_attachments(p public.personas, attachments jsonb) returns void
language plpgsql stable
as $$
declare
  max_bytes constant bigint := 50 * 1024 * 1024;
  too_large text;
begin
  perform platform.require_valid(attachments, 'attachments');
  if exists (
    select from jsonb_array_elements(attachments) a
    where a.value ->> 'path' not like p.workspace_id || '/' || p.id || '/_%' or a.value ->> 'path' like '%/../%'
      or not exists (select from storage.objects o where o.bucket_id = 'attachments' and o.name = a.value ->> 'path')
  ) then
    perform platform.refuse(422, 'invalid_attachment', 'An attachment is not a file of this persona. Upload it first.');
  end if;
  select a.value ->> 'name' into too_large
  from jsonb_array_elements(attachments) a
  join storage.objects o on o.bucket_id = 'attachments' and o.name = a.value ->> 'path'
  where greatest((o.metadata ->> 'size')::numeric, (a.value ->> 'size')::numeric) > max_bytes
  limit 1;
  if found then
    perform platform.refuse(413, 'attachment_too_large',
      format('The file %s is too large. An attachment may have at most 50 MB.', too_large));
  end if;
end
$$;

create function platform.known_run(r public.runs, persona_id uuid, input text, attachments jsonb, lane text) returns jsonb
language plpgsql stable
as $$
begin
  if (r.persona_id, r.input, r.attachments, r.lane)
    is distinct from (known_run.persona_id, known_run.input, known_run.attachments, known_run.lane) then
    perform platform.refuse(409, 'idempotency_key_reused', 'This Idempotency-Key was already used for a different request. Use a new key.');
  end if;
  return jsonb_build_object('run', platform.run_json(r), 'created', false);
end
$$;

-- Starts the work of a run again, with the persona's current version. Returns and refuses what create_run does.
create function public.repeat_run(run_id uuid, idempotency_key text default null) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  first public.runs;
  r public.runs;
  started jsonb;
begin
  select * into first from public.runs where id = repeat_run.run_id;
  if first.id is null or not public.can_view_persona(first.persona_id) then
    perform platform.refuse(404, 'run_not_found', 'This run does not exist, or you may not see it.');
  end if;
  started := public.create_run(first.persona_id, first.input, first.attachments, idempotency_key, first.lane);
  if not (started ->> 'created')::boolean then
    return started;
  end if;
  update public.runs set parent_run_id = first.id, title = first.title
  where id = (started #>> '{run,id}')::uuid returning * into r;
  return jsonb_build_object('run', platform.run_json(r), 'created', true);
end
$$;

-- A run as people see it, without the internal columns.
create function platform.run_json(r public.runs) returns jsonb
language sql stable
as $$
  select to_jsonb(r) - '{fence,msg_id,worker,attempts,idle_segments,checkpoint_id,progress_at,idempotency_key}'::text[]
$$;

grant execute on function platform.start_run(uuid, uuid, text, text, jsonb, text, text, uuid, public.runs) to platform_executor;

grant execute on function public.create_run(uuid, text, jsonb, text, text), public.repeat_run(uuid, text) to authenticated;
