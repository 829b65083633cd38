-- outbox and availability
set check_function_bodies = off;

drop index public.emails_workspace_id_idx;

alter table public.emails add column cc text[] default '{}'::text[] not null;

alter table public.emails add column error jsonb;

alter table public.emails add column rejected text[] default '{}'::text[] not null;

alter table public.emails add column status text default 'received'::text not null;

alter table public.tools add column works boolean;

alter table public.tools add column works_note text;

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
    if t.tool_name = 'send_email' and a.kind = 'unknown_effect' then
      perform platform.keep_mail(t);
    end if;
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

CREATE OR REPLACE FUNCTION platform.describe_tools(persona_id uuid, names jsonb)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with asked as (
    select t.id from public.tools t
    where t.name in (select jsonb_array_elements_text(names))
  ), wanted as (
    select id from asked
    union
    select d.depends_on_id from public.tool_dependencies d join asked on asked.id = d.tool_id
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'name', t.name, 'description', t.description, 'input_schema', t.input_schema, 'effect', t.effect) order by t.name), '[]')
  from wanted join public.tools t using (id)
  join public.personas p on p.id = describe_tools.persona_id
  left join public.persona_tools pt on pt.persona_id = p.id and pt.tool_id = t.id
  where t.is_enabled and t.works is not false and (t.workspace_id is null or t.workspace_id = p.workspace_id)
    and coalesce(pt.is_enabled, true) and coalesce(pt.policy, 'default') <> 'deny'
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
$function$
;

CREATE OR REPLACE FUNCTION platform.failure_after_approval(call public.tool_runs)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION platform.keep_mail(t public.tool_runs)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  fate text := case
    when t.status = 'succeeded' then case t.output ->> 'delivery' when 'outbox' then 'kept' else 'sent' end
    when t.status = 'unknown' or t.error ->> 'code' = 'given_up' then 'unknown'
    when t.status = 'failed' and t.error ->> 'code' <> 'invalid_input' then 'failed'
  end;
begin
  if fate is null then
    return;
  end if;
  insert into public.emails (
    workspace_id, persona_id, direction, message_id, sender, recipients, cc, subject, body_text, status, error, rejected,
    run_id, sent_at)
  values (
    t.workspace_id, t.persona_id, 'out', format('<%s@persona-platform>', t.id), coalesce(t.output ->> 'from', ''),
    platform.texts_of(t.arguments -> 'to'), platform.texts_of(t.arguments -> 'cc'),
    coalesce(t.arguments ->> 'subject', ''), coalesce(t.arguments ->> 'body', ''), fate, t.error,
    platform.texts_of(t.output -> 'rejected'), t.run_id, case when fate = 'sent' then platform.now() end)
  on conflict (persona_id, message_id) do update set
    sender = excluded.sender, recipients = excluded.recipients, cc = excluded.cc, subject = excluded.subject,
    body_text = excluded.body_text, status = excluded.status, error = excluded.error, rejected = excluded.rejected,
    sent_at = excluded.sent_at;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.report_tools(reports jsonb)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  changed int;
begin
  update public.tools t set works = told.works, works_note = told.note, updated_at = platform.now()
  from jsonb_to_recordset(reports) told (name text, works boolean, note text)
  where t.workspace_id is null and t.name = told.name and (t.works, t.works_note) is distinct from (told.works, told.note);
  get diagnostics changed = row_count;
  return changed;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.search_tools(persona_id uuid, query text, max_results integer DEFAULT 5, query_embedding extensions.vector DEFAULT NULL::extensions.vector, embedding_model text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET jit TO 'off'
AS $function$
  with usable as materialized (
    select t.id, t.name, t.description
    from public.personas p
    join public.tools t on t.workspace_id is null or t.workspace_id = p.workspace_id
    left join public.persona_tools pt on pt.persona_id = p.id and pt.tool_id = t.id
    where p.id = search_tools.persona_id
      and t.is_enabled and t.works is not false and coalesce(pt.is_enabled, true) and coalesce(pt.policy, 'default') <> 'deny'
  ), collection as materialized (
    select l.kind, count(*) as tools, avg(l.length) as length
    from usable u join platform.tool_lengths l on l.tool_id = u.id
    group by l.kind
  ), hits as (
    select u.id, t.kind, t.frequency, l.length, 1 + ln(q.frequency) as asked,
      count(*) over (partition by t.kind, t.term) as tools_with_term
    from platform.terms_of(left(query, 2000)) q
    join platform.tool_terms t on t.kind = q.kind and t.term = q.term collate "C"
    join usable u on u.id = t.tool_id
    join platform.tool_lengths l on l.kind = t.kind and l.tool_id = t.tool_id
  ), lexical as (
    -- BM25 with k1 = 1.2 and b = 0.75
    select h.id, sum(
      case h.kind when 'w' then 1 else 0.15 end * h.asked * ln(1 + (c.tools - h.tools_with_term + 0.5) / (h.tools_with_term + 0.5))
        * h.frequency * 2.2 / (h.frequency + 1.2 * (0.25 + 0.75 * h.length / c.length))) as score
    from hits h join collection c on c.kind = h.kind
    group by h.id
  ), ranked as (
    select id, score, row_number() over (order by score desc) as place from lexical
    order by score desc limit 100
  ), by_meaning as (
    select t.id, row_number() over (order by t.embedding operator(extensions.<=>) query_embedding) as place
    from usable u join public.tools t on t.id = u.id
    where query_embedding is not null and t.embedding_model = search_tools.embedding_model
    order by t.embedding operator(extensions.<=>) query_embedding limit 100
  ), fused as (
    select id,
      case when query_embedding is null then r.score
        else coalesce(1.0 / (60 + r.place), 0) + coalesce(1.0 / (60 + m.place), 0) end as score
    from ranked r full join by_meaning m using (id)
    order by 2 desc limit max_results
  )
  select coalesce(jsonb_agg(jsonb_build_object('name', u.name, 'description', u.description,
    'score', round(f.score::numeric, 4)) order by f.score desc, u.name), '[]')
  from fused f join usable u using (id)
$function$
;

CREATE OR REPLACE FUNCTION platform.settle_tool(r public.runs, t public.tool_runs, result jsonb, OUT steps platform.new_step[], OUT event platform.new_event)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION platform.texts_of(value jsonb)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE
RETURN ARRAY(SELECT (item.value #>> '{}'::text[]) FROM jsonb_array_elements(platform.list_of(texts_of.value)) item(value) WHERE (jsonb_typeof(item.value) = 'string'::text))
;

alter table public.emails add constraint emails_status_check CHECK ((status = ANY (ARRAY['received'::text, 'kept'::text, 'sent'::text, 'failed'::text, 'unknown'::text])));

CREATE INDEX emails_workspace_id_id_idx ON public.emails USING btree (workspace_id, id DESC);

grant EXECUTE on function platform.report_tools(reports jsonb) to platform_executor;

alter publication supabase_realtime add table public.emails;
