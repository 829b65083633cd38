-- Questions to people: approvals, questions of a persona, and effects that may or may not have happened.

-- The name of a tool as people read it: generate_pdf is "Generate pdf".
create function platform.tool_title(name text) returns text
language sql immutable
return upper(left(name, 1)) || replace(substr(name, 2), '_', ' ');

-- A value as text in a sentence. Numbers have no trailing zeros; objects and nested lists become "…".
create function platform.value_in_sentence(value jsonb) returns text
language sql immutable
return case jsonb_typeof(value)
  when 'number' then trim_scale((value #>> '{}')::numeric)::text
  when 'object' then '…'
  when 'array' then '…'
  else value #>> '{}'
end;

-- Fills the values of a call into a sentence of its tool's view, e.g. "Send this mail to {to}?", in the same way as
-- `fillSentence` of contracts/tool-view.ts. Lists are joined by commas, long values are cut.
create function platform.fill_sentence(sentence text, arguments jsonb) returns text
language plpgsql immutable
as $$
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
$$;

-- The question to a person about a call that needs an approval, from its tool's view if it has one.
create function platform.consent_question(t public.tool_runs) returns text
language plpgsql stable
as $$
begin
  return coalesce(
    (select platform.fill_sentence(tool.view ->> 'question', t.arguments) from public.tools tool where tool.id = t.tool_id),
    format('Use %s?', platform.tool_title(t.tool_name)));
end
$$;

-- Asks people about a call and returns the step for the question.
create function platform.ask(t public.tool_runs, kind text) returns platform.new_step
language plpgsql
as $$
declare
  a public.approvals;
begin
  insert into public.approvals (
    workspace_id, persona_id, run_id, tool_run_id, kind, question, options, tool_name, arguments, arguments_hash, expires_at)
  values (
    t.workspace_id, t.persona_id, t.run_id, t.id, ask.kind,
    case ask.kind
      when 'question' then coalesce(t.arguments ->> 'question', 'The persona asks for your help.')
      when 'approval' then platform.consent_question(t)
      else format('“%s” was interrupted before it could report its result. Did it happen?', platform.tool_title(t.tool_name))
    end,
    case ask.kind
      when 'question' then case when jsonb_typeof(t.arguments -> 'options') = 'array' then t.arguments -> 'options' else '[]' end
      when 'approval' then '["approve", "deny"]'
      else '["done", "do_again", "give_up"]'
    end,
    t.tool_name, t.arguments, t.arguments_hash, platform.now() + interval '7 days')
  returning * into a;
  perform platform.notify_people(a);
  perform platform.emit(t.workspace_id, t.persona_id, 'approval.requested', jsonb_build_object(
    'approval_id', a.id, 'kind', a.kind, 'run_id', a.run_id, 'persona_id', a.persona_id, 'tool', a.tool_name));
  return platform.step('asked', jsonb_build_object('approval_id', a.id, 'about', a.kind, 'question', a.question));
end
$$;

-- Records a person's decision on a question. decision: 'approve' | 'deny' for approvals; 'answer' for questions;
-- 'done' | 'do_again' | 'give_up' for unknown effects. `arguments_hash` is the hash of the arguments that the person saw.
-- `edited` replaces the arguments of the call; `answer` is the answer, or a reason for the model. With `always`, calls like this
-- one run from now on without asking (platform.add_standing_approval).
-- Refuses: approval_not_found, scope_missing, not_allowed, already_decided, approval_expired, arguments_changed, invalid_decision,
-- invalid_input (the edited arguments lack a required value; the API has already checked the whole schema).
create function public.decide(
  approval_id uuid, decision text, answer text default null, edited jsonb default null, arguments_hash text default null,
  always jsonb default null
) returns jsonb
language plpgsql security definer set search_path = ''
as $$
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
  perform platform.require_scope('approvals:decide', r.workspace_id);
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
  if always is not null then
    t.arguments := coalesce(edited, t.arguments);
    perform platform.add_standing_approval(a, t, always);
  end if;
  perform platform.apply_decision(r, t, a, edited);
  return to_jsonb(a);
end
$$;

-- The error that the model gets if the answer is no, as {code, message}; otherwise null.
create function platform.refusal_of(a public.approvals) returns jsonb
language sql immutable
return case
  when a.decision not in ('deny', 'give_up') then null
  when a.status = 'expired' then jsonb_build_object(
    'code', case a.kind when 'unknown_effect' then 'given_up' else 'approval_expired' end,
    'message', case a.kind
      when 'approval' then 'Nobody answered in time, so this was not done.'
      when 'question' then 'Nobody answered in time.'
      else 'Nobody knows whether it happened, and nobody answered in time.' end)
  when a.decision = 'deny' then jsonb_build_object('code', 'denied',
    'message', coalesce('A person said no: ' || nullif(a.answer, ''), 'A person said no.'))
  else jsonb_build_object('code', 'given_up', 'message', 'A person gave this call up: nobody knows whether it happened.'
    || coalesce(' They said: ' || nullif(a.answer, ''), ''))
end;

-- Applies a decision to its call, adds steps to the timeline, and resumes the run if that was the last open call.
create function platform.apply_decision(r public.runs, t public.tool_runs, a public.approvals, edited jsonb) returns void
language plpgsql
as $$
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
    if t.tool_name = 'send_email' and a.kind = 'unknown_effect' then
      perform platform.keep_mail(t);
    end if;
  end if;
  steps := array[
    platform.step('answered', jsonb_build_object('approval_id', a.id, 'decision', a.decision, 'answer', a.answer)),
    platform.tool_step(t, t.status = 'queued')];
  events := array[
    platform.audit_event(case when a.decided_by is null then 'system' else 'person' end, a.decided_by,
      'approval.' || coalesce(a.decision, a.status), platform.with_key(jsonb_build_object(
        'approval_id', a.id, 'tool', t.tool_name, 'arguments_hash', t.arguments_hash, 'edited', edited is not null)))];
  -- the time that the person took does not count
  r.deadline_at := r.deadline_at + (platform.now() - a.created_at);
  perform platform.emit(r.workspace_id, r.persona_id, 'approval.decided', jsonb_build_object(
    'approval_id', a.id, 'kind', a.kind, 'run_id', a.run_id, 'persona_id', a.persona_id, 'decision', a.decision));
  if platform.save_one(platform.resume_when_answered(r, steps, events)) -> 'resumed' = 'true' then
    perform platform.wake('runs');
  end if;
end
$$;

-- Closes questions whose time is over: an approval is denied, a question stays unanswered, an effect stays unknown. If
-- closing one raises an error, its run fails, so that it does not wait forever. Returns the number of closed questions.
create function platform.expire_approvals() returns int
language plpgsql security definer set search_path = ''
as $$
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
$$;

create function platform.expire_approval(approval_id uuid, run_id uuid) returns int
language plpgsql
as $$
declare
  a public.approvals;
  r public.runs;
  t public.tool_runs;
begin
  select * into r from public.runs where id = expire_approval.run_id for update;
  update public.approvals set status = 'expired', decision = case kind when 'unknown_effect' then 'give_up' else 'deny' end,
    answer = 'Nobody answered in time.', decided_at = platform.now()
  where id = approval_id and status = 'pending' returning * into a;
  if not found then
    return 0;
  end if;
  select * into t from public.tool_runs where id = a.tool_run_id for update;
  perform platform.apply_decision(r, t, a, null);
  return 1;
end
$$;

create function platform.end_waiting(run_id uuid) returns void
language plpgsql
as $$
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
$$;

-- The questions that wait for people in a workspace, oldest first, with what they are for: those of personas that the caller
-- may see. [{…the approval, task, asked_by_name, source, role}], where `role` is the caller's on the persona. `task` is the
-- beginning of the work that was asked for.
create function public.waiting_questions(workspace_id uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform platform.require_workspace(waiting_questions.workspace_id, 'viewer');
  return (
    with mine as materialized (
      select p.id, public.persona_role(p.id) as role from public.personas p
      where p.workspace_id = waiting_questions.workspace_id
    )
    select coalesce(jsonb_agg(q.told order by q.created_at, q.id), '[]')
    from (
      select a.id, a.created_at, to_jsonb(a) || jsonb_build_object(
        'task', left(coalesce(r.title, r.input), 1000), 'source', r.source, 'role', m.role,
        'asked_by_name', (select coalesce(nullif(p.display_name, ''), p.email) from public.profiles p where p.id = r.created_by)
      ) as told
      from public.approvals a
      join mine m on m.id = a.persona_id and m.role is not null
      join public.runs r on r.id = a.run_id
      where a.workspace_id = waiting_questions.workspace_id and a.status = 'pending'
      order by a.created_at, a.id limit 200
    ) q
  );
end
$$;

grant execute on function
  public.decide(uuid, text, text, jsonb, text, jsonb),
  public.waiting_questions(uuid)
  to authenticated;
