-- The life of a tool call (the effect ledger of DESIGN 5) and of what is asked of people.
--
--   enqueue_calls    -> queued | awaiting_approval | denied   by policy, in the transaction of commit_segment
--   claim_tools      queued|started -> started, attempt + 1   the executor; 'started' again means a crash
--   finish_tool      started -> succeeded | failed | unknown  the executor, names its attempt
--   record_late_result unknown -> succeeded | failed          the executor, when the run had ended meanwhile
--   retry_tool       started -> queued, later                 the executor, names its attempt
--   public.decide    awaiting_approval|unknown -> …           people
--   expire_approvals awaiting_approval -> denied              sweep
--
-- The call that completes its batch sends the run's resume message in the same transaction (resume_when_answered).
-- Lock order everywhere: run, then tool run, then approval.

-- The step of a call; `arguments` belong to its first.
create function platform.tool_step(t public.tool_runs, with_arguments boolean default false) returns platform.new_step
language sql stable
return platform.step('tool', jsonb_strip_nulls(jsonb_build_object(
    'tool_run_id', t.id, 'call_id', t.call_id, 'tool', t.tool_name, 'status', t.status, 'attempt', t.attempt,
    'arguments', case when with_arguments then t.arguments end,
    'output', t.output, 'error', t.error)), t.duration_ms);

-- The hash that an approval binds to: jsonb's text is the same for equal arguments.
create function platform.hash_arguments(arguments jsonb) returns text
language sql stable
return encode(sha256(convert_to(arguments::text, 'UTF8')), 'hex');

-- A value as a list of values; none for what is not there.
create function platform.list_of(value jsonb) returns jsonb
language sql immutable
return case when coalesce(jsonb_typeof(value), 'null') = 'null' then '[]'
  when jsonb_typeof(value) = 'array' then value else jsonb_build_array(value) end;

-- What a condition looks at. `recipients` are everybody whom a mail goes to: to, cc and bcc in one list.
create function platform.argument_of(arguments jsonb, name text) returns jsonb
language sql immutable
return case when name = 'recipients'
  then platform.list_of(arguments -> 'to') || platform.list_of(arguments -> 'cc') || platform.list_of(arguments -> 'bcc')
    || platform.list_of(arguments -> 'recipients')
  else arguments -> name end;

-- argument = a string or a list of strings; value = a string or a list. Operators: equals, not_equals, contains,
-- domain_in, domain_not_in (every mail address in the argument, against a list of domains; text without one is in none).
-- With `every` all values of the argument must fit, for what lets a call run; without it one is enough, for what stops it.
-- An argument that is not there, or empty, never fits.
create function platform.condition_fits(argument jsonb, operator text, value jsonb, every boolean) returns boolean
language plpgsql immutable
as $$
begin
  return (
    with items as (
      select lower(e.item #>> '{}') as item from jsonb_array_elements(platform.list_of(argument)) e(item)
      where e.item <> 'null'
    ), wanted as (
      select lower(e.item #>> '{}') as item from jsonb_array_elements(platform.list_of(value)) e(item)
    ), tested as (
      select case operator
        when 'equals' then i.item in (select w.item from wanted w)
        when 'not_equals' then i.item not in (select w.item from wanted w)
        when 'contains' then exists (select from wanted w where position(w.item in i.item) > 0)
      end as fits
      from items i where operator not like 'domain%'
      union all
      select (a.domain in (select ltrim(w.item, '@') from wanted w)) = (operator = 'domain_in')
      from items i, lateral (
        select m.found[1] as domain from regexp_matches(i.item, '@([^@>,;"'')\]}\s]*)', 'g') m(found)
        union all
        select '' where position('@' in i.item) = 0
      ) a
      where operator like 'domain%'
    )
    select coalesce(case when every then bool_and(coalesce(t.fits, false)) else bool_or(t.fits) end, false) from tested t
  );
end
$$;

-- What a persona's policy says to one call: 'allow', 'ask' or 'deny'. The first condition that fits decides, where one
-- that allows must fit every value of its argument;
-- else the tool's own line; else effects ask and all others may run.
create function platform.policy_for(tool public.tools, pt public.persona_tools, arguments jsonb) returns text
language plpgsql stable
as $$
begin
  return (
    select coalesce(
      (select c.value ->> 'policy'
       from jsonb_array_elements(coalesce(pt.conditions, '[]')) with ordinality c
       where platform.condition_fits(platform.argument_of(arguments, c.value ->> 'argument'),
         c.value ->> 'operator', c.value -> 'value', c.value ->> 'policy' = 'allow')
       order by c.ordinality limit 1),
      nullif(pt.policy, 'default'),
      case when tool.effect = 'effect' then 'ask' else 'allow' end)
  );
end
$$;

-- The policy, and what stands above it: what a schedule was allowed in advance, and a fork that asks about each effect.
create function platform.decide_call(
  r public.runs, tool public.tools, pt public.persona_tools, arguments jsonb, ask_effects boolean
) returns text
language plpgsql stable
as $$
declare
  policy text := platform.policy_for(tool, pt, arguments);
begin
  return case
    when policy = 'allow' and ask_effects and tool.effect = 'effect' then 'ask'
    when policy = 'ask' and not ask_effects and r.schedule_id is not null
      and platform.approved_in_advance(r, tool.name, arguments) then 'allow'
    else policy
  end;
end
$$;

-- Writes one row for each of the model's calls: up to `max_calls` are started for `worker` at once (commit_segment), under
-- the run's message; the others that may run are sent. calls = [{call_id, tool, arguments}]. `ask_human` is a call whose answer comes from a
-- person: {question, options?}. With `ask_effects` (a fork) every effect asks, whatever the policy says.
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
        t.error := '{"code": "unknown_tool", "message": "There is no such tool, or it is switched off for this persona."}';
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

-- A call as the model made it, not yet decided, not yet in its table.
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

-- Sends a call's message and returns its id. The message before it is stale from then on, as in send_run.
create function platform.send_call(r public.runs, tool_run_id uuid, delay_seconds int default 0) returns bigint
language plpgsql
as $$
begin
  return platform.send('tools_' || r.lane,
    jsonb_build_object('tool_run_id', tool_run_id, 'run_id', r.id, 'trace_id', r.trace_id), delay_seconds);
end
$$;

-- A tool's name as people read it: generate_pdf is "Generate pdf".
create function platform.tool_title(name text) returns text
language sql immutable
return upper(left(name, 1)) || replace(substr(name, 2), '_', ' ');

-- A sentence of a tool's view with the values of a call in its places, as `fillSentence` of contracts/tool-view.ts does
-- it: "Send this mail to {to}?". A list is joined with commas, a long value is cut.
create function platform.fill_sentence(sentence text, arguments jsonb) returns text
language plpgsql immutable
as $$
declare
  filled text := '';
  piece text;
  value jsonb;
  said text;
begin
  -- piece by piece, so that a value that looks like a place is not filled in turn
  for piece in select m.found[1] from regexp_matches(sentence, '(\{\w+\}|[^{]+|\{)', 'g') m(found) loop
    if piece ~ '^\{\w+\}$' then
      value := arguments -> btrim(piece, '{}');
      said := case when jsonb_typeof(value) = 'array'
        then (select string_agg(v.item #>> '{}', ', ' order by v.place) from jsonb_array_elements(value) with ordinality v(item, place))
        else value #>> '{}' end;
      piece := case when length(said) > 120 then left(said, 120) || '…' else coalesce(said, '') end;
    end if;
    filled := filled || piece;
  end loop;
  return filled;
end
$$;

-- What a person is asked about a call that needs consent: in the words of its tool's view, where it has one.
create function platform.consent_question(t public.tool_runs) returns text
language plpgsql stable
as $$
begin
  return coalesce(
    (select platform.fill_sentence(tool.view ->> 'question', t.arguments) from public.tools tool where tool.id = t.tool_id),
    format('Use %s?', platform.tool_title(t.tool_name)));
end
$$;

-- Asks people about a call and returns the step for it.
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
      else format('%s was started, then its worker was lost. Did it happen?', platform.tool_title(t.tool_name))
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

-- What a batch of calls waits for; null when each of them is answered.
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

-- One of a run's calls was answered: sends its resume message when that was the last of its batch. The caller holds the
-- run's lock. The answer is {resumed}: whether it goes on.
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

-- The worker was lost that had claimed calls with their segment, and the run's message came back, which was their lease: they
-- go to the queue, started as they are.
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

-- ── the executor's side ─────────────────────────────────────────────────────────────────────────────────────────

-- Claims up to `max_calls` tool calls: each is *started* with a new attempt when this returns, committed.
-- Returns [{tool_run_id, attempt, recovering, …}]; `recovering` says that an earlier attempt was started and lost.
create function platform.claim_tools(worker text, max_calls int, lease_seconds int) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  return platform.claim('tools', worker, max_calls, lease_seconds);
end
$$;

create function platform.claim_tool(
  queue text, msg_id bigint, read_count int, message jsonb, r public.runs, worker text
) returns platform.transition
language plpgsql
as $$
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
    values (queue, message, read_count, 'The worker was lost on this call each time.', r.id);
    settled := platform.settle_tool(r, t, jsonb_build_object('status', 'failed', 'error',
      jsonb_build_object('code', 'sandbox_lost', 'message', 'The work on this call was lost again and again.')));
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
$$;

-- All that a worker needs for a call that it has started.
create function platform.call_json(r public.runs, t public.tool_runs, recovering boolean) returns jsonb
language plpgsql stable
as $$
begin
  return (
    select jsonb_build_object(
      'tool_run_id', t.id, 'run_id', r.id, 'attempt', t.attempt, 'recovering', recovering, 'trace_id', r.trace_id,
      'workspace_id', r.workspace_id, 'persona_id', r.persona_id, 'tool', t.tool_name, 'arguments', t.arguments,
      'effect', t.effect, 'attachments', r.attachments, 'allowed_hosts', to_jsonb(v.allowed_hosts), 'limits', v.limits,
      'started_by', r.created_by, 'timeout_seconds', tool.timeout_seconds, 'runs', tool.runs, 'code', tool.code,
      'language', tool.language,
      'secrets', case when tool.secrets <> '{}' then platform.secrets_of(r.workspace_id, r.persona_id, t.tool_id) else '[]' end)
    from public.persona_versions v left join public.tools tool on tool.id = t.tool_id
    where v.id = r.persona_version_id
  );
end
$$;

-- The secrets that a tool declared *and* this persona was granted, encrypted, for the executor only.
create function platform.secrets_of(workspace_id uuid, persona_id uuid, tool_id uuid) returns jsonb
language plpgsql stable
as $$
begin
  return (
    select coalesce(jsonb_agg(platform.sealed_secret(s)), '[]')
    from public.persona_tools pt
    join public.tools tool on tool.id = pt.tool_id
    join public.secrets s on s.workspace_id = secrets_of.workspace_id
      and s.name = any (pt.granted_secrets) and s.name = any (tool.secrets)
    where pt.persona_id = secrets_of.persona_id and pt.tool_id = secrets_of.tool_id
  );
end
$$;

-- Locks a call that the caller still owns. The run's lock is held already.
create function platform.hold_call(tool_run_id uuid, attempt int) returns public.tool_runs
language plpgsql
as $$
declare
  t public.tool_runs;
begin
  select * into t from public.tool_runs where id = hold_call.tool_run_id for update;
  if t.status is distinct from 'started' or t.attempt <> hold_call.attempt then
    perform platform.refuse_stale('The tool call');
  end if;
  return t;
end
$$;

-- Writes the result of a call that this worker started. finished = {tool_run_id, attempt, claims_run, known?, result}, where
-- `claims_run` says that the worker can take the run on, `known` that it still has the run (begin_segment), and result = {
--   status: 'succeeded' | 'failed' | 'unknown', output, output_path, error: {code, message}, duration_ms,
--   artifacts: [{name, content_type, size, sha256, path}], parts: what the tool showed (contracts/tool-parts.ts),
--   looked_up: true when the worker that ran it was lost, and it was found to have happened }
-- `unknown` asks a person. When this was the last open call the run goes on: claimed for `worker` at once, if it can take
-- it, else by its queue. The answer is {resumed, run}: `resumed` is true when the run's next segment is in the queue, `run`
-- is the claimed run, as claim_runs gives it.
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
  if call.msg_id is not null then -- else the worker has kept the run's message for the call
    r.msg_id := platform.send_run(r, lease_seconds);
  end if;
  claim := platform.begin_segment(r, worker, settled.steps || platform.status_step('waiting', 'running'),
    array[settled.event], default_model, finished -> 'known');
  claim.answer := jsonb_build_object('resumed', false, 'run', claim.answer);
  return claim;
end
$$;

-- Writes the result of an effect that was still under way when its run ended: the run stays ended, but what is known of
-- the effect is in the ledger. False when there is nothing to add to it.
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
    'code', 'late_result', 'message', format('%s was under way when the run ended. Its result came in late.', t.tool_name))),
    array[settled.event]));
  return true;
end
$$;

-- Writes a call's result and returns its steps and event; the caller holds the run's lock and saves them with it.
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

-- What a look-up of a lost effect found.
create function platform.lookup_step(t public.tool_runs, happened boolean) returns platform.new_step
language sql stable
return platform.step('notice', jsonb_build_object('code', 'looked_up', 'message',
  format('The worker was lost while %s ran. It was looked up: it %s.', t.tool_name,
    case when happened then 'had happened' else 'had not happened, so it runs now' end)));

-- A lost effect was looked up and had not happened: notes that before it runs. Refuses an attempt that is no longer the
-- call's, so that what was looked up by a worker that was held up does not run.
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

-- Saves what a call made and returns the steps for it; a file that is there already stays one.
create function platform.save_artifacts(t public.tool_runs, artifacts jsonb) returns platform.new_step[]
language plpgsql
as $$
declare
  steps platform.new_step[];
begin
  with saved as (
    insert into public.artifacts (run_id, tool_run_id, workspace_id, persona_id, name, content_type, size, sha256, path)
    select t.run_id, t.id, t.workspace_id, t.persona_id, a ->> 'name', a ->> 'content_type', (a ->> 'size')::bigint,
      a ->> 'sha256', a ->> 'path'
    from jsonb_array_elements(artifacts) a
    on conflict (run_id, name, sha256) do nothing
    returning *
  )
  select array_agg(platform.step('artifact', jsonb_build_object('artifact_id', s.id, 'name', s.name,
    'content_type', s.content_type, 'size', s.size))) into steps
  from saved s;
  return steps;
end
$$;

-- A retryable failure of a call that may run again: queued, after the delay. error = {code, message}.
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

-- ── people's side ───────────────────────────────────────────────────────────────────────────────────────────────

-- Decides what a persona asked, once. decision: 'approve' | 'deny' for approvals; 'answer' for questions;
-- 'done' | 'do_again' | 'give_up' for unknown effects. `arguments_hash` names the arguments that the person saw.
-- `edited` are arguments to run with instead; `answer` is the answer, or the reason that the model is told.
-- Refuses: approval_not_found, not_allowed, already_decided, approval_expired, arguments_changed, invalid_decision,
-- invalid_input (edited arguments without what the tool needs; the API checks the whole schema before, field by field).
create function public.decide(
  approval_id uuid, decision text, answer text default null, edited jsonb default null, arguments_hash text default null
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
    perform platform.refuse(404, 'approval_not_found', 'There is no such question.');
  end if;
  if not public.can_use_persona(r.persona_id) then
    perform platform.refuse(403, 'not_allowed', 'You may look at this, but not decide it.');
  end if;
  select * into a from public.approvals where id = approval_id for update;
  select * into t from public.tool_runs where id = a.tool_run_id for update;
  if a.status <> 'pending' then
    perform platform.refuse(409, 'already_decided', format('This is %s already.', a.status));
  end if;
  if a.expires_at < platform.now() then
    perform platform.refuse(410, 'approval_expired', 'The time to decide this is over.');
  end if;
  if decide.arguments_hash is not null and decide.arguments_hash <> a.arguments_hash then
    perform platform.refuse(409, 'arguments_changed', 'The arguments are not those that you saw. Look again.');
  end if;
  if not coalesce(case a.kind
      when 'approval' then decision in ('approve', 'deny')
      when 'question' then decision = 'answer' and length(btrim(coalesce(answer, ''))) > 0
      else decision in ('done', 'do_again', 'give_up')
    end, false) then
    perform platform.refuse(422, 'invalid_decision', 'That is not a decision that this question takes.',
      jsonb_build_object('kind', a.kind));
  end if;
  if jsonb_typeof(edited) <> 'object' or exists (
    select from public.tools tool, jsonb_array_elements_text(tool.input_schema -> 'required') needed
    where tool.id = t.tool_id and not edited ? needed.value
  ) then
    perform platform.refuse(422, 'invalid_input', format('The edited arguments lack what %s needs.', t.tool_name));
  end if;
  update public.approvals set
    status = case decide.decision when 'deny' then 'denied' when 'answer' then 'answered' else 'approved' end,
    decision = decide.decision, answer = decide.answer, decided_by = auth.uid(), decided_at = platform.now()
  where id = a.id returning * into a;
  perform platform.apply_decision(r, t, a, edited);
  return to_jsonb(a);
end
$$;

-- What the model is told where the answer is no, as {code, message}; else null.
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
  else jsonb_build_object('code', 'given_up', 'message', 'A person gave it up: nobody knows whether it happened.'
    || coalesce(' They said: ' || nullif(a.answer, ''), ''))
end;

-- Moves the call on as decided, tells the timeline, and the run when that was the last open call.
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
  end if;
  steps := array[
    platform.step('answered', jsonb_build_object('approval_id', a.id, 'decision', a.decision, 'answer', a.answer)),
    platform.tool_step(t, t.status = 'queued')];
  events := array[
    platform.audit_event(case when a.decided_by is null then 'system' else 'person' end, a.decided_by,
      'approval.' || coalesce(a.decision, a.status), jsonb_build_object(
        'approval_id', a.id, 'tool', t.tool_name, 'arguments_hash', t.arguments_hash, 'edited', edited is not null))];
  -- the time that a person took does not count
  r.deadline_at := r.deadline_at + (platform.now() - a.created_at);
  perform platform.emit(r.workspace_id, r.persona_id, 'approval.decided', jsonb_build_object(
    'approval_id', a.id, 'kind', a.kind, 'run_id', a.run_id, 'persona_id', a.persona_id, 'decision', a.decision));
  if platform.save_one(platform.resume_when_answered(r, steps, events)) -> 'resumed' = 'true' then
    perform platform.wake('runs');
  end if;
end
$$;

-- Ends questions whose time is over: an approval is denied, a question stays unanswered, an effect stays not known. One
-- whose end cannot be written fails its run, so that nobody waits for it for ever. Returns how many.
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
      if not platform.passes_by_itself(sqlstate) then
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
    perform platform.end_whatever(r, 'internal', 'The end of a question to people could not be written.');
  end if;
exception when others then
  raise warning 'run % cannot be ended: %', run_id, sqlerrm;
end
$$;

grant execute on function
  platform.claim_tools(text, int, int),
  platform.retry_tool(uuid, int, jsonb, int), platform.record_late_result(uuid, int, jsonb),
  platform.note_lookup(uuid, int)
  to platform_executor;
grant execute on function public.decide(uuid, text, text, jsonb, text) to authenticated;
