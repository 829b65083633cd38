-- What a worker writes about a run that it holds: it commits a segment, retries it or gives the run back. Also the guard
-- against runs that repeat the same calls forever.

-- Refuses (PP001) a worker that no longer owns the run.
create function platform.require_claim(r public.runs, fence int) returns void
language plpgsql
as $$
begin
  if r.status is distinct from 'running' or r.fence <> require_claim.fence then
    perform platform.refuse_stale('The run');
  end if;
end
$$;

-- Locks a run that the caller still owns.
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

-- Commits a segment in one transaction: checkpoint, steps, cost of the model call, and what comes next.
--
-- segment = {fence, checkpoint_id, parent_id, checkpoint, max_calls, outcome}
-- outcome = {
--   next: 'tools' | 'continue' | 'finish' | 'fail',
--   steps:  [{kind, data, duration_ms}]           e.g. searches for tools, in order
--   plan:   [{title, status}]                     if it changed
--   model_call: {id, text, thinking?, tool_calls: [{call_id, tool}], input_tokens, output_tokens, latency_ms, first_token_ms}
--   calls:  [{call_id, tool, arguments}]          with 'tools'
--   output: text                                  with 'finish'
--   reason, error: {code, message}                with 'fail'
-- }
-- Claims up to `max_calls` of the calls for `worker` at once. Calls with an effect are never claimed here: if the worker
-- dies, they have not begun, and no person needs to be asked. All calls that are not claimed go to the queue.
-- The answer is {status, waiting_for, resumed, reason, calls}: `resumed` is true if every call has its answer already, `calls`
-- are the claimed calls as claim_tools returns them. With 'continue' the status stays 'running' and the fence stays the same;
-- `messages` is then what people have said since.
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

-- The worker goes on with the next segment under the same message. The answer has what people have said since.
create function platform.keep_run(
  r public.runs, lease_seconds int, steps platform.new_step[], events platform.new_event[]
) returns platform.transition
language plpgsql
as $$
declare
  taken record := platform.take_messages(r);
begin
  perform platform.keep('runs_' || r.lane, r.msg_id, lease_seconds);
  return platform.transition(r, steps || taken.steps, events,
    jsonb_build_object('status', 'running', 'messages', taken.messages));
end
$$;

-- Tries a segment again after a retryable error and a delay, or fails the run if its attempts are used up. A rate limit does
-- not count as an attempt: the run waits longer each time, until its deadline.
-- error = {code, message}. Returns {status, reason?}.
create function platform.retry_run(run_id uuid, fence int, error jsonb, delay_seconds int) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs := platform.hold_run(run_id, fence);
  is_limited boolean := error ->> 'code' = 'model_rate_limited' and r.deadline_at is not null;
  delay int := delay_seconds;
begin
  if is_limited then
    delay := greatest(delay, platform.rate_limit_delay(r));
    if platform.now() + make_interval(secs => delay) >= r.deadline_at then
      return platform.save_one(platform.end_run(r, 'failed', error ->> 'code', null, error));
    end if;
  elsif r.attempts + 1 >= coalesce(platform.limit_of(r.persona_version_id, 'max_attempts'), 5) then
    return platform.save_one(platform.end_run(r, 'failed', error ->> 'code', null, error));
  else
    r.attempts := r.attempts + 1;
  end if;
  r.status := 'queued';
  r.cost := r.cost + platform.lose_model_calls(r);
  r.error := retry_run.error;
  perform platform.remove('runs_' || r.lane, r.msg_id);
  r.msg_id := platform.send_run(r, delay);
  return platform.save_one(platform.transition(r, array[
    platform.step('notice', jsonb_build_object('code', error ->> 'code',
      'message', format('%s Trying again in %s s.', error ->> 'message', delay))),
    platform.status_step('running', 'queued')], answer => '{"status": "queued"}'));
end
$$;

-- Seconds to wait after another rate limit in a row: doubled each time up to two minutes, then shortened by up to half at
-- random, so that runs do not come back at the same moment.
create function platform.rate_limit_delay(r public.runs) returns int
language sql volatile
as $$
  select ceil(least(120, 2 ^ least(count(*) + 1, 7)) * (1 - random() / 2))::int
  from public.run_steps s
  where s.run_id = r.id and s.kind = 'notice' and s.data ->> 'code' = 'model_rate_limited'
    and s.seq > coalesce((select max(m.seq) from public.run_steps m where m.run_id = r.id and m.kind = 'model'), 0)
$$;

-- Gives a claimed run back to the queue, unchanged, when its worker stops.
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

-- Why a run must end because it goes in circles or has used all its steps, as {code, message}; otherwise null.
--   step_limit      it reached `max_segments`
--   repeated_call   it made the same call with the same arguments `max_repeats` times before
--   no_progress     it made no new call in `max_idle_segments` segments in a row
-- `made_before`: how often the run has made each of the new calls before; null if there are no calls.
create function platform.runaway(r public.runs, made_before int[]) returns jsonb
language plpgsql stable
as $$
declare
  limits jsonb := (
    select a.default_limits || v.limits
    from public.persona_versions v join public.agents a on a.id = v.agent_id where v.id = r.persona_version_id);
begin
  if r.segment >= (limits ->> 'max_segments')::int then
    return jsonb_build_object('code', 'step_limit', 'message', format('The run used all of its %s steps without finishing.', r.segment));
  end if;
  if r.idle_segments >= coalesce((limits ->> 'max_idle_segments')::int, 10) then
    return jsonb_build_object('code', 'no_progress', 'message', 'The run did nothing new for too long, so it was ended.');
  end if;
  if coalesce((limits ->> 'max_repeats')::int, 5) <= any (made_before) then
    return jsonb_build_object('code', 'repeated_call', 'message', 'The run made the same call again and again, so it was ended.');
  end if;
  return null;
end
$$;

-- How often a run has made each of these calls with the same arguments before. A repeated question to people is allowed: its
-- count is 0 or null.
create function platform.made_before(run_id uuid, calls jsonb) returns int[]
language plpgsql stable
as $$
begin
  return (
    select array_agg((
      select case when c ->> 'tool' <> 'ask_human' or count(*) = 0 then count(*) end from public.tool_runs t
      where t.run_id = made_before.run_id and t.tool_name = c ->> 'tool'
        and t.arguments_hash = platform.hash_arguments(coalesce(c -> 'arguments', '{}'))))
    from jsonb_array_elements(calls) c
  );
end
$$;

grant execute on function
  platform.retry_run(uuid, int, jsonb, int),
  platform.release_run(uuid, int)
  to platform_executor;
