-- How an executor claims runs and calls. A message that cannot be claimed does not block the others.

-- Claims up to `most` messages of kind 'runs' or 'tools', lane by lane. It claims them together, and one by one if that
-- fails. An error that may pass (is_transient) fails the whole claim.
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
    -- messages of runs that have ended meanwhile yield nothing, so read on
    exit when claimed <> '[]' or jsonb_array_length(messages) < most;
  end loop;
  return claimed;
end
$$;

-- Claims messages together, and one by one if that fails. A message that fails alone goes to claim_failed.
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
    if platform.is_transient(sqlstate) then
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

-- Locks the runs of the messages in the order that write_transitions describes, then claims the runs or calls.
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
    claims := platform.add_transition(claims, claim);
    claimed := claimed || coalesce(claim.answer, '[]');
  end loop;
  perform platform.save(claims);
  return claimed;
end
$$;

-- Claims up to `max_runs` runs. Returns [{run_id, fence, …}] with everything that a segment needs, in one round trip. If
-- `default_model` (platform.models_of) is given, the first model call of each segment is already reserved.
create function platform.claim_runs(worker text, max_runs int, lease_seconds int, default_model jsonb default null)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  return platform.claim('runs', worker, max_runs, lease_seconds, default_model);
end
$$;

-- Handles a message whose claim raised an error: it stays hidden for the lease and is tried again, as after a lost worker.
-- After `max_reads` tries it is given up. failed = {queue, msg_id, read_ct, message, problem}.
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

-- Moves a message to the dead letters and fails its run with this reason.
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
    perform platform.force_end(r, reason, 'The run was interrupted too often at this step.');
    select * into r from public.runs where id = r.id;
  end if;
  perform platform.remove(queue, msg_id);
  insert into platform.dead_letters (queue, message, read_count, error, run_id, fence)
  values (queue, message, read_count, problem, r.id, r.fence);
end
$$;

-- Fails a run. If the normal end raises an error, ends the run without steps and events, so that it is not tried forever
-- and nothing stays open.
create function platform.force_end(r public.runs, reason text, message text) returns void
language plpgsql
as $$
declare
  problem jsonb := jsonb_build_object('code', reason, 'message', message);
begin
  perform platform.save_one(platform.end_run(r, 'failed', reason, null, problem));
exception when others then
  if platform.is_transient(sqlstate) then
    raise;
  end if;
  raise warning 'the end of run % cannot be written: %', r.id, sqlerrm;
  begin
    perform platform.lose_model_calls(r);
  exception when others then
    raise warning 'the reservations of run % cannot be settled: %', r.id, sqlerrm;
  end;
  update public.runs set status = 'failed', waiting_for = null, reason = force_end.reason, error = problem,
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
    perform platform.give_up(queue, msg_id, read_count, message, 'worker_lost', 'Every worker that claimed this segment was lost.');
    return null;
  end if;
  if r.status = 'waiting' and platform.waiting_for(r.id, r.segment - 1) is not null then
    return platform.hand_back_calls(r);
  end if;
  if r.status = 'running' then
    r.cost := r.cost + platform.lose_model_calls(r);
    step := platform.step('notice', jsonb_build_object(
      'code', 'taken_up_again', 'message', 'The run was interrupted and continues from its last checkpoint.'));
  else
    step := platform.status_step(r.status, 'running');
  end if;
  return platform.begin_segment(r, worker, array[step], '{}', default_model);
end
$$;

-- Gives the run to this worker; the run's message is the worker's lease. The answer is everything that a segment needs. A
-- worker that still has the run passes `known` and gets only what is new. known = {provider, model, prompt_bytes,
-- max_output_tokens}: the model that it will call, and the size of its prompt without the new results.
-- Also reserves the model call of the segment. If a cap does not allow this rough upper bound, nothing is reserved, and the
-- worker asks again with its own lower one.
create function platform.begin_segment(
  r public.runs, worker text, steps platform.new_step[], events platform.new_event[], default_model jsonb,
  known jsonb default null
) returns platform.transition
language plpgsql
as $$
declare
  segment jsonb;
  taken record := platform.take_messages(r);
  reserved platform.reservation;
begin
  r.status := 'running';
  r.waiting_for := null;
  r.fence := r.fence + 1;
  r.worker := begin_segment.worker;
  r.started_at := coalesce(r.started_at, platform.now());
  events := events || platform.audit_event('system', null, 'run.claimed', jsonb_build_object('fence', r.fence, 'worker', worker));
  if known is not null then
    segment := jsonb_build_object('fence', r.fence, 'segment', r.segment, 'tool_results', platform.results_of(r),
      'messages', taken.messages);
    reserved := platform.reserve_call(r, known ->> 'provider', known ->> 'model',
      (known ->> 'prompt_bytes')::int + 2 * coalesce(octet_length(segment ->> 'tool_results'), 0)
        + octet_length(segment ->> 'messages'), (known ->> 'max_output_tokens')::int);
  else
    segment := platform.segment_of(r, taken.messages, default_model);
    if default_model is not null then
      reserved := platform.reserve_call(r, segment #>> '{models,0,provider}', segment #>> '{models,0,model}',
        platform.prompt_bound(segment, default_model),
        coalesce((segment #>> '{model,max_output_tokens}')::numeric, (default_model ->> 'max_output_tokens')::int)::int);
    end if;
  end if;
  return platform.transition(r, steps || taken.steps, events, segment || jsonb_build_object('reserved', reserved.told),
    model_calls => reserved.calls);
end
$$;

-- Everything that a worker needs for a segment. `messages` are those that the segment takes. The first segment also gets the
-- message that the run begins with, and what the runs before it left (state_before).
create function platform.segment_of(r public.runs, messages jsonb, default_model jsonb) returns jsonb
language plpgsql stable
as $$
declare
  state record;
begin
  if r.segment = 0 then
    state := platform.state_before(r);
    messages := state.messages
      || jsonb_build_object('id', r.id, 'input', r.input, 'attachments', r.attachments) || messages;
  else
    select platform.checkpoint_json(r) as checkpoint, platform.results_of(r) as tool_results into state;
  end if;
  return (select jsonb_build_object(
    'run_id', r.id, 'fence', r.fence, 'segment', r.segment, 'attempts', r.attempts, 'trace_id', r.trace_id,
    'workspace_id', r.workspace_id, 'persona_id', r.persona_id, 'messages', messages,
    'plan', r.plan, 'created_at', r.created_at,
    'persona', jsonb_build_object('name', p.name, 'description', p.description),
    'instructions', v.instructions, 'agent_id', v.agent_id, 'model', coalesce(r.model_override, v.model),
    'models', platform.models_of(coalesce(r.model_override, v.model), r.workspace_id, default_model),
    'checkpoint', state.checkpoint, 'tool_results', state.tool_results)
    from public.persona_versions v join public.personas p on p.id = v.persona_id
    where v.id = r.persona_version_id);
end
$$;

-- The last checkpoint of a run.
create function platform.checkpoint_json(r public.runs) returns jsonb
language plpgsql stable
as $$
begin
  return (
    select jsonb_build_object('checkpoint_id', c.checkpoint_id, 'parent_id', c.parent_id, 'data', c.data)
    from platform.checkpoints c where c.run_id = r.id and c.checkpoint_id = r.checkpoint_id);
end
$$;

-- The results of the previous segment's calls, in their order; null if it had none.
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

grant execute on function platform.claim_runs(text, int, int, jsonb) to platform_executor;
