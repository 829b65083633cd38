-- plain words
set check_function_bodies = off;

drop policy "who uses a persona sees its mail's attachments" on public.attachments;

drop policy "who uses a persona reads its mail" on public.emails;

drop policy "who uses a persona gives it attachments" on storage.objects;

drop policy "who sees a tool sees what it needs" on public.tool_dependencies;

drop policy "who sees a persona sees whom it is shared with" on public.persona_members;

drop policy "who sees a persona sees what it made" on public.artifacts;

drop policy "who sees a persona sees what it asks" on public.approvals;

drop policy "who sees a persona sees its versions" on public.persona_versions;

drop policy "who sees a persona sees its tools" on public.persona_tools;

drop policy "who sees a persona sees its tool calls" on public.tool_runs;

drop policy "who sees a persona sees its schedules" on public.schedules;

drop policy "who sees a persona sees its runs' steps" on public.run_steps;

drop policy "who sees a persona sees its runs" on public.runs;

drop policy "who sees a persona sees its model calls" on public.llm_calls;

drop policy "who sees a persona sees its memory" on public.chunks;

drop policy "who sees a persona sees its documents" on public.documents;

drop policy "who sees a persona reads its files" on storage.objects;

drop policy "who edits a persona removes its documents" on storage.objects;

drop policy "who edits a persona gives it documents" on storage.objects;

drop policy "members see who else is in" on public.workspace_members;

drop policy "members see their workspace's alerts, a platform admin all" on public.alerts;

drop policy "built-in tools are seen by all, custom ones by their workspace" on public.tools;

drop policy "a run is followed by whom its persona is open to" on realtime.messages;

drop function platform.passes_by_itself(state text);

drop function platform.note_endpoint(endpoint_id uuid, delivered boolean);

drop function platform.end_whatever(r public.runs, reason text, message text);

drop function platform.and_then(transitions platform.transition[], next platform.transition);

CREATE OR REPLACE FUNCTION platform.add_transition(transitions platform.transition[], next platform.transition)
 RETURNS platform.transition[]
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION platform.add_version(p public.personas, definition jsonb)
 RETURNS public.persona_versions
 LANGUAGE plpgsql
AS $function$
declare
  old public.persona_versions;
  v public.persona_versions;
begin
  select * into old from public.persona_versions where id = p.current_version_id;
  if definition ? 'agent_id' and not exists (select from public.agents a where a.id = definition ->> 'agent_id') then
    perform platform.refuse(422, 'invalid_input', 'This agent does not exist.');
  end if;
  insert into public.persona_versions (
    persona_id, workspace_id, number, agent_id, instructions, model, limits, allowed_hosts, note, created_by)
  values (
    p.id, p.workspace_id,
    (select coalesce(max(n.number), 0) + 1 from public.persona_versions n where n.persona_id = p.id),
    coalesce(definition ->> 'agent_id', old.agent_id, 'office-worker'),
    coalesce(definition ->> 'instructions', old.instructions, ''),
    coalesce(definition -> 'model', old.model, '{"primary": "default", "fallbacks": []}'),
    coalesce(definition -> 'limits', old.limits, '{}'),
    coalesce((select array_agg(h.value) from jsonb_array_elements_text(definition -> 'allowed_hosts') h),
      case when definition ? 'allowed_hosts' then '{}'::text[] end, old.allowed_hosts, '{}'),
    coalesce(definition ->> 'note', ''), auth.uid())
  returning * into v;
  update public.personas set current_version_id = v.id, updated_at = platform.now() where id = p.id;
  return v;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.apply_decision(r public.runs, t public.tool_runs, a public.approvals, edited jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  steps platform.new_step[];
  events platform.new_event[];
begin
  if a.decision in ('approve', 'do_again') then
    if edited is not null then
      t.arguments := edited;
      t.arguments_hash := platform.hash_arguments(edited);
    end if;
    update public.tool_runs set status = 'queued', arguments = t.arguments, arguments_hash = t.arguments_hash,
      error = null, msg_id = platform.send_call(r, t.id)
    where id = t.id returning * into t;
    perform platform.wake('tools');
  else
    update public.tool_runs set
      status = case when a.decision in ('answer', 'done') then 'succeeded' when a.decision = 'deny' then 'denied' else 'failed' end,
      output = case a.decision when 'answer' then jsonb_build_object('answer', a.answer)
        when 'done' then jsonb_build_object('confirmed', true, 'note', a.answer) end,
      error = platform.refusal_of(a),
      finished_at = platform.now()
    where id = t.id returning * into t;
  end if;
  steps := array[
    platform.step('answered', jsonb_build_object('approval_id', a.id, 'decision', a.decision, 'answer', a.answer)),
    platform.tool_step(t, t.status = 'queued')];
  events := array[
    platform.audit_event(case when a.decided_by is null then 'system' else 'person' end, a.decided_by,
      'approval.' || coalesce(a.decision, a.status), jsonb_build_object(
        'approval_id', a.id, 'tool', t.tool_name, 'arguments_hash', t.arguments_hash, 'edited', edited is not null))];
  -- the time that the person took does not count
  r.deadline_at := r.deadline_at + (platform.now() - a.created_at);
  perform platform.emit(r.workspace_id, r.persona_id, 'approval.decided', jsonb_build_object(
    'approval_id', a.id, 'kind', a.kind, 'run_id', a.run_id, 'persona_id', a.persona_id, 'decision', a.decision));
  if platform.save_one(platform.resume_when_answered(r, steps, events)) -> 'resumed' = 'true' then
    perform platform.wake('runs');
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.budget_refusal(p public.personas)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
AS $function$
  select jsonb_build_object('status', 402, 'code', 'budget_exhausted',
    'message', case c.reason
      when 'persona_day_budget' then 'The persona''s budget for today'
      when 'persona_month_budget' then 'The persona''s budget for this month'
      when 'workspace_day_budget' then 'The workspace''s budget for today'
      else 'The workspace''s budget for this month'
    end || ' is used up. Raise it, or wait for the next ' || case when c.reason like '%day%' then 'day.' else 'month.' end)
  from platform.caps_of(jsonb_populate_record(null::public.runs, jsonb_build_object(
    'persona_id', p.id, 'workspace_id', p.workspace_id, 'persona_version_id', p.current_version_id))) c,
    platform.spend_of(c.scope) s
  where c.reason <> 'run_budget' and (s.cost + s.reserved >= c.max_cost or s.calls >= c.max_calls)
  limit 1
$function$
;

CREATE OR REPLACE FUNCTION platform.calls_in(scope text)
 RETURNS SETOF public.llm_calls
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  owner_id uuid := split_part(scope, ':', 2);
  since timestamptz := left(nullif(split_part(scope, ':', 3), '') || '-01', 10)::timestamp at time zone 'UTC';
begin
  return query
  select l.* from public.llm_calls l
  where (l.persona_id = owner_id and l.created_at >= since) or (l.workspace_id = owner_id and l.created_at >= since);
end
$function$
;

CREATE OR REPLACE FUNCTION platform.claim(kind text, worker text, most integer, lease_seconds integer, default_model jsonb DEFAULT NULL::jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION platform.claim_messages(kind text, messages jsonb, worker text, default_model jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION platform.claim_run(queue text, msg_id bigint, read_count integer, message jsonb, r public.runs, worker text, default_model jsonb)
 RETURNS platform.transition
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION platform.claim_together_or_each(kind text, messages jsonb, worker text, default_model jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION platform.claim_tool(queue text, msg_id bigint, read_count integer, message jsonb, r public.runs, worker text)
 RETURNS platform.transition
 LANGUAGE plpgsql
AS $function$
declare
  t public.tool_runs;
  settled record;
  failed platform.transition;
  recovering boolean;
begin
  select * into t from public.tool_runs where id = (message ->> 'tool_run_id')::uuid for update;
  if t.msg_id is distinct from claim_tool.msg_id or t.status not in ('queued', 'started') or r.status <> 'waiting' then
    perform platform.remove(queue, claim_tool.msg_id);
    return null;
  end if;
  recovering := t.status = 'started';
  if read_count > platform.max_reads() and t.effect <> 'effect' then
    insert into platform.dead_letters (queue, message, read_count, error, run_id)
    values (queue, message, read_count, 'Every worker that claimed this call was lost.', r.id);
    settled := platform.settle_tool(r, t, jsonb_build_object('status', 'failed', 'error',
      jsonb_build_object('code', 'sandbox_lost', 'message', 'This call was interrupted too often.')));
    failed := platform.resume_when_answered(r, settled.steps, array[settled.event]);
    failed.answer := null;
    return failed;
  end if;

  update public.tool_runs set status = 'started', attempt = attempt + 1, started_at = platform.now()
  where id = t.id returning * into t;
  return platform.transition(r, array[platform.tool_step(t)], array[platform.audit_event('persona', r.persona_id, 'tool.started',
    jsonb_build_object('tool', t.tool_name, 'tool_run_id', t.id, 'attempt', t.attempt, 'worker', worker))],
    platform.call_json(r, t, recovering));
end
$function$
;

CREATE OR REPLACE FUNCTION platform.copy_state(r public.runs, parent public.runs, segment integer, effects text)
 RETURNS public.runs
 LANGUAGE plpgsql
AS $function$
declare
  c platform.checkpoints;
  calls jsonb;
begin
  select * into c from platform.checkpoints x where x.run_id = parent.id and x.segment = copy_state.segment
  order by x.created_at desc limit 1;
  insert into platform.checkpoints (run_id, checkpoint_id, parent_id, segment, data)
  values (r.id, c.checkpoint_id, c.parent_id, c.segment, c.data);
  -- The steps of a segment are later than its checkpoint and earlier than the next checkpoint.
  update public.runs set checkpoint_id = c.checkpoint_id, segment = c.segment + 1,
    plan = coalesce((
      select s.data -> 'items' from public.run_steps s
      where s.run_id = parent.id and s.kind = 'plan' and s.created_at < coalesce((
        select min(x.created_at) from platform.checkpoints x where x.run_id = parent.id and x.segment > c.segment
      ), 'infinity')
      order by s.seq desc limit 1), '[]')
  where id = r.id returning * into r;

  if effects = 'ledger' then
    insert into public.tool_runs (
      run_id, workspace_id, persona_id, segment, call_id, position, tool_id, tool_name, arguments, arguments_hash, effect,
      status, attempt, output, output_path, error, duration_ms, finished_at)
    select r.id, t.workspace_id, t.persona_id, t.segment, t.call_id, t.position, t.tool_id, t.tool_name, t.arguments,
      t.arguments_hash, t.effect, case when t.status in ('succeeded', 'denied') then t.status else 'failed' end, t.attempt,
      t.output, t.output_path,
      case when t.status in ('succeeded', 'denied') then t.error
        else coalesce(t.error, '{"code": "not_in_ledger", "message": "The run that this one was forked from has no result for this call."}') end,
      t.duration_ms, platform.now()
    from public.tool_runs t where t.run_id = parent.id and t.segment = c.segment;
    return r;
  end if;

  select jsonb_agg(jsonb_build_object('call_id', t.call_id, 'tool', t.tool_name, 'arguments', t.arguments) order by t.position)
  into calls from public.tool_runs t where t.run_id = parent.id and t.segment = c.segment;
  if calls is not null then
    update public.runs set status = 'running' where id = r.id returning * into r;
    perform platform.save_one(platform.enqueue_calls(r, calls, ask_effects => true));
    select * into r from public.runs where id = r.id;
  end if;
  return r;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.end_run(r public.runs, status text, reason text, output text, error jsonb, steps platform.new_step[] DEFAULT '{}'::platform.new_step[], events platform.new_event[] DEFAULT '{}'::platform.new_event[])
 RETURNS platform.transition
 LANGUAGE plpgsql
AS $function$
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
  perform platform.emit(r.workspace_id, r.persona_id, 'run.' || end_run.status, jsonb_build_object(
    'run_id', r.id, 'persona_id', r.persona_id, 'status', end_run.status, 'reason', end_run.reason, 'trace_id', r.trace_id));
  return platform.transition(r, steps, events, jsonb_build_object('status', end_run.status, 'reason', end_run.reason));
end
$function$
;

CREATE OR REPLACE FUNCTION platform.end_waiting(run_id uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  r public.runs;
begin
  select * into r from public.runs where id = end_waiting.run_id for update;
  if r.status in ('queued', 'running', 'waiting') then
    perform platform.force_end(r, 'internal', 'The platform could not close a question to people.');
  end if;
exception when others then
  raise warning 'run % cannot be ended: %', run_id, sqlerrm;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.enqueue_calls(r public.runs, calls jsonb, steps platform.new_step[] DEFAULT '{}'::platform.new_step[], events platform.new_event[] DEFAULT '{}'::platform.new_event[], worker text DEFAULT NULL::text, max_calls integer DEFAULT 0, lease_seconds integer DEFAULT 0, ask_effects boolean DEFAULT false)
 RETURNS platform.transition
 LANGUAGE plpgsql
AS $function$
declare
  c record;
  t public.tool_runs;
  claimed jsonb := '[]';
  open text;
begin
  for c in
    select call.ordinality, call.value ->> 'call_id' as call_id, call.value ->> 'tool' as name,
      coalesce(call.value -> 'arguments', '{}') as arguments, tool.id as tool_id, tool.effect,
      case
        when call.value ->> 'tool' = 'ask_human' then 'human'
        when tool.id is null or not coalesce(pt.is_enabled, true) then 'missing'
        else platform.decide_call(r, tool, pt, coalesce(call.value -> 'arguments', '{}'), ask_effects)
      end as policy
    from jsonb_array_elements(calls) with ordinality call
    left join public.tools tool on tool.name = call.value ->> 'tool' and tool.is_enabled
      and (tool.workspace_id is null or tool.workspace_id = r.workspace_id)
    left join public.persona_tools pt on pt.persona_id = r.persona_id and pt.tool_id = tool.id
  loop
    t := platform.new_call(r, c.call_id, c.ordinality::int, c.tool_id, c.name, c.arguments, c.effect);
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
$function$
;

CREATE OR REPLACE FUNCTION platform.expire_approvals()
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  due record;
  expired int := 0;
begin
  for due in select id, run_id from public.approvals where status = 'pending' and expires_at < platform.now() limit 100 loop
    begin
      expired := expired + platform.expire_approval(due.id, due.run_id);
    exception when others then
      raise warning 'question % cannot expire: %', due.id, sqlerrm;
      if not platform.is_transient(sqlstate) then
        perform platform.end_waiting(due.run_id);
      end if;
    end;
  end loop;
  return expired;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.fill_sentence(sentence text, arguments jsonb)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
declare
  filled text := '';
  piece text;
  value jsonb;
  said text;
begin
  -- piece by piece, so that a value that looks like a placeholder is not replaced
  for piece in
    select m.found[1] from regexp_matches(sentence, '(\{[A-Za-z0-9_]+\}|[^{]+|\{)', 'g') m(found)
  loop
    if piece ~ '^\{[A-Za-z0-9_]+\}$' then
      value := arguments -> btrim(piece, '{}');
      said := case when jsonb_typeof(value) = 'array'
        then (
          select string_agg(platform.value_in_sentence(v.item), ', ' order by v.place)
          from jsonb_array_elements(value) with ordinality v(item, place))
        else platform.value_in_sentence(value) end;
      piece := case when length(said) > 120 then left(said, 120) || '…' else coalesce(said, '') end;
    end if;
    filled := filled || piece;
  end loop;
  return filled;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.finish_delivery(delivery_id uuid, attempt integer, result jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  d public.webhook_deliveries;
  delivered boolean := (result ->> 'delivered')::boolean;
  again int := (result ->> 'retry_seconds')::int;
begin
  select * into d from public.webhook_deliveries w where w.id = finish_delivery.delivery_id for update;
  if d.status is distinct from 'queued' or d.attempts <> attempt then
    perform platform.refuse_stale('The delivery');
  end if;
  if not delivered and again is not null then
    perform pgmq.set_vt('webhooks', d.msg_id, again);
  else
    perform pgmq.delete('webhooks', d.msg_id);
  end if;
  update public.webhook_deliveries w set
    status = case when delivered then 'delivered' when again is null then 'failed' else 'queued' end,
    response_status = (result ->> 'response_status')::int, error = result ->> 'error',
    next_at = case when not delivered and again is not null then platform.now() + make_interval(secs => again) end
  where w.id = d.id;
  perform platform.record_endpoint_state(d.endpoint_id, delivered);
end
$function$
;

CREATE OR REPLACE FUNCTION platform.finish_tool(r public.runs, finished jsonb, worker text, lease_seconds integer, default_model jsonb)
 RETURNS platform.transition
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION platform.fire_due_times(schedule_id uuid, seen timestamp with time zone, due_times jsonb, next_at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  s public.schedules;
  p public.personas;
  due timestamptz;
  fired int := 0;
  skipped int := 0;
begin
  -- not `for update`: a concurrent run_schedule_now holds the lock of a limit (is_full) and refers to this row
  select * into s from public.schedules where id = fire_due_times.schedule_id for no key update;
  if s.id is null or s.is_paused or s.next_at is distinct from seen then
    return jsonb_build_object('fired', 0, 'skipped', 0);
  end if;
  if not exists (
    select from public.workspace_members m where m.workspace_id = s.workspace_id and m.user_id = s.created_by
  ) then
    perform platform.pause_schedule(s.id, seen, 'schedule_without_owner', 'the person who created it has left the workspace.');
    return jsonb_build_object('fired', 0, 'skipped', jsonb_array_length(due_times));
  end if;
  select * into p from public.personas where id = s.persona_id;
  for due in select value::timestamptz from jsonb_array_elements_text(due_times) order by 1 loop
    if platform.fire_once(s, p, due) then
      fired := fired + 1;
    else
      skipped := skipped + 1;
    end if;
  end loop;
  update public.schedules set next_at = fire_due_times.next_at, last_at = platform.now() where id = s.id;
  return jsonb_build_object('fired', fired, 'skipped', skipped);
end
$function$
;

CREATE OR REPLACE FUNCTION platform.fire_once(s public.schedules, p public.personas, due timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  refusal jsonb := platform.run_refusal(p, s.created_by);
  r public.runs;
begin
  if refusal is not null then
    perform platform.audit(s.workspace_id, 'system', null, 'schedule.skipped',
      jsonb_build_object('schedule_id', s.id, 'due_at', due, 'code', refusal ->> 'code'), s.persona_id);
    perform platform.raise_alert(s.workspace_id, s.persona_id, 'schedule_skipped',
      format('The schedule "%s" could not start a run: %s', s.name, refusal ->> 'message'), jsonb_build_object('schedule_id', s.id));
    return false;
  end if;
  if exists (select from public.runs where schedule_id = s.id and due_at = due) then
    return false;
  end if;
  r := platform.start_run(s.persona_id, s.created_by, 'schedule', s.input, '[]', 'normal');
  update public.runs set schedule_id = s.id, due_at = due where id = r.id;
  return true;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.fire_schedule(schedule_id uuid, seen timestamp with time zone, due_times jsonb, next_at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return platform.fire_due_times(schedule_id, seen, due_times, next_at);
exception when others then
  if platform.is_transient(sqlstate) then
    raise;
  end if;
  raise warning 'schedule % cannot fire: % (%)', schedule_id, sqlerrm, sqlstate;
  perform platform.pause_schedule(schedule_id, seen, 'schedule_failed', 'its run could not be started. Check the '
    || 'settings of its persona, then resume the schedule.');
  return jsonb_build_object('fired', 0, 'skipped', jsonb_array_length(due_times));
end
$function$
;

CREATE OR REPLACE FUNCTION platform.force_end(r public.runs, reason text, message text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION platform.give_up(queue text, msg_id bigint, read_count integer, message jsonb, reason text, problem text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION platform.is_transient(state text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
RETURN ("left"(state, 2) = ANY (ARRAY['08'::text, '25'::text, '40'::text, '53'::text, '55'::text, '57'::text, '58'::text]))
;

CREATE OR REPLACE FUNCTION platform.known_run(r public.runs, persona_id uuid, input text, attachments jsonb, lane text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  if (r.persona_id, r.input, r.attachments, r.lane)
    is distinct from (known_run.persona_id, known_run.input, known_run.attachments, known_run.lane) then
    perform platform.refuse(409, 'idempotency_key_reused', 'This Idempotency-Key was already used for a different request. Use a new key.');
  end if;
  return jsonb_build_object('run', platform.run_json(r), 'created', false);
end
$function$
;

CREATE OR REPLACE FUNCTION platform.lookup_step(t public.tool_runs, happened boolean)
 RETURNS platform.new_step
 LANGUAGE sql
 STABLE
RETURN platform.step('notice'::text, jsonb_build_object('code', 'looked_up', 'message', format('The work was interrupted while %s ran. A look-up showed that it had %s.'::text, (t).tool_name, CASE WHEN happened THEN 'happened'::text ELSE 'not happened, so it runs now'::text END)))
;

CREATE OR REPLACE FUNCTION platform.record_endpoint_state(endpoint_id uuid, delivered boolean)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  e public.webhook_endpoints;
begin
  update public.webhook_endpoints w set failing_since = case when not delivered then coalesce(failing_since, platform.now()) end
  where w.id = record_endpoint_state.endpoint_id and (failing_since is null) = not delivered;
  select * into e from public.webhook_endpoints w where w.id = record_endpoint_state.endpoint_id;
  if e.is_enabled and e.failing_since < platform.now() - platform.max_webhook_failure() then
    perform platform.disable_webhook(e, 'webhook_disabled', 'it has not answered for three days.');
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.record_late_result(tool_run_id uuid, attempt integer, result jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION platform.refusal_of(a public.approvals)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
RETURN CASE WHEN ((a).decision <> ALL (ARRAY['deny'::text, 'give_up'::text])) THEN NULL::jsonb WHEN ((a).status = 'expired'::text) THEN jsonb_build_object('code', CASE (a).kind WHEN 'unknown_effect'::text THEN 'given_up'::text ELSE 'approval_expired'::text END, 'message', CASE (a).kind WHEN 'approval'::text THEN 'Nobody answered in time, so this was not done.'::text WHEN 'question'::text THEN 'Nobody answered in time.'::text ELSE 'Nobody knows whether it happened, and nobody answered in time.'::text END) WHEN ((a).decision = 'deny'::text) THEN jsonb_build_object('code', 'denied', 'message', COALESCE(('A person said no: '::text || NULLIF((a).answer, ''::text)), 'A person said no.'::text)) ELSE jsonb_build_object('code', 'given_up', 'message', ('A person gave this call up: nobody knows whether it happened.'::text || COALESCE((' They said: '::text || NULLIF((a).answer, ''::text)), ''::text))) END
;

CREATE OR REPLACE FUNCTION platform.require_attachments(p public.personas, attachments jsonb)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
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
      format('%s is too large. An attachment may have at most 50 MB.', too_large));
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_member_change(workspace_id uuid, user_id uuid, new_role text)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare
  old_role text;
begin
  -- one change at a time, so that two owners cannot each remove the other
  perform from public.workspaces where id = require_member_change.workspace_id for update;
  select role into old_role from public.workspace_members m
  where m.workspace_id = require_member_change.workspace_id and m.user_id = require_member_change.user_id;
  if old_role is null then
    perform platform.refuse(404, 'member_not_found', 'This person is not in the workspace.');
  end if;
  if (old_role = 'owner' or new_role = 'owner') and not public.is_workspace_member(workspace_id, 'owner') then
    perform platform.refuse(403, 'not_allowed', 'Only an owner may add, change or remove an owner.');
  end if;
  if old_role = 'owner' and new_role is distinct from 'owner' and not exists (
    select from public.workspace_members m
    where m.workspace_id = require_member_change.workspace_id and m.role = 'owner'
      and m.user_id <> require_member_change.user_id
  ) then
    perform platform.refuse(409, 'last_owner', 'A workspace needs an owner. Make somebody else an owner first.');
  end if;
  return old_role;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_persona(persona_id uuid, role text)
 RETURNS public.personas
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  p public.personas;
  mine text := public.persona_role(persona_id);
begin
  select * into p from public.personas where id = require_persona.persona_id;
  if p.id is null or mine is null then
    perform platform.refuse(404, 'persona_not_found', 'This persona does not exist, or you may not see it.');
  end if;
  if platform.persona_rank(mine) < platform.persona_rank(role) then
    perform platform.refuse(403, 'not_allowed', format('You need the role %s on this persona. Ask one of its owners.', role));
  end if;
  return p;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_platform_admin()
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  if not public.is_platform_admin() then
    perform platform.refuse(403, 'not_allowed', 'Only platform admins may do this.');
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_schedule(schedule_id uuid, persona_id uuid DEFAULT NULL::uuid)
 RETURNS public.schedules
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  s public.schedules;
begin
  select * into s from public.schedules where id = require_schedule.schedule_id;
  if s.id is null or not public.can_view_persona(s.persona_id)
    or s.persona_id is distinct from coalesce(require_schedule.persona_id, s.persona_id) then
    perform platform.refuse(404, 'schedule_not_found', 'This schedule does not exist, or you may not see it.');
  end if;
  if not public.can_use_persona(s.persona_id) then
    perform platform.refuse(403, 'not_allowed', 'You may see this schedule, but not change it. Ask an owner of the persona to share it with you.');
  end if;
  return s;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_times(time_zone text, next_at text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  -- accepts what the executor accepts: names in upper or lower case, but no names that only this server has
  if time_zone is not null and not exists (
    select from pg_timezone_names z
    where lower(z.name) = lower(require_times.time_zone) and z.name !~ '^(posix/|right/|posixrules|localtime|Factory)'
  ) then
    perform platform.refuse(422, 'invalid_input', 'This is not a time zone. Use a name like Europe/Berlin.');
  end if;
  if next_at is not null and (not pg_input_is_valid(next_at, 'timestamptz')
    or next_at::timestamptz < platform.now() - interval '1 minute') then
    perform platform.refuse(422, 'invalid_input', 'next_at must be a time in the future.');
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_valid(value jsonb, schema_name text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  schema jsonb := platform.schema_of(schema_name);
  wrong text;
  missing text;
begin
  if platform.is_valid(value, schema) then
    return;
  end if;
  if jsonb_typeof(value) = 'object' then
    wrong := platform.wrong_fields(value, schema);
    select string_agg(field.value, ', ') into missing
    from jsonb_array_elements_text(schema -> 'required') field where not require_valid.value ? field.value;
  end if;
  perform platform.refuse(422, 'invalid_input', coalesce(
    'These fields are unknown or have a wrong value: ' || wrong || '.', 'These fields are missing: ' || missing || '.',
    'The value is missing or has the wrong type.'));
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_webhook(endpoint_id uuid)
 RETURNS public.webhook_endpoints
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  e public.webhook_endpoints;
begin
  select * into e from public.webhook_endpoints where id = require_webhook.endpoint_id;
  if e.id is null or not public.is_workspace_member(e.workspace_id, 'admin') then
    perform platform.refuse(404, 'webhook_not_found', 'This webhook does not exist, or you may not see it.');
  end if;
  return e;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_workspace(workspace_id uuid, role text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  if not public.is_workspace_member(workspace_id) then
    perform platform.refuse(404, 'workspace_not_found', 'This workspace does not exist, or you may not see it.');
  end if;
  if not public.is_workspace_member(workspace_id, role) then
    perform platform.refuse(403, 'not_allowed', format('You need the role %s in this workspace. Ask one of its owners or admins.', role));
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.run_refusal(p public.personas, actor_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION platform.runaway(r public.runs, made_before integer[])
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION platform.save(transitions platform.transition[])
 RETURNS void
 LANGUAGE plpgsql
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
AS $function$
declare
  sent bigint; -- never read, but needed: PERFORM does not accept a WITH that writes
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
$function$
;

CREATE OR REPLACE FUNCTION platform.start_run(persona_id uuid, actor_id uuid, source text, input text, attachments jsonb DEFAULT '[]'::jsonb, lane text DEFAULT 'interactive'::text, idempotency_key text DEFAULT NULL::text, run_id uuid DEFAULT platform.uuid_v7())
 RETURNS public.runs
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
  -- no broadcast: nobody can follow the run before this transaction commits
  insert into public.run_steps (run_id, persona_id, seq, kind, data)
  values (r.id, r.persona_id, 1, 'status', '{"kind": "status", "from": null, "to": "queued", "waiting_for": null, "reason": null}');
  perform platform.audit(r.workspace_id, case when actor_id is null then 'system' else 'person' end, actor_id,
    'run.created', jsonb_build_object('source', source, 'lane', r.lane), r.persona_id, r.id, r.trace_id);
  perform platform.wake('runs');
  return r;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.stop_at_cap(r public.runs, refused jsonb)
 RETURNS platform.transition
 LANGUAGE plpgsql
AS $function$
declare
  reason text := refused ->> 'stopped';
  cap record;
  stopped platform.transition;
begin
  select * into cap from jsonb_to_record(refused -> 'cap') as c (scope text, reason text, max_cost numeric, max_calls int);
  stopped := platform.end_run(r, 'failed', reason, null, jsonb_build_object('code', reason,
    'message', 'The next model call could have exceeded the budget, so it was not made.'));
  perform platform.alert_of_cap(r, cap, 'A run was stopped because its next model call could have exceeded the budget.');
  stopped.answer := jsonb_build_object('stopped', reason);
  return stopped;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.sweep(grace_seconds integer DEFAULT 30)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  r public.runs;
  resent int := 0;
  timed_out int := 0;
  expired int := 0;
begin
  if not pg_try_advisory_xact_lock(hashtext('platform.sweep')) then
    return jsonb_build_object('resent', 0, 'timed_out', 0, 'expired', 0);
  end if;
  -- runs past their deadline; the time that a run waits for a person does not count
  for r in
    select * from public.runs
    where finished_at is null and deadline_at < platform.now()
      and coalesce(waiting_for, 'tools') = 'tools'
    for update skip locked
  loop
    begin
      perform platform.force_end(r, 'time_limit', 'The run took longer than its persona allows.');
      perform pg_notify('platform_cancel', r.id::text);
      timed_out := timed_out + 1;
    exception when others then
      raise warning 'run % cannot be ended: %', r.id, sqlerrm;
    end;
  end loop;
  -- live runs without progress and without a message that would move them on
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
$function$
;

CREATE OR REPLACE FUNCTION platform.warn_of_caps(r public.runs, scopes text[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  cap record;
begin
  for cap in
    select c.* from platform.caps_of(r) c join platform.spend s on s.scope = c.scope
    where c.scope = any (scopes) and (s.cost >= 0.8 * c.max_cost or s.calls >= 0.8 * c.max_calls)
  loop
    perform platform.alert_of_cap(r, cap, '80 % of the budget is used. Runs stop when it is used up.');
  end loop;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.write_transitions(transitions jsonb, worker text, lease_seconds integer, default_model jsonb DEFAULT NULL::jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  t record;
  r public.runs;
  made platform.transition[] := '{}';
  next platform.transition;
  answers jsonb[] := '{}';
begin
  for t in
    -- the lateral join forces one look-up by key per run, whatever the planner thinks of the number of rows
    select item.value as fields, item.ordinality as place, (item.value ->> 'run_id')::uuid as run_id, held.run
    from (
      select * from jsonb_array_elements(transitions) with ordinality item order by item.value ->> 'run_id'
    ) item
    left join lateral (
      select x as run from public.runs x where x.id = (item.value ->> 'run_id')::uuid for update
    ) held on true
    order by (held.run).workspace_id, (held.run).persona_id, run_id, place
  loop
    if (next.run).id = t.run_id then
      r := next.run;
    else
      r := t.run;
    end if;
    case t.fields ->> 'kind'
      when 'begin_model_call' then
        next := platform.begin_model_call(r, t.fields);
      when 'commit_segment' then
        next := platform.commit_segment(r, t.fields, worker, lease_seconds);
      when 'finish_tool' then
        next := platform.finish_tool(r, t.fields, worker, lease_seconds, default_model);
    end case;
    made := platform.add_transition(made, next);
    answers[t.place] := next.answer;
  end loop;
  perform platform.save(made);
  return to_jsonb(answers);
end
$function$
;

CREATE OR REPLACE FUNCTION public.accept_webhook(endpoint_id uuid, delivery_id text, event text, payload jsonb, input text, fingerprint text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  e public.webhook_endpoints;
  d public.webhook_deliveries;
  p public.personas;
  r public.runs;
  refusal jsonb;
begin
  select * into e from public.webhook_endpoints w where w.id = endpoint_id and w.direction = 'in' and w.is_enabled;
  if e.id is null then
    perform platform.refuse(404, 'webhook_not_found', 'This webhook does not exist, or you may not see it.');
  end if;
  if not exists (
    select from public.workspace_members m where m.workspace_id = e.workspace_id and m.user_id = e.created_by
  ) then
    perform platform.disable_webhook(e, 'webhook_without_owner', 'the person who created it has left the workspace.');
    return jsonb_build_object('run', null, 'created', false);
  end if;
  insert into public.webhook_deliveries as w (endpoint_id, workspace_id, delivery_id, fingerprint, event, payload, status)
  values (e.id, e.workspace_id, accept_webhook.delivery_id, accept_webhook.fingerprint, accept_webhook.event,
    accept_webhook.payload, 'received')
  on conflict do nothing
  returning * into d;
  if d.id is null then
    select run.* into r from public.webhook_deliveries w join public.runs run on run.id = w.run_id
    where w.endpoint_id = e.id
      and (w.delivery_id = accept_webhook.delivery_id or w.fingerprint = accept_webhook.fingerprint)
    limit 1;
    return jsonb_build_object('run', platform.run_json(r), 'created', false);
  end if;
  select * into p from public.personas where id = e.persona_id;
  refusal := platform.run_refusal(p, e.created_by);
  if refusal is not null then
    perform platform.refuse((refusal ->> 'status')::int, refusal ->> 'code', refusal ->> 'message');
  end if;
  r := platform.start_run(e.persona_id, e.created_by, 'webhook', left(accept_webhook.input, 100000), '[]', 'normal');
  update public.webhook_deliveries set run_id = r.id where id = d.id;
  return jsonb_build_object('run', platform.run_json(r), 'created', true);
end
$function$
;

CREATE OR REPLACE FUNCTION public.approval_by_link(approval_id uuid, user_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  shown jsonb;
begin
  perform set_config('request.jwt.claims', jsonb_build_object('sub', user_id, 'role', 'authenticated')::text, true);
  select jsonb_build_object('id', a.id, 'kind', a.kind, 'question', a.question, 'options', a.options, 'status', a.status,
    'tool_name', a.tool_name, 'arguments', a.arguments, 'arguments_hash', a.arguments_hash, 'expires_at', a.expires_at,
    'persona', p.name, 'run_id', a.run_id, 'view', tool.view)
  into shown
  from public.approvals a
  join public.personas p on p.id = a.persona_id
  left join public.tool_runs call on call.id = a.tool_run_id
  left join public.tools tool on tool.id = call.tool_id
  where a.id = approval_by_link.approval_id and public.can_use_persona(a.persona_id);
  if shown is null then
    perform platform.refuse(404, 'approval_not_found', 'This question does not exist, or you may not see it.');
  end if;
  return shown;
end
$function$
;

CREATE OR REPLACE FUNCTION public.cancel_run(run_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  r public.runs;
begin
  select * into r from public.runs where id = cancel_run.run_id for update;
  if not found or not public.can_view_persona(r.persona_id) then
    perform platform.refuse(404, 'run_not_found', 'This run does not exist, or you may not see it.');
  end if;
  if not public.can_use_persona(r.persona_id) then
    perform platform.refuse(403, 'not_allowed', 'You may see this run, but not cancel it. Ask an owner of the persona to share it with you.');
  end if;
  if r.status in ('completed', 'failed') then
    perform platform.refuse(409, 'run_finished', format('The run has already ended: it is %s.', r.status));
  end if;
  if r.status <> 'cancelled' then
    perform platform.save_one(platform.end_run(r, 'cancelled', 'cancelled', null, null,
      events => array[platform.audit_event('person', auth.uid(), 'run.cancel_requested')]));
    perform pg_notify('platform_cancel', r.id::text);
    select * into r from public.runs where id = cancel_run.run_id;
  end if;
  return platform.run_json(r);
end
$function$
;

CREATE OR REPLACE FUNCTION public.create_run(persona_id uuid, input text, attachments jsonb DEFAULT '[]'::jsonb, idempotency_key text DEFAULT NULL::text, lane text DEFAULT 'interactive'::text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  p public.personas;
  r public.runs;
  refusal jsonb;
begin
  select * into p from public.personas where id = create_run.persona_id;
  if not found or not public.can_view_persona(p.id) then
    perform platform.refuse(404, 'persona_not_found', 'This persona does not exist, or you may not see it.');
  end if;
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
$function$
;

CREATE OR REPLACE FUNCTION public.create_workspace(name text)
 RETURNS public.workspaces
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  w public.workspaces;
begin
  if length(btrim(coalesce(name, ''))) not between 1 and 80 then
    perform platform.refuse(422, 'invalid_input', 'The name of a workspace must have 1 to 80 characters.');
  end if;
  insert into public.workspaces (name, created_by) values (btrim(create_workspace.name), auth.uid()) returning * into w;
  insert into public.workspace_members (workspace_id, user_id, role) values (w.id, auth.uid(), 'owner');
  perform platform.audit_as_me(w.id, 'workspace.created', jsonb_build_object('name', w.name));
  return w;
end
$function$
;

CREATE OR REPLACE FUNCTION public.decide(approval_id uuid, decision text, answer text DEFAULT NULL::text, edited jsonb DEFAULT NULL::jsonb, arguments_hash text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  a public.approvals;
  r public.runs;
  t public.tool_runs;
begin
  select run.* into r from public.runs run
  where run.id = (select run_id from public.approvals where id = approval_id) for update;
  if r.id is null or not public.can_view_persona(r.persona_id) then
    perform platform.refuse(404, 'approval_not_found', 'This question does not exist, or you may not see it.');
  end if;
  if not public.can_use_persona(r.persona_id) then
    perform platform.refuse(403, 'not_allowed', 'You may see this question, but not decide it. Ask an owner of the persona to share it with you.');
  end if;
  select * into a from public.approvals where id = approval_id for update;
  select * into t from public.tool_runs where id = a.tool_run_id for update;
  if a.status <> 'pending' then
    perform platform.refuse(409, 'already_decided', format('This question is already %s.', a.status));
  end if;
  if a.expires_at < platform.now() then
    perform platform.refuse(410, 'approval_expired', 'The time to decide this is over. Start the run again.');
  end if;
  if decide.arguments_hash is not null and decide.arguments_hash <> a.arguments_hash then
    perform platform.refuse(409, 'arguments_changed', 'The arguments have changed since you saw them. Read them again, then decide.');
  end if;
  if not coalesce(case a.kind
      when 'approval' then decision in ('approve', 'deny')
      when 'question' then decision = 'answer' and length(btrim(coalesce(answer, ''))) > 0
      else decision in ('done', 'do_again', 'give_up')
    end, false) then
    perform platform.refuse(422, 'invalid_decision', 'This question does not accept this decision.',
      jsonb_build_object('kind', a.kind));
  end if;
  if jsonb_typeof(edited) <> 'object' or exists (
    select from public.tools tool, jsonb_array_elements_text(tool.input_schema -> 'required') needed
    where tool.id = t.tool_id and not edited ? needed.value
  ) then
    perform platform.refuse(422, 'invalid_input', format('The edited arguments lack a value that %s needs.', t.tool_name));
  end if;
  update public.approvals set
    status = case decide.decision when 'deny' then 'denied' when 'answer' then 'answered' else 'approved' end,
    decision = decide.decision, answer = decide.answer, decided_by = auth.uid(), decided_at = platform.now()
  where id = a.id returning * into a;
  perform platform.apply_decision(r, t, a, edited);
  return to_jsonb(a);
end
$function$
;

CREATE OR REPLACE FUNCTION public.delete_persona(persona_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  p public.personas := platform.require_persona(persona_id, 'owner');
begin
  if exists (select from public.runs r where r.persona_id = p.id and r.status in ('queued', 'running', 'waiting')) then
    perform platform.refuse(409, 'persona_busy', 'This persona has runs that have not ended. Cancel them or wait, then delete it.');
  end if;
  perform platform.audit_as_me(p.workspace_id, 'persona.deleted', jsonb_build_object('name', p.name), p.id);
  delete from public.runs r where r.persona_id = p.id;
  delete from public.personas where id = p.id;
end
$function$
;

CREATE OR REPLACE FUNCTION public.delete_provider(provider_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  l public.llm_providers;
begin
  select * into l from public.llm_providers where id = delete_provider.provider_id;
  if l.id is null or not public.is_workspace_member(l.workspace_id, 'admin') then
    perform platform.refuse(404, 'provider_not_found', 'This model provider does not exist, or you may not see it.');
  end if;
  delete from public.llm_providers where id = l.id;
  delete from public.secrets where id = l.api_key_secret_id;
  perform platform.audit_as_me(l.workspace_id, 'provider.deleted', jsonb_build_object('name', l.name));
end
$function$
;

CREATE OR REPLACE FUNCTION public.delete_workspace(workspace_id uuid, confirm_name text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform platform.require_workspace(workspace_id, 'owner');
  if confirm_name is distinct from (select name from public.workspaces where id = delete_workspace.workspace_id) then
    perform platform.refuse(422, 'not_confirmed', 'This is not the name of the workspace. Type its exact name to delete it.');
  end if;
  perform platform.audit_as_me(workspace_id, 'workspace.deleted', jsonb_build_object('name', confirm_name));
  delete from public.runs where runs.workspace_id = delete_workspace.workspace_id;
  delete from public.workspaces where id = delete_workspace.workspace_id;
end
$function$
;

CREATE OR REPLACE FUNCTION public.fork_run(run_id uuid, segment integer, changes jsonb DEFAULT '{}'::jsonb, effects text DEFAULT 'ledger'::text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  parent public.runs;
  p public.personas;
  r public.runs;
  refusal jsonb;
begin
  select * into parent from public.runs where id = fork_run.run_id;
  if parent.id is null or not public.can_view_persona(parent.persona_id) then
    perform platform.refuse(404, 'run_not_found', 'This run does not exist, or you may not see it.');
  end if;
  p := platform.require_persona(parent.persona_id, 'user');
  if segment is null or effects is null or effects not in ('ledger', 'ask') then
    perform platform.refuse(422, 'invalid_input', 'segment must be a number, and effects must be ledger or ask.');
  end if;
  perform platform.require_valid(changes, 'fork_changes');
  if changes ? 'persona_version_id' and not exists (
    select from public.persona_versions v where v.id = (changes ->> 'persona_version_id')::uuid and v.persona_id = p.id
  ) then
    perform platform.refuse(404, 'version_not_found', 'This persona has no such version.');
  end if;
  if fork_run.segment >= 0 and not exists (
    select from platform.checkpoints c where c.run_id = parent.id and c.segment = fork_run.segment
  ) then
    perform platform.refuse(404, 'checkpoint_not_found', 'This run cannot be continued from this step. Choose another one.');
  end if;
  refusal := platform.run_refusal(p, auth.uid());
  if refusal is not null then
    perform platform.refuse((refusal ->> 'status')::int, refusal ->> 'code', refusal ->> 'message');
  end if;

  r := platform.start_run(p.id, auth.uid(), 'fork',
    case when fork_run.segment < 0 then coalesce(changes ->> 'input', parent.input) else parent.input end,
    parent.attachments);
  update public.runs set
    parent_run_id = parent.id, forked_segment = fork_run.segment,
    added_input = case when fork_run.segment >= 0 then changes ->> 'input' end,
    model_override = coalesce(changes -> 'model', parent.model_override),
    persona_version_id = coalesce((changes ->> 'persona_version_id')::uuid, parent.persona_version_id)
  where id = r.id returning * into r;
  if fork_run.segment >= 0 then
    r := platform.copy_state(r, parent, fork_run.segment, effects);
  end if;
  perform platform.audit(r.workspace_id, 'person', auth.uid(), 'run.forked', jsonb_build_object(
    'parent_run_id', parent.id, 'segment', fork_run.segment, 'effects', effects,
    'changed', (select jsonb_agg(k) from jsonb_object_keys(changes) k)), r.persona_id, r.id, r.trace_id);
  return platform.run_json(r);
end
$function$
;

CREATE OR REPLACE FUNCTION public.invite_member(workspace_id uuid, email text, role text, token_hash text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  i public.workspace_invitations;
begin
  perform platform.require_workspace(invite_member.workspace_id, 'admin');
  if coalesce(role, '') not in ('admin', 'member', 'viewer') then
    perform platform.refuse(422, 'invalid_input', 'People can be invited as admin, member or viewer.');
  end if;
  if coalesce(email, '') !~ '^[^@\s]+@[^@\s]+$' or length(email) > 254 or coalesce(token_hash, '') !~ '^[0-9a-f]{64}$' then
    perform platform.refuse(422, 'invalid_input', 'This is not a valid mail address.');
  end if;
  if exists (
    select from public.workspace_members m join public.profiles p on p.id = m.user_id
    where m.workspace_id = invite_member.workspace_id and lower(p.email) = lower(invite_member.email)
  ) then
    perform platform.refuse(409, 'already_member', 'This person is already in the workspace.');
  end if;
  insert into public.workspace_invitations as i (workspace_id, email, role, token_hash, invited_by, expires_at)
  values (invite_member.workspace_id, lower(invite_member.email), invite_member.role,
    decode(invite_member.token_hash, 'hex'), auth.uid(), platform.now() + interval '7 days')
  on conflict (workspace_id, lower(email)) where accepted_at is null do update set
    role = excluded.role, token_hash = excluded.token_hash, invited_by = excluded.invited_by, expires_at = excluded.expires_at
  returning * into i;
  perform platform.audit_as_me(invite_member.workspace_id, 'member.invited', jsonb_build_object('email', i.email, 'role', i.role));
  return to_jsonb(i) - 'token_hash';
end
$function$
;

CREATE OR REPLACE FUNCTION public.record_file_access(artifact_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  a public.artifacts;
begin
  select * into a from public.artifacts where id = record_file_access.artifact_id;
  if a.id is null or not public.can_view_persona(a.persona_id) then
    perform platform.refuse(404, 'artifact_not_found', 'This file does not exist, or you may not see it.');
  end if;
  perform platform.audit(a.workspace_id, 'person', auth.uid(), 'file.accessed',
    jsonb_build_object('artifact_id', a.id, 'name', a.name, 'sha256', a.sha256), a.persona_id, a.run_id);
  return jsonb_build_object('bucket', 'artifacts', 'path', a.path, 'name', a.name, 'content_type', a.content_type);
end
$function$
;

CREATE OR REPLACE FUNCTION public.record_run_file_access(run_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  r public.runs;
  files jsonb;
begin
  select * into r from public.runs where id = record_run_file_access.run_id;
  if r.id is null or not public.can_view_persona(r.persona_id) then
    perform platform.refuse(404, 'run_not_found', 'This run does not exist, or you may not see it.');
  end if;
  select jsonb_agg(jsonb_build_object('artifact_id', a.id, 'name', a.name, 'sha256', a.sha256) order by a.id) into files
  from public.artifacts a where a.run_id = r.id;
  if files is not null then
    perform platform.audit(r.workspace_id, 'person', auth.uid(), 'file.accessed', jsonb_build_object('files', files),
      r.persona_id, r.id);
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION public.redeliver(delivery_id uuid)
 RETURNS public.webhook_deliveries
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  d public.webhook_deliveries;
  e public.webhook_endpoints;
begin
  select * into d from public.webhook_deliveries w where w.id = redeliver.delivery_id for update;
  if d.id is null or not public.is_workspace_member(d.workspace_id, 'admin') then
    perform platform.refuse(404, 'delivery_not_found', 'This delivery does not exist, or you may not see it.');
  end if;
  select * into e from public.webhook_endpoints w where w.id = d.endpoint_id;
  if e.direction <> 'out' or not e.is_enabled then
    perform platform.refuse(409, 'webhook_disabled', 'This webhook is switched off. Switch it on first.');
  end if;
  if d.status <> 'queued' then
    perform pgmq.send('webhooks', jsonb_build_object('delivery_id', d.id), 0);
    update public.webhook_deliveries w set status = 'queued', attempts = 0, next_at = null where w.id = d.id returning * into d;
    perform platform.audit_as_me(d.workspace_id, 'webhook.redelivered', jsonb_build_object('delivery_id', d.id, 'endpoint_id', e.id));
  end if;
  return d;
end
$function$
;

CREATE OR REPLACE FUNCTION public.reject_webhook(endpoint_id uuid, reason text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  e public.webhook_endpoints;
begin
  update public.webhook_endpoints w set
    rejected_in = date_trunc('minute', platform.now()),
    rejected = case when w.rejected_in = date_trunc('minute', platform.now()) then w.rejected + 1 else 1 end
  where w.id = reject_webhook.endpoint_id
    and (w.rejected < 10 or w.rejected_in is distinct from date_trunc('minute', platform.now()))
  returning * into e;
  if e.id is not null then
    perform platform.audit(e.workspace_id, 'system', null, 'webhook.rejected', jsonb_build_object('endpoint_id', e.id,
      'reason', reason || case when e.rejected = 10 then '. Further rejections in this minute are not logged.' else '' end), e.persona_id);
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION public.requeue_dead_letter(dead_letter_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  d platform.dead_letters;
  r public.runs;
begin
  perform platform.require_platform_admin();
  select * into d from platform.dead_letters where id = dead_letter_id for update;
  select * into r from public.runs where id = d.run_id for update;
  if r.id is null then
    perform platform.refuse(404, 'dead_letter_not_found', 'This message does not exist, or its run was deleted.');
  end if;
  if d.requeued_at is not null then
    perform platform.refuse(409, 'already_requeued', 'This message is already back in the queue.');
  end if;
  if not platform.can_requeue(d, r) then
    perform platform.refuse(409, 'run_went_on', 'The run went on without this message, or ended later for another reason.');
  end if;
  r.status := 'queued';
  r.reason := null;
  r.error := null;
  r.finished_at := null;
  r.attempts := 0;
  r.deadline_at := platform.now() + make_interval(secs => platform.limit_of(r.persona_version_id, 'max_seconds')::double precision);
  r.msg_id := platform.send_run(r);
  perform platform.save_one(platform.transition(r, array[
    platform.step('notice', '{"code": "requeued", "message": "An operator resumed the run."}'),
    platform.status_step('failed', 'queued')]));
  update platform.dead_letters set requeued_at = platform.now() where id = d.id;
  perform platform.audit_as_me(r.workspace_id, 'run.requeued', jsonb_build_object('dead_letter_id', d.id), r.persona_id);
  perform platform.wake('runs');
end
$function$
;

CREATE OR REPLACE FUNCTION public.resolve_alert(alert_id uuid)
 RETURNS public.alerts
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  a public.alerts;
begin
  select * into a from public.alerts where id = resolve_alert.alert_id;
  if a.id is null or not (public.is_workspace_member(a.workspace_id) or public.is_platform_admin()) then
    perform platform.refuse(404, 'alert_not_found', 'This alert does not exist, or you may not see it.');
  end if;
  if not (public.is_workspace_member(a.workspace_id, 'admin') or public.is_platform_admin()
    or coalesce(public.can_edit_persona(a.persona_id), false)) then
    perform platform.refuse(403, 'not_allowed', 'Only an admin of the workspace or an editor of the persona may resolve this alert.');
  end if;
  if a.resolved_at is not null then
    return a;
  end if;
  update public.alerts set resolved_at = platform.now(), resolved_by = auth.uid() where id = a.id returning * into a;
  perform platform.audit_as_me(a.workspace_id, 'alert.resolved', jsonb_build_object('alert_id', alert_id, 'kind', a.kind), a.persona_id);
  return a;
end
$function$
;

CREATE OR REPLACE FUNCTION public.revoke_invitation(invitation_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  i public.workspace_invitations;
begin
  select * into i from public.workspace_invitations where id = invitation_id and accepted_at is null;
  if i.id is null or not public.is_workspace_member(i.workspace_id, 'admin') then
    perform platform.refuse(404, 'invitation_not_found', 'This invitation does not exist, or is no longer open.');
  end if;
  delete from public.workspace_invitations where id = i.id;
  perform platform.audit_as_me(i.workspace_id, 'member.invitation_revoked', jsonb_build_object('email', i.email));
end
$function$
;

CREATE OR REPLACE FUNCTION public.run_checkpoints(run_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if not exists (
    select from public.runs r where r.id = run_checkpoints.run_id and public.can_view_persona(r.persona_id)
  ) then
    perform platform.refuse(404, 'run_not_found', 'This run does not exist, or you may not see it.');
  end if;
  return (
    select coalesce(jsonb_agg(jsonb_build_object('segment', c.segment, 'created_at', c.created_at) order by c.segment), '[]')
    from (
      select k.segment, max(k.created_at) as created_at
      from platform.checkpoints k where k.run_id = run_checkpoints.run_id group by k.segment
    ) c
  );
end
$function$
;

CREATE OR REPLACE FUNCTION public.save_schedule(persona_id uuid, definition jsonb, schedule_id uuid DEFAULT NULL::uuid)
 RETURNS public.schedules
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  p public.personas := platform.require_persona(persona_id, 'user');
  s public.schedules;
begin
  perform platform.require_valid(definition, case when schedule_id is null then 'schedule' else 'schedule_changes' end);
  perform platform.require_times(definition ->> 'time_zone', definition ->> 'next_at');
  if save_schedule.schedule_id is not null then
    definition := to_jsonb(platform.require_schedule(save_schedule.schedule_id, p.id)) || definition;
  end if;
  if jsonb_array_length(coalesce(definition -> 'approved_in_advance', '[]')) > 0 and not public.can_edit_persona(p.id) then
    perform platform.refuse(403, 'not_allowed', 'Only editors of this persona may approve calls in advance.');
  end if;
  insert into public.schedules as old (
    id, workspace_id, persona_id, name, cron, time_zone, input, missed, approved_in_advance, is_paused, next_at, created_by)
  values (
    coalesce(save_schedule.schedule_id, platform.uuid_v7()), p.workspace_id, p.id, btrim(definition ->> 'name'),
    definition ->> 'cron', coalesce(definition ->> 'time_zone', 'UTC'), definition ->> 'input',
    coalesce(definition ->> 'missed', 'once'), coalesce(definition -> 'approved_in_advance', '[]'),
    coalesce((definition ->> 'is_paused')::boolean, false), (definition ->> 'next_at')::timestamptz, auth.uid())
  on conflict on constraint schedules_pkey do update set
    name = excluded.name, cron = excluded.cron, time_zone = excluded.time_zone, input = excluded.input,
    missed = excluded.missed, approved_in_advance = excluded.approved_in_advance, is_paused = excluded.is_paused,
    next_at = excluded.next_at, created_by = excluded.created_by
  returning * into s;
  perform platform.audit_as_me(p.workspace_id, 'schedule.saved', jsonb_build_object('schedule_id', s.id, 'name', s.name,
    'cron', s.cron, 'time_zone', s.time_zone, 'is_paused', s.is_paused, 'approved_in_advance', s.approved_in_advance), p.id);
  return s;
end
$function$
;

CREATE OR REPLACE FUNCTION public.save_webhook_endpoint(workspace_id uuid, definition jsonb, endpoint_id uuid DEFAULT NULL::uuid)
 RETURNS public.webhook_endpoints
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  e public.webhook_endpoints;
  saved_id uuid := coalesce(endpoint_id, platform.uuid_v7());
  secret_id uuid;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  perform platform.require_valid(definition, case when endpoint_id is null then 'webhook' else 'webhook_changes' end);
  if endpoint_id is not null then
    select * into e from public.webhook_endpoints w where w.id = endpoint_id and w.workspace_id = save_webhook_endpoint.workspace_id;
    if e.id is null then
      perform platform.refuse(404, 'webhook_not_found', 'This webhook does not exist, or you may not see it.');
    end if;
    definition := to_jsonb(e) || definition || jsonb_build_object('direction', e.direction);
    secret_id := e.secret_id;
  end if;
  if definition ->> 'persona_id' is not null and not exists (
    select from public.personas p
    where p.id = (definition ->> 'persona_id')::uuid and p.workspace_id = save_webhook_endpoint.workspace_id
  ) then
    perform platform.refuse(404, 'persona_not_found', 'This persona does not exist in this workspace.');
  end if;
  if not coalesce(case definition ->> 'direction'
      when 'in' then definition ->> 'persona_id' is not null
      when 'out' then definition ->> 'url' ~* '^https?://'
    end, false) then
    perform platform.refuse(422, 'invalid_input', 'An inbound webhook needs a persona, an outbound webhook needs a URL.');
  end if;
  if definition ->> 'direction' = 'out' and not (
    coalesce(definition ->> 'scheme', 'standard') in ('standard', 'github', 'hmac')
    and coalesce(definition -> 'events', '[]') <@ '["run.completed", "run.failed", "run.cancelled", "approval.requested", "approval.decided"]'
  ) then
    perform platform.refuse(422, 'invalid_input', 'Outbound webhooks do not support this scheme or event.');
  end if;
  if definition ? 'secret' then
    secret_id := platform.save_sealed(workspace_id, 'webhook.' || right(saved_id::text, 12), definition -> 'secret');
  end if;
  if secret_id is null then
    perform platform.refuse(422, 'invalid_input', 'A webhook needs a secret.');
  end if;
  insert into public.webhook_endpoints as old (
    id, workspace_id, persona_id, direction, name, url, scheme, events, input_template, secret_id, is_enabled, created_by)
  values (
    saved_id, save_webhook_endpoint.workspace_id, (definition ->> 'persona_id')::uuid,
    definition ->> 'direction', definition ->> 'name', definition ->> 'url', coalesce(definition ->> 'scheme', 'standard'),
    array(select jsonb_array_elements_text(coalesce(definition -> 'events', '[]'))), definition ->> 'input_template',
    secret_id, coalesce((definition ->> 'is_enabled')::boolean, true), auth.uid())
  on conflict on constraint webhook_endpoints_pkey do update set
    persona_id = excluded.persona_id, name = excluded.name, url = excluded.url, scheme = excluded.scheme,
    events = excluded.events, input_template = excluded.input_template, secret_id = excluded.secret_id,
    is_enabled = excluded.is_enabled, disabled_reason = null, failing_since = null, created_by = excluded.created_by
  returning * into e;
  perform platform.audit_as_me(e.workspace_id, 'webhook.saved', jsonb_build_object('endpoint_id', e.id, 'name', e.name,
    'direction', e.direction, 'url', e.url, 'events', e.events, 'is_enabled', e.is_enabled), e.persona_id);
  return e;
end
$function$
;

CREATE OR REPLACE FUNCTION public.set_member_role(workspace_id uuid, user_id uuid, role text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  old_role text;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  if platform.workspace_rank(role) is null then
    perform platform.refuse(422, 'invalid_input', 'The role must be owner, admin, member or viewer.');
  end if;
  old_role := platform.require_member_change(workspace_id, user_id, role);
  update public.workspace_members m set role = set_member_role.role
  where m.workspace_id = set_member_role.workspace_id and m.user_id = set_member_role.user_id;
  perform platform.audit_as_me(workspace_id, 'member.role_changed',
    jsonb_build_object('user_id', user_id, 'from', old_role, 'to', role));
end
$function$
;

CREATE OR REPLACE FUNCTION public.set_persona_tool(persona_id uuid, tool_name text, settings jsonb)
 RETURNS public.persona_tools
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  p public.personas := platform.require_persona(persona_id, 'editor');
  t public.tools;
  pt public.persona_tools;
begin
  select * into t from public.tools
  where name = tool_name and (workspace_id is null or workspace_id = p.workspace_id) and is_enabled
  order by workspace_id nulls last limit 1;
  if t.id is null then
    perform platform.refuse(404, 'tool_not_found', 'This tool does not exist, or you may not see it.');
  end if;
  perform platform.require_valid(settings, 'persona_tool');
  if settings ? 'granted_secrets' and not public.is_workspace_member(p.workspace_id, 'admin') then
    perform platform.refuse(403, 'not_allowed', 'Only an admin of the workspace may grant secrets.');
  end if;
  insert into public.persona_tools as old (persona_id, tool_id, workspace_id, is_enabled, policy, conditions, granted_secrets)
  values (p.id, t.id, p.workspace_id,
    coalesce((settings ->> 'is_enabled')::boolean, true), coalesce(settings ->> 'policy', 'default'),
    coalesce(settings -> 'conditions', '[]'),
    array(select jsonb_array_elements_text(coalesce(settings -> 'granted_secrets', '[]'))))
  on conflict on constraint persona_tools_pkey do update set
    is_enabled = case when settings ? 'is_enabled' then excluded.is_enabled else old.is_enabled end,
    policy = case when settings ? 'policy' then excluded.policy else old.policy end,
    conditions = case when settings ? 'conditions' then excluded.conditions else old.conditions end,
    granted_secrets = case when settings ? 'granted_secrets' then excluded.granted_secrets else old.granted_secrets end,
    updated_at = platform.now()
  returning * into pt;
  perform platform.audit_as_me(p.workspace_id, 'persona.tool_changed', jsonb_build_object('tool', t.name) || settings, p.id);
  return pt;
end
$function$
;

CREATE OR REPLACE FUNCTION public.share_persona(persona_id uuid, user_id uuid, role text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  p public.personas := platform.require_persona(persona_id, 'owner');
begin
  if platform.persona_rank(role) is null then
    perform platform.refuse(422, 'invalid_input', 'The role on a persona must be owner, editor, user or viewer.');
  end if;
  if not exists (
    select from public.workspace_members m where m.workspace_id = p.workspace_id and m.user_id = share_persona.user_id
  ) then
    perform platform.refuse(404, 'member_not_found', 'This person is not in the workspace. Invite them first.');
  end if;
  insert into public.persona_members (persona_id, user_id, workspace_id, role)
  values (p.id, share_persona.user_id, p.workspace_id, share_persona.role)
  on conflict on constraint persona_members_pkey do update set role = excluded.role;
  perform platform.audit_as_me(p.workspace_id, 'persona.shared', jsonb_build_object('user_id', user_id, 'role', role), p.id);
end
$function$
;

CREATE OR REPLACE FUNCTION public.update_persona(persona_id uuid, changes jsonb)
 RETURNS public.personas
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  p public.personas := platform.require_persona(persona_id, 'editor');
begin
  perform platform.require_valid(changes, 'persona_changes');
  if changes ?| array['visibility', 'status'] and not public.can_own_persona(p.id) then
    perform platform.refuse(403, 'not_allowed', 'Only an owner of the persona may pause or archive it, or change who sees it.');
  end if;
  perform from public.personas where id = p.id for update;
  update public.personas set
    name = coalesce(btrim(changes ->> 'name'), name), description = coalesce(changes ->> 'description', description),
    icon = coalesce(changes ->> 'icon', icon), color = coalesce(changes ->> 'color', color),
    visibility = coalesce(changes ->> 'visibility', visibility), status = coalesce(changes ->> 'status', status),
    updated_at = platform.now()
  where id = p.id returning * into p;
  if changes ?| array['agent_id', 'instructions', 'model', 'limits', 'allowed_hosts'] then
    perform platform.add_version(p, changes);
  end if;
  perform platform.audit_as_me(p.workspace_id, 'persona.updated',
    jsonb_build_object('changed', (select jsonb_agg(k) from jsonb_object_keys(changes) k)), p.id);
  select * into p from public.personas where id = p.id;
  return p;
end
$function$
;

CREATE OR REPLACE FUNCTION public.update_profile(display_name text DEFAULT NULL::text, notify_by_mail boolean DEFAULT NULL::boolean)
 RETURNS public.profiles
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  p public.profiles;
begin
  if length(btrim(coalesce(display_name, 'x'))) not between 1 and 80 then
    perform platform.refuse(422, 'invalid_input', 'A name must have 1 to 80 characters.');
  end if;
  update public.profiles old set
    display_name = coalesce(btrim(update_profile.display_name), old.display_name),
    notify_by_mail = coalesce(update_profile.notify_by_mail, old.notify_by_mail)
  where id = auth.uid() returning * into p;
  perform platform.audit_as_me(null, 'person.updated');
  return p;
end
$function$
;

create policy "members and platform admins see alerts" on public.alerts as PERMISSIVE for SELECT to authenticated using ((public.is_workspace_member(workspace_id) OR public.is_platform_admin()));

create policy "members see the members of their workspace" on public.workspace_members as PERMISSIVE for SELECT to authenticated using (public.is_workspace_member(workspace_id));

create policy "people see built-in tools and the tools of their workspaces" on public.tools as PERMISSIVE for SELECT to authenticated using (((workspace_id IS NULL) OR public.is_workspace_member(workspace_id)));

create policy "people who edit a persona give it documents" on storage.objects as PERMISSIVE for INSERT to authenticated with check (((bucket_id = 'documents'::text) AND public.is_persona_path(name) AND public.can_edit_persona(public.persona_of_path(name))));

create policy "people who edit a persona remove its documents" on storage.objects as PERMISSIVE for DELETE to authenticated using (((bucket_id = 'documents'::text) AND public.can_edit_persona(public.persona_of_path(name))));

create policy "people who see a persona follow its runs" on realtime.messages as PERMISSIVE for SELECT to authenticated using (public.can_follow_topic(( SELECT realtime.topic() AS topic)));

create policy "people who see a persona read its files" on storage.objects as PERMISSIVE for SELECT to authenticated using (((bucket_id = ANY (ARRAY['artifacts'::text, 'attachments'::text, 'documents'::text])) AND public.can_view_persona(public.persona_of_path(name))));

create policy "people who see a persona see its documents" on public.documents as PERMISSIVE for SELECT to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a persona see its memory" on public.chunks as PERMISSIVE for SELECT to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a persona see its model calls" on public.llm_calls as PERMISSIVE for SELECT to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a persona see its runs" on public.runs as PERMISSIVE for SELECT to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a persona see its runs' steps" on public.run_steps as PERMISSIVE for SELECT to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a persona see its schedules" on public.schedules as PERMISSIVE for SELECT to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a persona see its tool calls" on public.tool_runs as PERMISSIVE for SELECT to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a persona see its tools" on public.persona_tools as PERMISSIVE for SELECT to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a persona see its versions" on public.persona_versions as PERMISSIVE for SELECT to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a persona see what it asks" on public.approvals as PERMISSIVE for SELECT to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a persona see what it made" on public.artifacts as PERMISSIVE for SELECT to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a persona see whom it is shared with" on public.persona_members as PERMISSIVE for SELECT to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a tool see the tools that it needs" on public.tool_dependencies as PERMISSIVE for SELECT to authenticated using ((EXISTS ( SELECT
   FROM public.tools t
  WHERE (t.id = tool_dependencies.tool_id))));

create policy "people who use a persona give it attachments" on storage.objects as PERMISSIVE for INSERT to authenticated with check (((bucket_id = 'attachments'::text) AND public.is_persona_path(name) AND public.can_use_persona(public.persona_of_path(name))));

create policy "people who use a persona read its mail" on public.emails as PERMISSIVE for SELECT to authenticated using (public.can_use_persona(persona_id));

create policy "people who use a persona see its mail's attachments" on public.attachments as PERMISSIVE for SELECT to authenticated using (public.can_use_persona(persona_id));
