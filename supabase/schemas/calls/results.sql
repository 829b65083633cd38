-- What an executor writes about a call that it holds: its result, a retry, or a result that came late.

-- Writes the result of a call that this worker started. finished = {tool_run_id, attempt, claims_run, known?, result}:
-- `claims_run` is true if the worker has room for the run, `known` is given if it still has the run (begin_segment).
-- result = {
--   status: 'succeeded' | 'failed' | 'unknown', output, output_path, error: {code, message}, duration_ms,
--   artifacts: [{name, content_type, size, sha256, path}], parts: see contracts/tool-parts.ts,
--   looked_up: true if the worker that ran the call was lost, and a look-up showed that the effect had happened }
-- `unknown` asks a person. If this was the last open call, the run goes on: `worker` claims it at once if it has room,
-- otherwise the run goes to its queue. The answer is {resumed, run}: `resumed` is true if the run went to its queue, `run` is
-- the claimed run as claim_runs returns it.
create function platform.finish_tool(
  r public.runs, finished jsonb, worker text, lease_seconds int, default_model jsonb
) returns platform.transition
language plpgsql
as $$
declare
  call public.tool_runs := platform.hold_call((finished ->> 'tool_run_id')::uuid, (finished ->> 'attempt')::int);
  settled record := platform.settle_tool(r, call, finished -> 'result');
  claim platform.transition;
begin
  if finished -> 'claims_run' is distinct from 'true' or platform.waiting_for(r.id, r.segment - 1) is not null then
    return platform.resume_when_answered(r, settled.steps, array[settled.event]);
  end if;
  if call.msg_id is not null then -- otherwise the worker holds the run's message already
    r.msg_id := platform.send_run(r, lease_seconds);
  end if;
  claim := platform.begin_segment(r, worker, settled.steps || platform.status_step('waiting', 'running'),
    array[settled.event], default_model, finished -> 'known');
  claim.answer := jsonb_build_object('resumed', false, 'run', claim.answer);
  return claim;
end
$$;

-- Writes the result of an effect that was still under way when its run ended. The run stays ended, but the ledger then has
-- the result. Returns false if there is nothing to add.
create function platform.record_late_result(tool_run_id uuid, attempt int, result jsonb) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs;
  t public.tool_runs;
  settled record;
begin
  select x.* into r from public.runs x
  where x.id = (select c.run_id from public.tool_runs c where c.id = record_late_result.tool_run_id) for update;
  select c.* into t from public.tool_runs c where c.id = record_late_result.tool_run_id for update;
  if r.finished_at is null or t.status is distinct from 'unknown' or t.attempt <> record_late_result.attempt
    or result ->> 'status' = 'unknown' then
    return false;
  end if;
  settled := platform.settle_tool(r, t, result);
  perform platform.save_one(platform.transition(r, settled.steps || platform.step('notice', jsonb_build_object(
    'code', 'late_result', 'message', format('%s was still under way when the run ended. Its result arrived later.', t.tool_name))),
    array[settled.event]));
  return true;
end
$$;

-- Keeps what a program had printed when its run was cancelled, as the call's result. Returns false if the call has ended in
-- another way.
create function platform.keep_printed(tool_run_id uuid, attempt int, printed text) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs;
  t public.tool_runs;
begin
  select x.* into r from public.runs x
  where x.id = (select c.run_id from public.tool_runs c where c.id = keep_printed.tool_run_id) for update;
  update public.tool_runs c set output = jsonb_build_object('printed', left(printed, 50000))
  where c.id = keep_printed.tool_run_id and c.attempt = keep_printed.attempt and c.status = 'cancelled' and c.output is null
  returning * into t;
  if t.id is null then
    return false;
  end if;
  perform platform.save_one(platform.transition(r, array[platform.tool_step(t)]));
  return true;
end
$$;

-- Writes the result of a call and returns its steps and event. The caller has locked the run and saves them.
create function platform.settle_tool(
  r public.runs, t public.tool_runs, result jsonb, out steps platform.new_step[], out event platform.new_event
)
language plpgsql
as $$
begin
  if t.msg_id is not null then
    perform platform.remove('tools_' || r.lane, t.msg_id);
  end if;
  update public.tool_runs set
    status = result ->> 'status', output = result -> 'output', output_path = result ->> 'output_path',
    parts = result -> 'parts', error = result -> 'error', duration_ms = (result ->> 'duration_ms')::int, msg_id = null,
    finished_at = case when result ->> 'status' <> 'unknown' then platform.now() end
  where id = t.id
  returning * into t;
  if t.tool_name = 'send_email' then
    perform platform.keep_mail(t);
  end if;
  if jsonb_typeof(result -> 'artifacts') = 'array' and result -> 'artifacts' <> '[]' then
    steps := platform.save_artifacts(t, result -> 'artifacts');
  end if;
  if result -> 'looked_up' = 'true' then
    steps := steps || platform.lookup_step(t, true);
  end if;
  steps := steps || platform.tool_step(t);
  if t.status = 'unknown' then
    steps := steps || platform.ask(t, 'unknown_effect');
  end if;
  event := platform.audit_event('persona', r.persona_id, 'tool.' || t.status, jsonb_strip_nulls(jsonb_build_object(
    'tool', t.tool_name, 'tool_run_id', t.id, 'attempt', t.attempt, 'error', t.error ->> 'code',
    'files', result -> 'artifacts', 'looked_up', result -> 'looked_up')));
end
$$;

-- Queues a call again, after a retryable error and a delay. error = {code, message}.
create function platform.retry_tool(tool_run_id uuid, attempt int, error jsonb, delay_seconds int) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs;
  t public.tool_runs;
begin
  select x.* into r from public.runs x
  where x.id = (select c.run_id from public.tool_runs c where c.id = retry_tool.tool_run_id) for update;
  t := platform.hold_call(tool_run_id, attempt);
  perform platform.remove('tools_' || r.lane, t.msg_id);
  update public.tool_runs set status = 'queued', error = retry_tool.error, msg_id = platform.send_call(r, t.id, delay_seconds)
  where id = t.id returning * into t;
  perform platform.save_one(platform.transition(r, array[platform.step('notice', jsonb_build_object(
    'code', error ->> 'code', 'message', format('%s: %s Trying again in %s s.', t.tool_name, error ->> 'message', delay_seconds)))]));
end
$$;

-- The step for the result of looking up a lost effect.
create function platform.lookup_step(t public.tool_runs, happened boolean) returns platform.new_step
language sql stable
return platform.step('notice', jsonb_build_object('code', 'looked_up', 'message',
  format('The work was interrupted while %s ran. A look-up showed that it had %s.', t.tool_name,
    case when happened then 'happened' else 'not happened, so it runs now' end)));

-- Records that a lost effect was looked up and had not happened, before it runs again. Refuses an old attempt, so that a
-- worker that was delayed after its look-up does not run the effect.
create function platform.note_lookup(tool_run_id uuid, attempt int) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs;
  t public.tool_runs;
begin
  select x.* into r from public.runs x
  where x.id = (select c.run_id from public.tool_runs c where c.id = note_lookup.tool_run_id) for update;
  t := platform.hold_call(tool_run_id, attempt);
  perform platform.save_one(platform.transition(r, array[platform.lookup_step(t, false)],
    array[platform.audit_event('persona', r.persona_id, 'tool.looked_up', jsonb_build_object(
      'tool', t.tool_name, 'tool_run_id', t.id, 'attempt', t.attempt, 'happened', false))]));
end
$$;

grant execute on function
  platform.retry_tool(uuid, int, jsonb, int),
  platform.record_late_result(uuid, int, jsonb),
  platform.keep_printed(uuid, int, text),
  platform.note_lookup(uuid, int)
  to platform_executor;
