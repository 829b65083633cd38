-- How calls are created: one row for each call of a segment, queued, waiting for an approval, or denied.
--
-- The life cycle of a call:
--
--   function            change of state                       called by
--   enqueue_calls       -> queued|awaiting_approval|denied    commit_segment, by policy
--   claim_tools         queued|started -> started, attempt+1  the executor; from 'started' if a worker was lost
--   finish_tool         started -> succeeded|failed|unknown   the executor, with its attempt
--   keep_printed        cancelled, gets what it had printed   the executor
--   record_late_result  unknown -> succeeded|failed           the executor, if the run ended meanwhile
--   retry_tool          started -> queued, after a delay      the executor, with its attempt
--   public.decide       awaiting_approval|unknown -> …        people
--   expire_approvals    awaiting_approval -> denied           the sweep
--
-- The call that completes its batch sends the run's next message in the same transaction (resume_when_answered).
-- Locks are always taken in this order: run, call, approval.

-- The step of a call; only the first step of a call has `arguments`.
create function platform.tool_step(t public.tool_runs, with_arguments boolean default false) returns platform.new_step
language sql stable
return platform.step('tool', jsonb_strip_nulls(jsonb_build_object(
    'tool_run_id', t.id, 'call_id', t.call_id, 'tool', t.tool_name, 'status', t.status, 'attempt', t.attempt,
    'arguments', case when with_arguments then t.arguments end,
    'output', t.output, 'error', t.error)), t.duration_ms);

-- Writes one row for each call of the model. calls = [{call_id, tool, arguments}]. Up to `max_calls` of those that may run are
-- started for `worker` at once (see commit_segment), under the run's message; the others go to the queue. `ask_human`
-- {question, options?} is a call that a person answers. With `ask_effects` (a fork) every effect asks, whatever the policy is.
create function platform.enqueue_calls(
  r public.runs, calls jsonb, steps platform.new_step[] default '{}', events platform.new_event[] default '{}',
  worker text default null, max_calls int default 0, lease_seconds int default 0, ask_effects boolean default false
) returns platform.transition
language plpgsql
as $$
declare
  c record;
  t public.tool_runs;
  claimed jsonb := '[]';
  open text;
  failure text;
begin
  for c in
    select call.ordinality, call.value ->> 'call_id' as call_id, call.value ->> 'tool' as name,
      coalesce(call.value -> 'arguments', '{}') as arguments, tool.id as tool_id, tool.effect, tool.works_note,
      case
        when call.value ->> 'tool' = 'ask_human' then 'human'
        when tool.id is null or not coalesce(pt.is_enabled, true) then 'missing'
        when not tool.works then 'broken'
        else platform.decide_call(r, tool, pt, coalesce(call.value -> 'arguments', '{}'), ask_effects)
      end as policy
    from jsonb_array_elements(calls) with ordinality call
    left join public.tools tool on tool.name = call.value ->> 'tool' and tool.is_enabled
      and (tool.workspace_id is null or tool.workspace_id = r.workspace_id)
    left join public.persona_tools pt on pt.persona_id = r.persona_id and pt.tool_id = tool.id
  loop
    t := platform.new_call(r, c.call_id, c.ordinality::int, c.tool_id, c.name, c.arguments, c.effect);
    failure := case when c.policy = 'ask' then platform.failure_after_approval(t) end;
    if failure is not null then
      c.policy := 'failed_before';
    end if;
    case c.policy
      when 'allow' then
        if t.effect <> 'effect' and jsonb_array_length(claimed) < max_calls then
          t.status := 'started';
          t.attempt := 1;
          t.started_at := platform.now();
          claimed := claimed || platform.call_json(r, t, false);
        else
          t.status := 'queued';
          t.msg_id := platform.send_call(r, t.id);
        end if;
      when 'ask', 'human' then
        t.status := 'awaiting_approval';
      when 'deny' then
        t.status := 'denied';
        t.error := '{"code": "denied", "message": "The persona''s policy does not allow this call."}';
      when 'missing' then
        t.status := 'failed';
        t.error := '{"code": "unknown_tool", "message": "This tool does not exist, or it is switched off for this persona."}';
      when 'broken' then
        t.status := 'failed';
        t.error := jsonb_build_object('code', 'need_missing',
          'message', coalesce(c.works_note, 'This tool does not work in this installation.'));
      when 'failed_before' then
        t.status := 'failed';
        t.error := jsonb_build_object('code', 'failed_before', 'message',
          format('A person approved this before, and it failed: %s They are not asked again. Tell them what failed.', failure));
    end case;
    if t.error is not null then
      t.finished_at := platform.now();
    end if;
    if t.status in ('queued', 'started') then
      open := 'tools';
    end if;
    insert into public.tool_runs select t.*;
    steps := steps || platform.tool_step(t, true);
    if t.status = 'awaiting_approval' then
      steps := steps || platform.ask(t, case c.policy when 'human' then 'question' else 'approval' end);
    end if;
    events := events || platform.audit_event('persona', r.persona_id, 'tool.' || t.status, jsonb_strip_nulls(jsonb_build_object(
      'tool', t.tool_name, 'tool_run_id', t.id, 'arguments_hash', t.arguments_hash, 'attempt', nullif(t.attempt, 0),
      'worker', case when t.status = 'started' then worker end)));
  end loop;

  if claimed <> '[]' then
    perform platform.keep('runs_' || r.lane, r.msg_id, lease_seconds);
  elsif r.msg_id is not null then
    perform platform.remove('runs_' || r.lane, r.msg_id);
    r.msg_id := null;
  end if;
  open := coalesce(open, platform.waiting_for(r.id, r.segment - 1));
  r.status := 'waiting';
  r.waiting_for := coalesce(open, 'tools');
  if open is null then
    r.msg_id := platform.send_run(r);
  end if;
  steps := steps || platform.status_step('running', 'waiting', r.waiting_for);
  return platform.transition(r, steps, events, jsonb_build_object(
    'status', 'waiting', 'waiting_for', r.waiting_for, 'resumed', open is null, 'calls', claimed));
end
$$;

-- Why a call must not ask for an approval: a person approved it before in this run, and it failed. It is the same call if its
-- arguments are those that the model proposed or that the person approved. If the installation was the reason, other
-- arguments would fail as well. After a person has answered a question, the run may ask again. Null: it may ask.
create function platform.failure_after_approval(call public.tool_runs) returns text
language sql stable
as $$
  select t.error ->> 'message'
  from public.tool_runs t
  join public.approvals a on a.tool_run_id = t.id and a.kind = 'approval' and a.decision = 'approve'
  where t.run_id = call.run_id and t.tool_name = call.tool_name and t.effect = 'effect' and t.status = 'failed'
    and (call.arguments_hash in (t.arguments_hash, a.arguments_hash)
      or t.error ->> 'code' in ('mail_unavailable', 'mail_not_configured', 'need_missing', 'sandbox_unavailable',
        'service_unavailable', 'secret_unusable'))
    and not exists (
      select from public.approvals q
      where q.run_id = call.run_id and q.kind = 'question' and q.status = 'answered' and q.decided_at > t.finished_at)
  order by t.id desc limit 1
$$;

-- A row for a call of the model, before the policy is applied and before it is inserted.
create function platform.new_call(
  r public.runs, call_id text, call_position int, tool_id uuid, tool_name text, arguments jsonb, effect text
) returns public.tool_runs
language plpgsql
as $$
declare
  t public.tool_runs;
begin
  t.id := platform.uuid_v7();
  t.run_id := r.id;
  t.workspace_id := r.workspace_id;
  t.persona_id := r.persona_id;
  t.segment := r.segment - 1;
  t.call_id := new_call.call_id;
  t.position := call_position;
  t.tool_id := new_call.tool_id;
  t.tool_name := new_call.tool_name;
  t.arguments := new_call.arguments;
  t.arguments_hash := platform.hash_arguments(t.arguments);
  t.effect := coalesce(new_call.effect, 'pure');
  t.attempt := 0;
  t.created_at := platform.now();
  return t;
end
$$;

-- Sends the message of a call and returns its id. The old message is now stale, as in send_run.
create function platform.send_call(r public.runs, tool_run_id uuid, delay_seconds int default 0) returns bigint
language plpgsql
as $$
begin
  return platform.send('tools_' || r.lane,
    jsonb_build_object('tool_run_id', tool_run_id, 'run_id', r.id, 'trace_id', r.trace_id), delay_seconds);
end
$$;

-- What the calls of a segment wait for; null if all of them have their result.
create function platform.waiting_for(run_id uuid, segment int) returns text
language plpgsql stable
as $$
begin
  return (
    select case
      when bool_or(t.status in ('queued', 'started')) then 'tools'
      when bool_or(t.status = 'unknown' or (t.status = 'awaiting_approval' and t.tool_name = 'ask_human')) then 'human'
      when bool_or(t.status = 'awaiting_approval') then 'approval'
    end
    from public.tool_runs t where t.run_id = waiting_for.run_id and t.segment = waiting_for.segment
  );
end
$$;

-- Called when a call of a run has got its result: resumes the run if that was the last open call of its batch. The caller
-- has locked the run. The answer is {resumed}.
create function platform.resume_when_answered(
  r public.runs, steps platform.new_step[] default '{}', events platform.new_event[] default '{}'
) returns platform.transition
language plpgsql
as $$
declare
  open text := platform.waiting_for(r.id, r.segment - 1);
begin
  r.waiting_for := coalesce(open, 'tools');
  if open is null then
    r.msg_id := platform.send_run(r);
  end if;
  return platform.transition(r, steps, events, jsonb_build_object('resumed', open is null));
end
$$;

-- Called when a worker was lost that had claimed calls together with their segment: the run's message, which was their
-- lease, became visible again. The calls go to the queue and stay `started`.
create function platform.hand_back_calls(r public.runs) returns platform.transition
language plpgsql
as $$
begin
  update public.tool_runs t set msg_id = platform.send_call(r, t.id)
  where t.run_id = r.id and t.status = 'started' and t.msg_id is null;
  perform platform.remove('runs_' || r.lane, r.msg_id);
  r.msg_id := null;
  perform platform.wake('tools');
  return platform.transition(r);
end
$$;
