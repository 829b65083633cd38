-- How a run ends, and what then happens to its open calls and questions.

-- Ends a run in any state: removes its message, closes its open calls and questions, settles its reservations, and starts the
-- next run of its conversation if people have sent messages that the run has not taken. `steps` and
-- `events` are those of the transition so far.
create function platform.end_run(
  r public.runs, status text, reason text, output text, error jsonb,
  steps platform.new_step[] default '{}', events platform.new_event[] default '{}'
) returns platform.transition
language plpgsql
as $$
begin
  -- Only the worker that holds the message removes it. Everybody else leaves it to the next claim: a claim that has read it
  -- may be waiting for the lock of this run, and the two would deadlock.
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
  if r.conversation_id is not null then
    perform platform.start_next_turn(r);
  end if;
  perform platform.emit(r.workspace_id, r.persona_id, 'run.' || end_run.status, jsonb_build_object(
    'run_id', r.id, 'persona_id', r.persona_id, 'status', end_run.status, 'reason', end_run.reason, 'trace_id', r.trace_id));
  return platform.transition(r, steps, events, jsonb_build_object('status', end_run.status, 'reason', end_run.reason));
end
$$;

-- Closes the calls and questions that are open when a run ends early. A started effect becomes `unknown`, because it may
-- have happened; record_late_result can still add its result.
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

-- Fails a run because of a fatal error before its first checkpoint (no model, bad configuration). error = {code, message}.
create function platform.fail_run(run_id uuid, fence int, error jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  return platform.save_one(platform.end_run(platform.hold_run(run_id, fence), 'failed', error ->> 'code', null, error));
end
$$;

-- Cancels a run in any state. A notification stops a running tool. Cancelling twice is not an error.
-- Refuses: run_not_found, scope_missing, not_allowed, run_finished.
create function public.cancel_run(run_id uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs;
begin
  select * into r from public.runs where id = cancel_run.run_id for update;
  if not found or not public.can_view_persona(r.persona_id) then
    perform platform.refuse(404, 'run_not_found', 'This run does not exist, or you may not see it.');
  end if;
  perform platform.require_scope('runs:write', r.workspace_id);
  if not public.can_use_persona(r.persona_id) then
    perform platform.refuse(403, 'not_allowed', 'You may see this run, but not cancel it. Ask an owner of the persona to share it with you.');
  end if;
  if r.status in ('completed', 'failed') then
    perform platform.refuse(409, 'run_finished', format('The run has already ended: it is %s.', r.status));
  end if;
  if r.status <> 'cancelled' then
    perform platform.save_one(platform.end_run(r, 'cancelled', 'cancelled', null, null,
      events => array[platform.audit_event('person', auth.uid(), 'run.cancel_requested', platform.with_key('{}'))]));
    perform pg_notify('platform_cancel', r.id::text);
    select * into r from public.runs where id = cancel_run.run_id;
  end if;
  return platform.run_json(r);
end
$$;

grant execute on function platform.fail_run(uuid, int, jsonb) to platform_executor;

grant execute on function public.cancel_run(uuid) to authenticated;
