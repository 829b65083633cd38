-- The life of a run. One function for each change of state; each checks the old state, writes the new one, appends
-- steps and audit event, and sends the next message, in one transaction and one round trip.
--
--   start_run        -> queued                    (public.create_run, schedules, webhooks, forks)
--   claim_runs       queued|waiting|running -> running, fence + 1     the executor
--   begin_model_call    reserves the worst case                       the executor
--   commit_segment   running -> waiting | running | completed | failed the executor, names its fence
--   retry_run        running -> queued, later     retryable error     the executor, names its fence
--   release_run      running -> queued, now       worker drains       the executor, names its fence
--   public.cancel_run   any -> cancelled          people
--   sweep               any -> goes on or ends    nobody else did
--
-- Glossary. Segment: what happens between two checkpoints, one model call. Fence: counter raised by each claim.
-- Message: the run's one valid message is `runs.msg_id`; every other is stale and dropped. Lease: its visibility. It stays
-- the same from segment to segment, and for the calls between them, as long as the same worker goes on.

-- Reads on one message before it counts as poison: crashes of ten workers in a row on the same segment.
create function platform.max_reads() returns int language sql immutable return 10;

-- The order in which a claim looks at the lanes. One claim in eight starts from the back, so that none starves.
create function platform.lanes() returns text[]
language sql volatile
return case when random() < 0.125
  then array['background', 'normal', 'interactive']
  else array['interactive', 'normal', 'background']
end;

-- A limit of the persona's version, else of its agent. Null where neither sets it.
create function platform.limit_of(version_id uuid, name text) returns numeric
language plpgsql stable
as $$
begin
  return (
    select coalesce(v.limits ->> limit_of.name, a.default_limits ->> limit_of.name)::numeric
    from public.persona_versions v join public.agents a on a.id = v.agent_id
    where v.id = version_id
  );
end
$$;

-- A step as a transition notes it; `save` gives it its place and time.
create type platform.new_step as (kind text, data jsonb, duration_ms int);

create function platform.step(kind text, data jsonb, duration_ms int default null) returns platform.new_step
language sql stable
return row(kind, data, duration_ms)::platform.new_step;

create function platform.status_step(old_status text, new_status text, waiting_for text default null, reason text default null)
returns platform.new_step
language sql stable
return platform.step('status', jsonb_build_object(
  'from', old_status, 'to', new_status, 'waiting_for', waiting_for, 'reason', reason));

-- A model call whose worst case is reserved, and a checkpoint, as a transition brings them.
create type platform.new_model_call as (id uuid, segment int, provider text, model text, reserved_cost numeric, scopes text[]);
create type platform.new_checkpoint as (
  checkpoint_id text, parent_id text, segment int, data text, created_at timestamptz);

-- What comes of asking for a model call: what is reserved for it (one, or none) and what its worker is told of it,
-- {llm_call_id, input_tokens, max_output_tokens}; or `refused`, {stopped, cap}: the reason, and the cap that does not allow it.
create type platform.reservation as (calls platform.new_model_call[], told jsonb, refused jsonb);

-- What a change of state comes to: the run as it is from now on, what happened, and what the caller is told. The functions
-- that make one read the run under its lock and write what others of the transaction may look at (calls, messages, money);
-- `save` writes the rest, for all runs together.
create type platform.transition as (
  run public.runs, steps platform.new_step[], events platform.new_event[], checkpoints platform.new_checkpoint[],
  model_calls platform.new_model_call[], answer jsonb);

-- A transition, by what it has of these.
create function platform.transition(
  run public.runs, steps platform.new_step[] default '{}', events platform.new_event[] default '{}', answer jsonb default null,
  checkpoints platform.new_checkpoint[] default '{}', model_calls platform.new_model_call[] default '{}'
) returns platform.transition
language sql immutable
return row(run, steps, events, checkpoints, model_calls, answer)::platform.transition;

-- Ends transitions, each of another run: writes what happened and the runs back, together, and broadcasts the steps as one
-- event a run on its private topic. So a transition is one write of the row, however much happened in it. Rows are looked
-- up by key, whatever the planner thinks of their number.
create function platform.save(transitions platform.transition[]) returns void
language plpgsql set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
  sent bigint; -- for nobody: PERFORM takes no WITH that writes
begin
  with moved as (
    update public.runs r set
      status = (t.run).status, waiting_for = (t.run).waiting_for, reason = (t.run).reason, error = (t.run).error,
      output = (t.run).output, plan = (t.run).plan, fence = (t.run).fence, msg_id = (t.run).msg_id, worker = (t.run).worker,
      segment = (t.run).segment, step_count = (t.run).step_count + coalesce(cardinality(t.steps), 0),
      attempts = (t.run).attempts, idle_segments = (t.run).idle_segments, checkpoint_id = (t.run).checkpoint_id,
      cost = (t.run).cost, model_calls = (t.run).model_calls, input_tokens = (t.run).input_tokens,
      output_tokens = (t.run).output_tokens, started_at = (t.run).started_at, finished_at = (t.run).finished_at,
      deadline_at = (t.run).deadline_at, progress_at = platform.now()
    from unnest(transitions) t
    where r.id = (t.run).id
  ), audited as (
    insert into platform.audit_queue (workspace_id, actor_type, actor_id, action, data, persona_id, run_id, trace_id)
    select (t.run).workspace_id, e.actor_type, e.actor_id, e.action, e.data, (t.run).persona_id, (t.run).id, (t.run).trace_id
    from unnest(transitions) t cross join lateral unnest(t.events) e
  ), kept as (
    insert into platform.checkpoints (run_id, checkpoint_id, parent_id, segment, data, created_at)
    select (t.run).id, c.checkpoint_id, c.parent_id, c.segment, c.data, c.created_at
    from unnest(transitions) t cross join lateral unnest(t.checkpoints) c
  ), reserved as (
    insert into public.llm_calls (
      id, run_id, workspace_id, persona_id, segment, provider, model, reserved_cost, scopes, trace_id)
    select m.id, (t.run).id, (t.run).workspace_id, (t.run).persona_id, m.segment, m.provider, m.model, m.reserved_cost,
      m.scopes, (t.run).trace_id
    from unnest(transitions) t cross join lateral unnest(t.model_calls) m
  ), added as (
    insert into public.run_steps (run_id, persona_id, seq, kind, data, duration_ms)
    select (t.run).id, (t.run).persona_id, (t.run).step_count + s.n, s.kind, s.data || jsonb_build_object('kind', s.kind),
      s.duration_ms
    from unnest(transitions) t
    cross join lateral unnest(t.steps) with ordinality s (kind, data, duration_ms, n)
    returning run_id, seq, kind, data, duration_ms, created_at
  ), news as (
    select added.run_id, jsonb_agg(to_jsonb(added) order by added.seq) as steps from added group by added.run_id
  )
  select count(realtime.send(jsonb_build_object('steps', n.steps), 'steps', 'run:' || n.run_id)) into sent from news n;
end
$$;

-- Transitions and one more; it goes into the last one when both are of one run.
create function platform.and_then(transitions platform.transition[], next platform.transition) returns platform.transition[]
language plpgsql
as $$
declare
  last int := cardinality(transitions);
begin
  if last > 0 and (transitions[last].run).id = (next.run).id then
    transitions[last] := platform.transition(next.run, transitions[last].steps || next.steps,
      transitions[last].events || next.events, next.answer, transitions[last].checkpoints || next.checkpoints,
      transitions[last].model_calls || next.model_calls);
  elsif (next.run).id is not null then
    transitions[last + 1] := next;
  end if;
  return transitions;
end
$$;

-- Ends one transition and returns its answer.
create function platform.save_one(transition platform.transition) returns jsonb
language plpgsql
as $$
begin
  perform platform.save(array[transition]);
  return transition.answer;
end
$$;

-- Sends the run's next message and returns its id. The message before it is stale from then on: who holds it removes it, all
-- others leave it to the next claim, as a claim that has read it may be waiting for the run's lock.
create function platform.send_run(run public.runs, delay_seconds int default 0) returns bigint
language plpgsql
as $$
begin
  return platform.send('runs_' || run.lane, jsonb_build_object('run_id', run.id, 'trace_id', run.trace_id), delay_seconds);
end
$$;

-- Wakes idle workers for 'runs' or 'tools' (docs/adr/0003-messages.md). A NOTIFY makes all sessions that notify commit one
-- after the other, each with its fsync. So who finds another one about to notify leaves it to that: a worker that finds
-- work looks again a moment later (executor/engine/loop.ts).
create function platform.wake(kind text) returns void
language plpgsql
as $$
begin
  if pg_try_advisory_xact_lock(hashtext('platform.wake'), hashtext(kind)) then
    perform pg_notify('platform_work', kind);
  end if;
end
$$;

-- Inserts a run and sends its first message. Callers have checked who may.
create function platform.start_run(
  persona_id uuid, actor_id uuid, source text, input text,
  attachments jsonb default '[]', lane text default 'interactive', idempotency_key text default null,
  run_id uuid default platform.uuid_v7()
) returns public.runs
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  p public.personas;
  r public.runs;
  first_message bigint;
begin
  select * into p from public.personas where id = start_run.persona_id;
  r.id := start_run.run_id;
  r.lane := start_run.lane;
  r.trace_id := 'run-' || r.id;
  first_message := platform.send_run(r);
  insert into public.runs (
    id, workspace_id, persona_id, persona_version_id, input, attachments, source, lane, trace_id, msg_id,
    idempotency_key, created_by, step_count, deadline_at)
  values (
    r.id, p.workspace_id, p.id, p.current_version_id, start_run.input, start_run.attachments, start_run.source, r.lane,
    r.trace_id, first_message, start_run.idempotency_key, actor_id, 1,
    platform.now() + make_interval(secs => platform.limit_of(p.current_version_id, 'max_seconds')::double precision))
  on conflict (created_by, idempotency_key) where idempotency_key is not null do nothing
  returning * into r;
  if not found then
    perform platform.remove('runs_' || start_run.lane, first_message);
    return null;
  end if;
  -- not broadcast: nobody can follow a run that is not there yet
  insert into public.run_steps (run_id, persona_id, seq, kind, data)
  values (r.id, r.persona_id, 1, 'status', '{"kind": "status", "from": null, "to": "queued", "waiting_for": null, "reason": null}');
  perform platform.audit(r.workspace_id, case when actor_id is null then 'system' else 'person' end, actor_id,
    'run.created', jsonb_build_object('source', source, 'lane', r.lane), r.persona_id, r.id, r.trace_id);
  perform platform.wake('runs');
  return r;
end
$$;

-- How many runs stand against a limit: live ones of a workspace or persona, started ones of a person in a minute or of a
-- persona in an hour.
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

-- Whether a limit leaves no room for one more run. Near it, starts go one after the other, so that none passes it while
-- the one before is not committed yet. Far from it nobody waits: no more starts can be under way than there are
-- connections, each of one run, but for a schedule that makes up for a hundred missed times.
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

-- Why a persona may not start one more run now, as {status, code, message}, or null. Whoever asks starts the run in this
-- transaction or gives it up. Limits are looked at in one order, that of their locks.
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
      'message', format('This workspace works on %s runs already, which is its limit.', in_workspace));
  end if;
  if platform.is_full('minute', actor_id, per_minute) then
    return jsonb_build_object('status', 429, 'code', 'rate_limited',
      'message', format('More than %s runs in a minute. Wait a moment and try again.', per_minute));
  end if;
  if platform.is_full('hour', p.id, platform.limit_of(p.current_version_id, 'runs_per_hour')) then
    return jsonb_build_object('status', 429, 'code', 'rate_limited',
      'message', 'This persona started as many runs as it may in an hour. Wait, or raise its limit.');
  end if;
  if platform.is_full('persona', p.id, parallel) then
    return jsonb_build_object('status', 429, 'code', 'too_many_runs',
      'message', format('This persona works on %s runs already, which is its limit.', parallel));
  end if;
  return platform.budget_refusal(p);
end
$$;

-- Starts a run as the signed-in person. Returns {run, created}; with a known idempotency key the first run.
-- Refuses: persona_not_found, not_allowed, persona_not_active, rate_limited, too_many_runs, budget_exhausted,
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
    perform platform.refuse(404, 'persona_not_found', 'There is no such persona.');
  end if;
  if not public.can_use_persona(p.id) then
    perform platform.refuse(403, 'not_allowed', 'You may look at this persona, but not give it work.');
  end if;
  if length(btrim(coalesce(input, ''))) not between 1 and 100000 then
    perform platform.refuse(422, 'invalid_input', 'Say what is to be done, in 1 to 100,000 characters.');
  end if;
  if lane is null or lane not in ('interactive', 'normal', 'background') then
    perform platform.refuse(422, 'invalid_input', 'lane is interactive, normal or background.');
  end if;
  if length(idempotency_key) not between 1 and 200 then
    perform platform.refuse(422, 'invalid_input', 'An Idempotency-Key has 1 to 200 characters.');
  end if;
  if attachments is distinct from '[]' then
    perform platform.require_attachments(p, attachments);
  end if;
  refusal := platform.run_refusal(p, auth.uid());
  -- looked for after the limits, which may have waited for the first request with this key
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
  if r.id is null then -- the same key came twice at once, and the other one won
    select * into r from public.runs
    where created_by = auth.uid() and runs.idempotency_key = create_run.idempotency_key;
    return platform.known_run(r, p.id, input, attachments, lane);
  end if;
  return jsonb_build_object('run', platform.run_json(r), 'created', true);
end
$$;

-- The executor reads attachments with its own rights, so a path must be one of this persona, and a file must be there.
create function platform.require_attachments(p public.personas, attachments jsonb) returns void
language plpgsql stable
as $$
begin
  perform platform.require_valid(attachments, 'attachments');
  if exists (
    select from jsonb_array_elements(attachments) a
    where a.value ->> 'path' not like p.workspace_id || '/' || p.id || '/_%' or a.value ->> 'path' like '%/../%'
      or not exists (select from storage.objects o where o.bucket_id = 'attachments' and o.name = a.value ->> 'path')
  ) then
    perform platform.refuse(422, 'invalid_attachment', 'An attachment is not a file of this persona. Upload it first.');
  end if;
end
$$;

create function platform.known_run(r public.runs, persona_id uuid, input text, attachments jsonb, lane text) returns jsonb
language plpgsql stable
as $$
begin
  if (r.persona_id, r.input, r.attachments, r.lane)
    is distinct from (known_run.persona_id, known_run.input, known_run.attachments, known_run.lane) then
    perform platform.refuse(409, 'idempotency_key_reused', 'This Idempotency-Key was used for another request.');
  end if;
  return jsonb_build_object('run', platform.run_json(r), 'created', false);
end
$$;

-- A run as people see it, without the engine's own columns.
create function platform.run_json(r public.runs) returns jsonb
language sql stable
as $$
  select to_jsonb(r) - '{fence,msg_id,worker,attempts,idle_segments,checkpoint_id,progress_at,idempotency_key}'::text[]
$$;

-- ── the executor's side ─────────────────────────────────────────────────────────────────────────────────────────

-- Claims up to `most` messages of the queues of a kind, 'runs' or 'tools', lane by lane: together, or where that fails
-- each by itself, so that one that cannot be claimed holds up no other. What a moment later may succeed
-- (passes_by_itself) refuses them all.
create function platform.claim(kind text, worker text, most int, lease_seconds int, default_model jsonb default null)
returns jsonb
language plpgsql
as $$
declare
  messages jsonb;
  lane text;
  claimed jsonb := '[]';
begin
  loop
    messages := '[]';
    foreach lane in array platform.lanes() loop
      exit when jsonb_array_length(messages) >= most;
      messages := messages || platform.read(kind || '_' || lane, lease_seconds, most - jsonb_array_length(messages));
    end loop;
    if messages <> '[]' then
      claimed := platform.claim_together_or_each(kind, messages, worker, default_model);
    end if;
    -- what ended while it was in the queue takes no place away from what comes after it
    exit when claimed <> '[]' or jsonb_array_length(messages) < most;
  end loop;
  return claimed;
end
$$;

-- What fails together is claimed one by one; what fails alone is told.
create function platform.claim_together_or_each(kind text, messages jsonb, worker text, default_model jsonb) returns jsonb
language plpgsql
as $$
declare
  m jsonb;
  claimed jsonb := '[]';
begin
  begin
    return platform.claim_messages(kind, messages, worker, default_model);
  exception when others then
    if platform.passes_by_itself(sqlstate) then
      raise;
    end if;
    if jsonb_array_length(messages) = 1 then
      perform platform.claim_failed(messages -> 0 || jsonb_build_object('problem', sqlerrm));
      return claimed;
    end if;
  end;
  for m in select value from jsonb_array_elements(messages) order by value #>> '{message,run_id}' loop
    claimed := claimed || platform.claim_together_or_each(kind, jsonb_build_array(m), worker, default_model);
  end loop;
  return claimed;
end
$$;

-- Locks the runs that the messages name in the order of locks (see write_transitions), then claims what they are about.
create function platform.claim_messages(kind text, messages jsonb, worker text, default_model jsonb) returns jsonb
language plpgsql
as $$
declare
  m record;
  r public.runs;
  claim platform.transition;
  claims platform.transition[] := '{}';
  claimed jsonb := '[]';
begin
  for m in
    select item.*, held.run
    from (
      select * from jsonb_to_recordset(messages) as given (queue text, msg_id bigint, read_ct int, message jsonb)
      order by given.message ->> 'run_id'
    ) item
    left join lateral (
      select x as run from public.runs x where x.id = (item.message ->> 'run_id')::uuid for update
    ) held on true
    order by (held.run).workspace_id, (held.run).persona_id, (held.run).id, item.msg_id
  loop
    claim := claims[cardinality(claims)];
    if (claim.run).id = (m.run).id then
      r := claim.run;
    else
      r := m.run;
    end if;
    case kind
      when 'runs' then
        claim := platform.claim_run(m.queue, m.msg_id, m.read_ct, m.message, r, worker, default_model);
      when 'tools' then
        claim := platform.claim_tool(m.queue, m.msg_id, m.read_ct, m.message, r, worker);
    end case;
    claims := platform.and_then(claims, claim);
    claimed := claimed || coalesce(claim.answer, '[]');
  end loop;
  perform platform.save(claims);
  return claimed;
end
$$;

-- Claims up to `max_runs` runs. Returns [{run_id, fence, …}] with all that a segment needs, in one round trip. With
-- `default_model` (platform.models_of) the model call that each segment begins with is reserved already.
create function platform.claim_runs(worker text, max_runs int, lease_seconds int, default_model jsonb default null)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  return platform.claim('runs', worker, max_runs, lease_seconds, default_model);
end
$$;

-- A message whose claim raised holds up no other: it stays hidden for the lease and is tried again, as after a lost
-- worker, and is given up after as many tries. failed = {queue, msg_id, read_ct, message, problem}.
create function platform.claim_failed(failed jsonb) returns void
language plpgsql
as $$
begin
  raise warning 'message % of % cannot be claimed: %', failed ->> 'msg_id', failed ->> 'queue', failed ->> 'problem';
  if (failed ->> 'read_ct')::int >= platform.max_reads() then
    perform platform.give_up(failed ->> 'queue', (failed ->> 'msg_id')::bigint, (failed ->> 'read_ct')::int,
      failed -> 'message', 'internal', failed ->> 'problem');
  end if;
exception when others then
  raise warning 'message % of % cannot be given up: %', failed ->> 'msg_id', failed ->> 'queue', sqlerrm;
end
$$;

-- Puts a message among the dead letters, and fails its run with that reason.
create function platform.give_up(
  queue text, msg_id bigint, read_count int, message jsonb, reason text, problem text
) returns void
language plpgsql
as $$
declare
  r public.runs;
begin
  if pg_input_is_valid(message ->> 'run_id', 'uuid') then
    select * into r from public.runs where id = (message ->> 'run_id')::uuid for update;
  end if;
  if r.status in ('queued', 'running', 'waiting') then
    perform platform.end_whatever(r, reason, 'The work on this step was lost again and again.');
    select * into r from public.runs where id = r.id;
  end if;
  perform platform.remove(queue, msg_id);
  insert into platform.dead_letters (queue, message, read_count, error, run_id, fence)
  values (queue, message, read_count, problem, r.id, r.fence);
end
$$;

-- Fails a run, also one whose end cannot be written as it should be, so that it is not tried for ever: then without steps
-- and events, but with nothing left open.
create function platform.end_whatever(r public.runs, reason text, message text) returns void
language plpgsql
as $$
declare
  told jsonb := jsonb_build_object('code', reason, 'message', message);
begin
  perform platform.save_one(platform.end_run(r, 'failed', reason, null, told));
exception when others then
  if platform.passes_by_itself(sqlstate) then
    raise;
  end if;
  raise warning 'the end of run % cannot be written: %', r.id, sqlerrm;
  begin
    perform platform.lose_model_calls(r);
  exception when others then
    raise warning 'the reservations of run % cannot be settled: %', r.id, sqlerrm;
  end;
  update public.runs set status = 'failed', waiting_for = null, reason = end_whatever.reason, error = told,
    msg_id = null, fence = fence + 1, finished_at = platform.now()
  where id = r.id;
  update public.tool_runs set status = case when status = 'started' and effect = 'effect' then 'unknown' else 'cancelled' end
  where run_id = r.id and status in ('queued', 'awaiting_approval', 'started');
  update public.approvals set status = 'cancelled' where run_id = r.id and status = 'pending';
end
$$;

create function platform.claim_run(
  queue text, msg_id bigint, read_count int, message jsonb, r public.runs, worker text, default_model jsonb
) returns platform.transition
language plpgsql
as $$
declare
  step platform.new_step;
begin
  if r.msg_id is distinct from claim_run.msg_id or r.status in ('completed', 'failed', 'cancelled') then
    perform platform.remove(queue, claim_run.msg_id);
    return null;
  end if;
  if read_count > platform.max_reads() then
    perform platform.give_up(queue, msg_id, read_count, message, 'worker_lost', 'The worker was lost on this segment each time.');
    return null;
  end if;
  if r.status = 'waiting' and platform.waiting_for(r.id, r.segment - 1) is not null then
    return platform.hand_back_calls(r);
  end if;
  if r.status = 'running' then
    r.cost := r.cost + platform.lose_model_calls(r);
    step := platform.step('notice', jsonb_build_object(
      'code', 'taken_up_again', 'message', 'A worker was lost; the run goes on from its last checkpoint.'));
  else
    step := platform.status_step(r.status, 'running');
  end if;
  return platform.begin_segment(r, worker, array[step], '{}', default_model);
end
$$;

-- The run is this worker's from here on, whose lease its message is. The answer is all that a segment needs; to a worker
-- that has had the run until now, only what is new. `known` = {provider, model, prompt_bytes, max_output_tokens} is what that
-- one will call, and how long the prompt is without the new results.
-- The segment's model call is reserved; not where a cap does not allow the bound, which is looser than the worker's own: it
-- asks again with that.
create function platform.begin_segment(
  r public.runs, worker text, steps platform.new_step[], events platform.new_event[], default_model jsonb,
  known jsonb default null
) returns platform.transition
language plpgsql
as $$
declare
  segment jsonb;
  reserved platform.reservation;
begin
  r.status := 'running';
  r.waiting_for := null;
  r.fence := r.fence + 1;
  r.worker := begin_segment.worker;
  r.started_at := coalesce(r.started_at, platform.now());
  events := events || platform.audit_event('system', null, 'run.claimed', jsonb_build_object('fence', r.fence, 'worker', worker));
  if known is not null then
    segment := jsonb_build_object('fence', r.fence, 'segment', r.segment, 'tool_results', platform.results_of(r));
    reserved := platform.reserve_call(r, known ->> 'provider', known ->> 'model',
      (known ->> 'prompt_bytes')::int + 2 * octet_length(segment ->> 'tool_results'), (known ->> 'max_output_tokens')::int);
  else
    segment := platform.segment_of(r, default_model);
    if default_model is not null then
      reserved := platform.reserve_call(r, segment #>> '{models,0,provider}', segment #>> '{models,0,model}',
        platform.prompt_bound(segment, default_model),
        coalesce((segment #>> '{model,max_output_tokens}')::numeric, (default_model ->> 'max_output_tokens')::int)::int);
    end if;
  end if;
  return platform.transition(r, steps, events, segment || jsonb_build_object('reserved', reserved.told),
    model_calls => reserved.calls);
end
$$;

-- What a worker needs for a segment.
create function platform.segment_of(r public.runs, default_model jsonb) returns jsonb
language plpgsql stable
as $$
begin
  return (select jsonb_build_object(
    'run_id', r.id, 'fence', r.fence, 'segment', r.segment, 'attempts', r.attempts, 'trace_id', r.trace_id,
    'workspace_id', r.workspace_id, 'persona_id', r.persona_id, 'input', r.input, 'attachments', r.attachments,
    'plan', r.plan, 'created_at', r.created_at,
    'added_input', case when r.segment = r.forked_segment + 1 then r.added_input end,
    'persona', jsonb_build_object('name', p.name, 'description', p.description),
    'instructions', v.instructions, 'agent_id', v.agent_id, 'model', coalesce(r.model_override, v.model),
    'models', platform.models_of(coalesce(r.model_override, v.model), r.workspace_id, default_model),
    'checkpoint', (select jsonb_build_object('checkpoint_id', c.checkpoint_id, 'parent_id', c.parent_id, 'data', c.data)
      from platform.checkpoints c where c.run_id = r.id and c.checkpoint_id = r.checkpoint_id),
    'tool_results', platform.results_of(r))
    from public.persona_versions v join public.personas p on p.id = v.persona_id
    where v.id = r.persona_version_id);
end
$$;

-- How the calls of the segment before were answered, in their order; null when there were none.
create function platform.results_of(r public.runs) returns jsonb
language plpgsql stable
as $$
begin
  return (
    select jsonb_agg(jsonb_build_object(
        'call_id', t.call_id, 'tool', t.tool_name, 'status', t.status, 'output', t.output, 'parts', t.parts, 'error', t.error)
      order by t.position)
    from public.tool_runs t where t.run_id = r.id and t.segment = r.segment - 1);
end
$$;

-- A secret as it is stored; only the executor has the key.
create function platform.sealed_secret(s public.secrets) returns jsonb
language sql immutable
as $$
  select jsonb_build_object('name', s.name, 'key_id', s.key_id,
    'ciphertext', encode(s.ciphertext, 'base64'), 'nonce', encode(s.nonce, 'base64'))
$$;

-- The models that a persona may call, in order: [{provider, model, base_url, api_key}], for the executor only, the key
-- still encrypted. setting = {primary, fallbacks}, of names. 'default' is the first model of the workspace's default
-- provider; 'provider/model' names both; any other is a model of the provider that lists it, else of the default one.
-- Where the workspace has none, it is the installation's own: then without `base_url`.
-- default_model = {provider, model, max_output_tokens, prompt_bytes}: the installation's own model, how much a persona that
-- sets no limit may have it write, and how long every prompt is before anything of the run is in it.
create function platform.models_of(setting jsonb, workspace_id uuid, default_model jsonb) returns jsonb
language plpgsql stable
as $$
declare
  names jsonb := jsonb_build_array(coalesce(setting ->> 'primary', 'default')) || coalesce(setting -> 'fallbacks', '[]');
  wanted text;
  known text[] := '{}';
  found_one jsonb;
  models jsonb := '[]';
begin
  for place in 0 .. jsonb_array_length(names) - 1 loop
    wanted := names ->> place;
    continue when wanted = any (known);
    known := known || wanted;
    select jsonb_build_object(
      'provider', l.name, 'base_url', l.base_url, 'api_key', case when s.id is not null then platform.sealed_secret(s) end,
      'model', m.model, 'sees_images', m.model = any (l.vision_models)) into found_one
    from public.llm_providers l
    cross join lateral (select case
        when wanted = 'default' then l.models[1]
        when starts_with(wanted, l.name || '/') then substr(wanted, length(l.name) + 2)
        else wanted
      end as model) m
    left join public.secrets s on s.id = l.api_key_secret_id
    where l.workspace_id = models_of.workspace_id
      and case wanted when 'default' then l.is_default and l.models <> '{}'
        else starts_with(wanted, l.name || '/') or wanted = any (l.models) or l.is_default end
    order by starts_with(wanted, l.name || '/') desc, wanted = any (l.models) desc, l.name
    limit 1;
    models := models || coalesce(found_one, jsonb_build_object(
      'provider', coalesce(default_model ->> 'provider', 'default'),
      'model', case wanted when 'default' then default_model ->> 'model' else wanted end));
  end loop;
  return models;
end
$$;

-- An upper bound of a prompt's tokens: bytes of what it is made of, as JSON (executor/runs/model/tokens.ts). What tools answered
-- stands in it as JSON within JSON, which doubles it at most.
create function platform.prompt_bound(segment jsonb, default_model jsonb) returns int
language sql immutable
return (default_model ->> 'prompt_bytes')::int
  + octet_length((segment - '{checkpoint,models}'::text[])::text)
  + octet_length(coalesce((segment -> 'tool_results')::text, ''))
  + octet_length(coalesce(segment #>> '{checkpoint,data}', ''));

-- Makes sure that the caller still owns a run.
create function platform.require_claim(r public.runs, fence int) returns void
language plpgsql
as $$
begin
  if r.status is distinct from 'running' or r.fence <> require_claim.fence then
    perform platform.refuse_stale('The run');
  end if;
end
$$;

-- Locks the run that the caller still owns.
create function platform.hold_run(run_id uuid, fence int) returns public.runs
language plpgsql
as $$
declare
  r public.runs;
begin
  select * into r from public.runs where id = hold_run.run_id for update;
  perform platform.require_claim(r, fence);
  return r;
end
$$;

-- Commits a segment: checkpoint, steps, the model call's cost and what comes next, at once.
--
-- segment = {fence, checkpoint_id, parent_id, checkpoint, max_calls, outcome}
-- outcome = {
--   next: 'tools' | 'continue' | 'finish' | 'fail',
--   steps:  [{kind, data, duration_ms}]          lookups and the like, in order
--   plan:   [{title, status}]                     when it changed
--   model_call: {id, text, tool_calls: [{call_id, tool}], input_tokens, output_tokens, latency_ms, first_token_ms}
--   calls:  [{call_id, tool, arguments}]          with 'tools'
--   output: text                                  with 'finish'
--   reason, error: {code, message}                with 'fail'
-- }
-- Up to `max_calls` of the calls are claimed for `worker` at once; effects are not, so that a worker that dies here has
-- begun none, and nobody need be asked. What is not claimed this way is in the queue as always.
-- The answer is {status, waiting_for, resumed, reason, calls}: `resumed` says that every call was answered at once, `calls` are
-- those claimed, as claim_tools gives them. With 'continue' the status stays 'running' and the fence is the same.
create function platform.commit_segment(r public.runs, segment jsonb, worker text, lease_seconds int)
returns platform.transition
language plpgsql
as $$
declare
  outcome jsonb := segment -> 'outcome';
  next text := outcome ->> 'next';
  calls jsonb := coalesce(outcome -> 'calls', '[]');
  checkpoint platform.new_checkpoint;
  steps platform.new_step[];
  events platform.new_event[];
  settled record;
  made_before int[];
  stopped jsonb;
  moved platform.transition;
begin
  perform platform.require_claim(r, (segment ->> 'fence')::int);
  checkpoint := row(
    segment ->> 'checkpoint_id', segment ->> 'parent_id', r.segment, segment ->> 'checkpoint', platform.now());
  r.checkpoint_id := segment ->> 'checkpoint_id';
  r.segment := r.segment + 1;
  r.attempts := 0;
  if outcome ? 'model_call' then
    settled := platform.settle_model_call(r, outcome -> 'model_call');
    steps := steps || settled.step;
    events := events || settled.event;
    r.cost := r.cost + settled.cost;
    r.model_calls := r.model_calls + 1;
    r.input_tokens := r.input_tokens + settled.input_tokens;
    r.output_tokens := r.output_tokens + settled.output_tokens;
  end if;
  if outcome -> 'steps' <> '[]' then
    steps := steps || array(
      select platform.step(s ->> 'kind', s -> 'data', (s ->> 'duration_ms')::int) from jsonb_array_elements(outcome -> 'steps') s);
  end if;
  if outcome ? 'plan' then
    r.plan := outcome -> 'plan';
    steps := steps || platform.step('plan', jsonb_build_object('items', r.plan));
  end if;

  if next in ('tools', 'continue') then
    made_before := case when calls <> '[]' then platform.made_before(r.id, calls) end;
    r.idle_segments := case when 0 = any (made_before) then 0 else r.idle_segments + 1 end;
    stopped := platform.runaway(r, made_before);
  end if;
  if stopped is not null then
    moved := platform.end_run(r, 'failed', stopped ->> 'code', null, stopped, steps, events);
  else
    case next
      when 'tools' then
        moved := platform.enqueue_calls(r, calls, steps, events, worker, (segment ->> 'max_calls')::int, lease_seconds);
      when 'continue' then
        moved := platform.keep_run(r, lease_seconds, steps, events);
      when 'finish' then
        moved := platform.end_run(r, 'completed', 'done', outcome ->> 'output', null, steps, events);
      when 'fail' then
        moved := platform.end_run(r, 'failed', outcome ->> 'reason', null, outcome -> 'error', steps, events);
    end case;
  end if;
  moved.checkpoints := array[checkpoint];
  return moved;
end
$$;

-- The caller goes on with the next segment, under the same message.
create function platform.keep_run(
  r public.runs, lease_seconds int, steps platform.new_step[], events platform.new_event[]
) returns platform.transition
language plpgsql
as $$
begin
  perform platform.keep('runs_' || r.lane, r.msg_id, lease_seconds);
  return platform.transition(r, steps, events, '{"status": "running"}');
end
$$;

-- Ends a run, in whatever state it is: message gone, open calls and questions closed, reservations released. `steps` and
-- `events` are what the transition that ends it did until here.
create function platform.end_run(
  r public.runs, status text, reason text, output text, error jsonb,
  steps platform.new_step[] default '{}', events platform.new_event[] default '{}'
) returns platform.transition
language plpgsql
as $$
begin
  -- Its worker drops the message that it holds. Others leave it, and the next claim drops it: a claim that has read it
  -- may be waiting for this run's lock, and the two would wait for each other.
  if r.status = 'running' and end_run.status <> 'cancelled' then
    perform platform.remove('runs_' || r.lane, r.msg_id);
  end if;
  r.cost := r.cost + platform.lose_model_calls(r);
  if end_run.status <> 'completed' then
    steps := steps || platform.close_calls(r);
  end if;
  steps := steps || platform.status_step(r.status, end_run.status, null, end_run.reason);
  events := events
    || platform.audit_event('system', null, 'run.' || end_run.status, jsonb_build_object('reason', end_run.reason));
  r.status := end_run.status;
  r.waiting_for := null;
  r.reason := end_run.reason;
  r.output := end_run.output;
  r.error := end_run.error;
  r.msg_id := null;
  r.fence := r.fence + 1;
  r.finished_at := platform.now();
  perform platform.emit(r.workspace_id, r.persona_id, 'run.' || end_run.status, jsonb_build_object(
    'run_id', r.id, 'persona_id', r.persona_id, 'status', end_run.status, 'reason', end_run.reason, 'trace_id', r.trace_id));
  return platform.transition(r, steps, events, jsonb_build_object('status', end_run.status, 'reason', end_run.reason));
end
$$;

-- Closes what a run that ends early left open. A started effect becomes unknown: nobody can say that it did not happen,
-- unless its result comes in late (record_late_result).
create function platform.close_calls(r public.runs) returns platform.new_step[]
language plpgsql
as $$
declare
  steps platform.new_step[];
begin
  with closed as (
    update public.tool_runs t set
      status = case when t.status = 'started' and t.effect = 'effect' then 'unknown' else 'cancelled' end,
      error = case when t.status = 'started' and t.effect = 'effect' then
        '{"code": "outcome_unknown", "message": "The run ended while this was under way. Nobody knows whether it happened."}'
        else t.error end,
      finished_at = platform.now()
    where t.run_id = r.id and t.status in ('queued', 'awaiting_approval', 'started')
    returning t.*
  )
  select coalesce(array_agg(platform.tool_step(c)), '{}') into steps from closed c;
  update public.approvals set status = 'cancelled' where run_id = r.id and status = 'pending';
  return steps;
end
$$;

-- A retryable error: the segment is tried again after the delay, or the run fails when its attempts are used up.
-- error = {code, message}. Returns {status, reason?}.
create function platform.retry_run(run_id uuid, fence int, error jsonb, delay_seconds int) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs := platform.hold_run(run_id, fence);
begin
  if r.attempts + 1 >= coalesce(platform.limit_of(r.persona_version_id, 'max_attempts'), 5) then
    return platform.save_one(platform.end_run(r, 'failed', error ->> 'code', null, error));
  end if;
  r.status := 'queued';
  r.cost := r.cost + platform.lose_model_calls(r);
  r.attempts := r.attempts + 1;
  r.error := retry_run.error;
  perform platform.remove('runs_' || r.lane, r.msg_id);
  r.msg_id := platform.send_run(r, delay_seconds);
  return platform.save_one(platform.transition(r, array[
    platform.step('notice', jsonb_build_object('code', error ->> 'code',
      'message', format('%s Trying again in %s s.', error ->> 'message', delay_seconds))),
    platform.status_step('running', 'queued')], answer => '{"status": "queued"}'));
end
$$;

-- Hands a claimed run back, untouched, to whoever is next: a worker that drains.
create function platform.release_run(run_id uuid, fence int) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs := platform.hold_run(run_id, fence);
begin
  r.status := 'queued';
  r.cost := r.cost + platform.lose_model_calls(r);
  perform platform.remove('runs_' || r.lane, r.msg_id);
  r.msg_id := platform.send_run(r);
  perform platform.save_one(platform.transition(r, array[platform.status_step('running', 'queued')]));
  perform platform.wake('runs');
end
$$;

-- Ends a fatal error before a checkpoint could be made (no model, bad configuration). error = {code, message}.
create function platform.fail_run(run_id uuid, fence int, error jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  return platform.save_one(platform.end_run(platform.hold_run(run_id, fence), 'failed', error ->> 'code', null, error));
end
$$;

-- Keeps what a worker holds. runs = [{id, fence}], tools = [{id, attempt}]; returns {runs: [id], tools: [id]} of
-- those that it does not own any more (cancelled, or claimed by another), so that it stops working on them.
create function platform.heartbeat(runs jsonb, tools jsonb, lease_seconds int) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  lost_runs jsonb;
  lost_tools jsonb;
begin
  with held as (
    select (h ->> 'id')::uuid as id, (h ->> 'fence')::int as fence from jsonb_array_elements(runs) h
  ), kept as (
    select r.id, r.fence, platform.hide('runs_' || r.lane, r.msg_id, lease_seconds)
    from held join public.runs r using (id, fence) where r.status = 'running'
  )
  select coalesce(jsonb_agg(held.id), '[]') into lost_runs
  from held left join kept using (id, fence) where kept.id is null;

  with held as (
    select (h ->> 'id')::uuid as id, (h ->> 'attempt')::int as attempt from jsonb_array_elements(tools) h
  ), kept as (
    select t.id, t.attempt, platform.hide(
      case when t.msg_id is null then 'runs_' else 'tools_' end || r.lane, coalesce(t.msg_id, r.msg_id), lease_seconds)
    from held join public.tool_runs t using (id, attempt) join public.runs r on r.id = t.run_id
    where t.status = 'started'
  )
  select coalesce(jsonb_agg(held.id), '[]') into lost_tools
  from held left join kept using (id, attempt) where kept.id is null;

  return jsonb_build_object('runs', lost_runs, 'tools', lost_tools);
end
$$;

-- Cancels a run in any state; a running tool hears of it by the notification. Cancelling twice is no error.
-- Refuses: run_not_found, not_allowed, run_finished.
create function public.cancel_run(run_id uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs;
begin
  select * into r from public.runs where id = cancel_run.run_id for update;
  if not found or not public.can_view_persona(r.persona_id) then
    perform platform.refuse(404, 'run_not_found', 'There is no such run.');
  end if;
  if not public.can_use_persona(r.persona_id) then
    perform platform.refuse(403, 'not_allowed', 'You may look at this run, but not cancel it.');
  end if;
  if r.status in ('completed', 'failed') then
    perform platform.refuse(409, 'run_finished', format('The run is %s already.', r.status));
  end if;
  if r.status <> 'cancelled' then
    perform platform.save_one(platform.end_run(r, 'cancelled', 'cancelled', null, null,
      events => array[platform.audit_event('person', auth.uid(), 'run.cancel_requested')]));
    perform pg_notify('platform_cancel', r.id::text);
    select * into r from public.runs where id = cancel_run.run_id;
  end if;
  return platform.run_json(r);
end
$$;

-- Ends every state that nobody else ends. Run by each executor four times a minute; one at a time, the others return at
-- once. What cannot be done for one run is told, and tried again the next time. Returns {resent, timed_out, expired}.
create function platform.sweep(grace_seconds int default 30) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs;
  resent int := 0;
  timed_out int := 0;
  expired int := 0;
begin
  if not pg_try_advisory_xact_lock(hashtext('platform.sweep')) then
    return jsonb_build_object('resent', 0, 'timed_out', 0, 'expired', 0);
  end if;
  -- past its time; a run that waits for a person may take as long as the person
  for r in
    select * from public.runs
    where finished_at is null and deadline_at < platform.now()
      and coalesce(waiting_for, 'tools') = 'tools'
    for update skip locked
  loop
    begin
      perform platform.end_whatever(r, 'time_limit', 'The run took longer than its persona allows.');
      perform pg_notify('platform_cancel', r.id::text);
      timed_out := timed_out + 1;
    exception when others then
      raise warning 'run % cannot be ended: %', r.id, sqlerrm;
    end;
  end loop;
  -- live, without progress, and without a message that would move it on
  for r in
    select * from public.runs
    where finished_at is null and coalesce(waiting_for, 'tools') = 'tools'
      and progress_at < platform.now() - make_interval(secs => grace_seconds)
    order by progress_at limit 1000
    for update skip locked
  loop
    begin
      resent := resent + platform.mend_run(r);
    exception when others then
      raise warning 'run % cannot be mended: %', r.id, sqlerrm;
    end;
  end loop;
  expired := platform.expire_approvals();
  perform platform.resolve_cap_alerts();
  return jsonb_build_object('resent', resent, 'timed_out', timed_out, 'expired', expired);
end
$$;

-- Sends again what a run lacks: its own message, or those of its queued and started calls. Returns how many.
create function platform.mend_run(r public.runs) returns int
language plpgsql
as $$
declare
  t public.tool_runs;
  has_message boolean := platform.has_message('runs_' || r.lane, r.msg_id);
  sent int := 0;
begin
  if r.status in ('queued', 'running') then
    if not has_message then
      r.msg_id := platform.send_run(r);
      perform platform.save_one(platform.transition(r));
      sent := 1;
    end if;
    return sent;
  end if;
  for t in
    select * from public.tool_runs where run_id = r.id and status in ('queued', 'started') for update
  loop
    if not (t.msg_id is null and has_message) and not platform.has_message('tools_' || r.lane, t.msg_id) then
      update public.tool_runs set msg_id = platform.send_call(r, t.id) where id = t.id;
      sent := sent + 1;
    end if;
  end loop;
  if not has_message and platform.save_one(platform.resume_when_answered(r)) -> 'resumed' = 'true' then
    sent := sent + 1;
  end if;
  return sent;
end
$$;

create function platform.has_message(queue text, msg_id bigint) returns boolean
language plpgsql stable
as $$
declare
  found_one boolean;
begin
  execute format('select exists (select from pgmq.%I where msg_id = $1)', 'q_' || queue) into found_one using msg_id;
  return found_one;
end
$$;

grant execute on function
  platform.start_run(uuid, uuid, text, text, jsonb, text, text, uuid),
  platform.claim_runs(text, int, int, jsonb),
  platform.retry_run(uuid, int, jsonb, int),
  platform.release_run(uuid, int),
  platform.fail_run(uuid, int, jsonb),
  platform.heartbeat(jsonb, jsonb, int),
  platform.sweep(int)
  to platform_executor;
grant execute on function public.create_run(uuid, text, jsonb, text, text), public.cancel_run(uuid) to authenticated;
