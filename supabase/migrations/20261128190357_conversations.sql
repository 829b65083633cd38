-- conversations
set check_function_bodies = off;

revoke EXECUTE on function platform.start_run(persona_id uuid, actor_id uuid, source text, input text, attachments jsonb, lane text, idempotency_key text, run_id uuid) from platform_executor;

drop function platform.start_run(persona_id uuid, actor_id uuid, source text, input text, attachments jsonb, lane text, idempotency_key text, run_id uuid);

drop function platform.segment_of(r public.runs, default_model jsonb);

create table public.conversations (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  persona_id uuid not null references public.personas (id) on delete cascade,
  title text not null check (length(title) between 1 and 200 and title ~ '\S'),
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default platform.now(),
  last_activity_at timestamptz not null default platform.now(),
  archived_at timestamptz
);
create table public.conversation_messages (
  id uuid primary key default platform.uuid_v7(),
  conversation_id uuid not null references public.conversations (id) on delete cascade,
  workspace_id uuid not null,
  persona_id uuid not null,
  run_id uuid not null,
  position bigint generated always as identity,
  input text not null,
  attachments jsonb not null default '[]',
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default platform.now(),
  taken_at timestamptz,
  taken_segment int,
  idempotency_key text
);

alter table public.conversation_messages enable row level security;
alter table public.conversations enable row level security;

alter table public.runs add column conversation_id uuid;

alter table public.runs add column previous_run_id uuid;

alter table public.runs add column replaced_by uuid;

alter table public.runs add column turn integer;

CREATE OR REPLACE FUNCTION platform.add_message(r public.runs, input text, attachments jsonb, actor_id uuid, idempotency_key text DEFAULT NULL::text, message_id uuid DEFAULT platform.uuid_v7())
 RETURNS public.conversation_messages
 LANGUAGE sql
AS $function$
  insert into public.conversation_messages (
    id, conversation_id, workspace_id, persona_id, run_id, input, attachments, created_by, idempotency_key)
  values (add_message.message_id, r.conversation_id, r.workspace_id, r.persona_id, r.id, add_message.input,
    add_message.attachments, add_message.actor_id, add_message.idempotency_key)
  returning *
$function$
;

CREATE OR REPLACE FUNCTION platform.begin_segment(r public.runs, worker text, steps platform.new_step[], events platform.new_event[], default_model jsonb, known jsonb DEFAULT NULL::jsonb)
 RETURNS platform.transition
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION platform.call_json(r public.runs, t public.tool_runs, recovering boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  return (
    select jsonb_build_object(
      'tool_run_id', t.id, 'run_id', r.id, 'attempt', t.attempt, 'recovering', recovering, 'trace_id', r.trace_id,
      'workspace_id', r.workspace_id, 'persona_id', r.persona_id, 'tool', t.tool_name, 'arguments', t.arguments,
      'effect', t.effect, 'given_files', platform.given_files(r), 'allowed_hosts', to_jsonb(v.allowed_hosts), 'limits', v.limits,
      'started_by', r.created_by, 'timeout_seconds', tool.timeout_seconds, 'runs', tool.runs, 'code', tool.code,
      'language', tool.language,
      'secrets', case when tool.secrets <> '{}' then platform.secrets_of(r.workspace_id, r.persona_id, t.tool_id) else '[]' end)
    from public.persona_versions v left join public.tools tool on tool.id = t.tool_id
    where v.id = r.persona_version_id
  );
end
$function$
;

CREATE OR REPLACE FUNCTION platform.checkpoint_json(r public.runs)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  return (
    select jsonb_build_object('checkpoint_id', c.checkpoint_id, 'parent_id', c.parent_id, 'data', c.data)
    from platform.checkpoints c where c.run_id = r.id and c.checkpoint_id = r.checkpoint_id);
end
$function$
;

CREATE OR REPLACE FUNCTION platform.conversation_title(input text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select coalesce(nullif(case when length(line) > 80 then rtrim(left(line, 79)) || '…' else line end, ''), 'Conversation')
  from (select btrim(regexp_replace(split_part(btrim(left(input, 2000), E' \t\r\n'), E'\n', 1), '\s+', ' ', 'g')) as line) first
$function$
;

CREATE OR REPLACE FUNCTION platform.delete_run_rows()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  delete from public.run_steps s using deleted d where s.run_id = d.id;
  delete from public.llm_calls l using deleted d where l.run_id = d.id;
  delete from public.tool_runs t using deleted d where t.run_id = d.id;
  delete from platform.checkpoints c using deleted d where c.run_id = d.id;
  delete from public.conversation_messages m using deleted d where m.run_id = d.id;
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.delivery_json(m public.conversation_messages)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
RETURN jsonb_build_object('run_id', (m).run_id, 'conversation_id', (m).conversation_id, 'message_id', (m).id, 'delivery', CASE WHEN ((m).id = (m).run_id) THEN 'continues'::text ELSE 'joins'::text END)
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
  if r.conversation_id is not null then
    perform platform.start_next_turn(r);
  end if;
  perform platform.emit(r.workspace_id, r.persona_id, 'run.' || end_run.status, jsonb_build_object(
    'run_id', r.id, 'persona_id', r.persona_id, 'status', end_run.status, 'reason', end_run.reason, 'trace_id', r.trace_id));
  return platform.transition(r, steps, events, jsonb_build_object('status', end_run.status, 'reason', end_run.reason));
end
$function$
;

CREATE OR REPLACE FUNCTION platform.given_files(r public.runs)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  if r.conversation_id is null then
    return case when r.attachments = '[]' then r.attachments
      else jsonb_build_array(jsonb_build_object('message_id', r.id, 'files', r.attachments)) end;
  end if;
  return (
    select coalesce(jsonb_agg(jsonb_build_object('message_id', m.id, 'files', m.attachments) order by m.position), '[]')
    from (
      select c.* from public.conversation_messages c
      where c.conversation_id = r.conversation_id and c.attachments <> '[]'
      order by c.position desc limit 100
    ) m);
end
$function$
;

CREATE OR REPLACE FUNCTION platform.hold_last_turn(r public.runs)
 RETURNS public.runs
 LANGUAGE plpgsql
AS $function$
declare
  last public.runs;
begin
  select * into r from public.runs x where x.id = r.id for update;
  if r.conversation_id is null then
    return platform.open_conversation(r);
  end if;
  -- the lock may have waited for a transaction that added a run
  loop
    select * into last from public.runs x where x.conversation_id = r.conversation_id order by x.turn desc limit 1;
    select * into last from public.runs x where x.id = last.id for update;
    exit when not exists (
      select from public.runs x where x.conversation_id = r.conversation_id and x.turn > last.turn);
  end loop;
  return last;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.keep_run(r public.runs, lease_seconds integer, steps platform.new_step[], events platform.new_event[])
 RETURNS platform.transition
 LANGUAGE plpgsql
AS $function$
declare
  taken record := platform.take_messages(r);
begin
  perform platform.keep('runs_' || r.lane, r.msg_id, lease_seconds);
  return platform.transition(r, steps || taken.steps, events,
    jsonb_build_object('status', 'running', 'messages', taken.messages));
end
$function$
;

CREATE OR REPLACE FUNCTION platform.known_retry(m public.conversation_messages, r public.runs)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  made public.runs;
begin
  select * into made from public.runs x where x.id = m.run_id;
  if not exists (select from public.runs x where x.id = r.id and x.replaced_by = made.id) then
    perform platform.refuse(409, 'idempotency_key_reused', 'This Idempotency-Key was already used for a different request. Use a new key.');
  end if;
  return jsonb_build_object('run', platform.run_json(made), 'created', false);
end
$function$
;

CREATE OR REPLACE FUNCTION platform.message_json(m public.conversation_messages)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
RETURN jsonb_build_object('id', (m).id, 'input', (m).input, 'attachments', (m).attachments)
;

CREATE OR REPLACE FUNCTION platform.message_of_key(idempotency_key text)
 RETURNS public.conversation_messages
 LANGUAGE plpgsql
AS $function$
declare
  m public.conversation_messages;
begin
  if idempotency_key is not null then
    perform pg_advisory_xact_lock(hashtextextended('message:' || auth.uid() || ':' || idempotency_key, 0));
    select * into m from public.conversation_messages x
    where x.created_by = auth.uid() and x.idempotency_key = message_of_key.idempotency_key;
  end if;
  return m;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.message_step(m public.conversation_messages)
 RETURNS platform.new_step
 LANGUAGE sql
 STABLE
RETURN platform.step('message'::text, jsonb_build_object('message_id', (m).id, 'input', "left"((m).input, 20000), 'created_by', (m).created_by, 'attachments', (SELECT COALESCE(jsonb_agg((a.value - 'path'::text)), '[]'::jsonb) AS "coalesce" FROM jsonb_array_elements((message_step.m).attachments) a(value))))
;

CREATE OR REPLACE FUNCTION platform.new_conversation(workspace_id uuid, persona_id uuid, created_by uuid, input text)
 RETURNS uuid
 LANGUAGE sql
AS $function$
  insert into public.conversations (workspace_id, persona_id, created_by, title)
  values (new_conversation.workspace_id, new_conversation.persona_id, new_conversation.created_by,
    platform.conversation_title(input))
  returning id
$function$
;

CREATE OR REPLACE FUNCTION platform.open_conversation(r public.runs)
 RETURNS public.runs
 LANGUAGE plpgsql
AS $function$
begin
  r.conversation_id := platform.new_conversation(r.workspace_id, r.persona_id, r.created_by, r.input);
  update public.runs set conversation_id = r.conversation_id, turn = 1 where id = r.id returning * into r;
  perform platform.save_first_message(r);
  return r;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.replace_run(r public.runs, input text)
 RETURNS public.runs
 LANGUAGE plpgsql
AS $function$
declare
  said public.conversation_messages[] := array(
    select m from public.conversation_messages m where m.run_id = r.id order by m.position);
  m public.conversation_messages;
  made public.runs;
begin
  if input is not null then
    said[cardinality(said)].input := input;
  end if;
  made := platform.start_run(r.persona_id, auth.uid(), 'person', said[1].input, said[1].attachments, previous => r);
  foreach m in array said[2:] loop
    perform platform.add_message(made, m.input, m.attachments, auth.uid());
  end loop;
  update public.runs set replaced_by = made.id where id = r.id;
  update public.runs set previous_run_id = r.previous_run_id,
    plan = coalesce((select p.plan from public.runs p where p.id = r.previous_run_id), '[]')
  where id = made.id returning * into made;
  return made;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_message(p public.personas, input text, attachments jsonb, idempotency_key text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  if length(btrim(coalesce(input, ''))) not between 1 and 100000 then
    perform platform.refuse(422, 'invalid_input', 'Write a message of 1 to 100,000 characters.');
  end if;
  if length(idempotency_key) not between 1 and 200 then
    perform platform.refuse(422, 'invalid_input', 'An Idempotency-Key must have 1 to 200 characters.');
  end if;
  if attachments is distinct from '[]' then
    perform platform.require_attachments(p, attachments);
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_room(p public.personas)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  refusal jsonb := platform.run_refusal(p, auth.uid());
begin
  if refusal is not null then
    perform platform.refuse((refusal ->> 'status')::int, refusal ->> 'code', refusal ->> 'message');
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_run(run_id uuid)
 RETURNS public.runs
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  r public.runs;
begin
  select * into r from public.runs where id = require_run.run_id;
  if r.id is null or not public.can_view_persona(r.persona_id) then
    perform platform.refuse(404, 'run_not_found', 'This run does not exist, or you may not see it.');
  end if;
  return r;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.save_first_message(r public.runs)
 RETURNS void
 LANGUAGE sql
AS $function$
  insert into public.conversation_messages (
    id, conversation_id, workspace_id, persona_id, run_id, input, attachments, created_by, created_at, taken_at, taken_segment)
  values (r.id, r.conversation_id, r.workspace_id, r.persona_id, r.id, r.input, r.attachments, r.created_by, r.created_at,
    platform.now(), 0)
  on conflict (id) do update set run_id = excluded.run_id, taken_at = excluded.taken_at, taken_segment = 0
$function$
;

CREATE OR REPLACE FUNCTION platform.schema_of(name text)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  case name
    when 'workspace_limits' then return '{
      "type": "object",
      "properties": {
        "cost_per_day": {"type":["number","null"],"minimum":0,"maximum":1000000},
        "cost_per_month": {"type":["number","null"],"minimum":0,"maximum":1000000},
        "calls_per_day": {"type":["integer","null"],"minimum":0,"maximum":1000000},
        "calls_per_month": {"type":["integer","null"],"minimum":0,"maximum":1000000},
        "parallel_runs": {"type":["integer","null"],"minimum":0,"maximum":1000000},
        "runs_per_minute": {"type":["integer","null"],"minimum":0,"maximum":1000000}
      }
    }';
    when 'workspace_settings' then return '{"type":"object","properties":{"time_zone":{"type":"string","minLength":1,"maxLength":64}}}';
    when 'workspace_changes' then return '{
      "type": "object",
      "properties": {
        "name": {"type":"string","minLength":1,"maxLength":80,"pattern":"\\S"},
        "limits": {
          "type": "object",
          "properties": {
            "cost_per_day": {"type":["number","null"],"minimum":0,"maximum":1000000},
            "cost_per_month": {"type":["number","null"],"minimum":0,"maximum":1000000},
            "calls_per_day": {"type":["integer","null"],"minimum":0,"maximum":1000000},
            "calls_per_month": {"type":["integer","null"],"minimum":0,"maximum":1000000},
            "parallel_runs": {"type":["integer","null"],"minimum":0,"maximum":1000000},
            "runs_per_minute": {"type":["integer","null"],"minimum":0,"maximum":1000000}
          }
        },
        "settings": {"type":"object","properties":{"time_zone":{"type":"string","minLength":1,"maxLength":64}}}
      }
    }';
    when 'persona_limits' then return '{
      "type": "object",
      "properties": {
        "max_segments": {"type":["integer","null"],"minimum":1,"maximum":1000},
        "max_seconds": {"type":["integer","null"],"minimum":1,"maximum":604800},
        "max_parallel_runs": {"type":["integer","null"],"minimum":1,"maximum":100000},
        "max_attempts": {"type":["integer","null"],"minimum":1,"maximum":100},
        "runs_per_hour": {"type":["integer","null"],"minimum":1,"maximum":1000000},
        "max_repeats": {"type":["integer","null"],"minimum":1,"maximum":1000},
        "max_idle_segments": {"type":["integer","null"],"minimum":1,"maximum":1000},
        "cost_per_run": {"type":["number","null"],"minimum":0,"maximum":1000000},
        "cost_per_day": {"type":["number","null"],"minimum":0,"maximum":1000000},
        "cost_per_month": {"type":["number","null"],"minimum":0,"maximum":1000000},
        "calls_per_run": {"type":["integer","null"],"minimum":0,"maximum":100000},
        "calls_per_day": {"type":["integer","null"],"minimum":0,"maximum":1000000},
        "calls_per_month": {"type":["integer","null"],"minimum":0,"maximum":10000000},
        "sandbox_memory_mb": {"type":["integer","null"],"minimum":128,"maximum":65536},
        "sandbox_cpus": {"type":["number","null"],"minimum":0.1,"maximum":64},
        "sandbox_processes": {"type":["integer","null"],"minimum":32,"maximum":8192},
        "sandbox_disk_mb": {"type":["integer","null"],"minimum":16,"maximum":1000000}
      }
    }';
    when 'model' then return '{
      "type": "object",
      "properties": {
        "primary": {"type":"string","minLength":1,"maxLength":200},
        "fallbacks": {"maxItems":5,"type":"array","items":{"type":"string","minLength":1,"maxLength":200}},
        "temperature": {"type":["number","null"],"minimum":0,"maximum":2},
        "max_output_tokens": {"type":["integer","null"],"minimum":1,"maximum":1000000}
      },
      "required": ["primary"]
    }';
    when 'persona_changes' then return '{
      "type": "object",
      "properties": {
        "name": {"type":"string","minLength":1,"maxLength":80,"pattern":"\\S"},
        "description": {"type":"string","minLength":0,"maxLength":2000},
        "icon": {"type":"string","pattern":"^[a-z0-9-]{1,64}$"},
        "color": {"type":"string","pattern":"^[a-z]{1,32}$"},
        "visibility": {"type":"string","enum":["workspace","private"]},
        "status": {"type":"string","enum":["active","paused","archived"]},
        "agent_id": {"type":"string","pattern":"^[a-z0-9_-]{1,64}$"},
        "instructions": {"type":"string","minLength":0,"maxLength":50000},
        "model": {
          "type": "object",
          "properties": {
            "primary": {"type":"string","minLength":1,"maxLength":200},
            "fallbacks": {"maxItems":5,"type":"array","items":{"type":"string","minLength":1,"maxLength":200}},
            "temperature": {"type":["number","null"],"minimum":0,"maximum":2},
            "max_output_tokens": {"type":["integer","null"],"minimum":1,"maximum":1000000}
          },
          "required": ["primary"]
        },
        "limits": {
          "type": "object",
          "properties": {
            "max_segments": {"type":["integer","null"],"minimum":1,"maximum":1000},
            "max_seconds": {"type":["integer","null"],"minimum":1,"maximum":604800},
            "max_parallel_runs": {"type":["integer","null"],"minimum":1,"maximum":100000},
            "max_attempts": {"type":["integer","null"],"minimum":1,"maximum":100},
            "runs_per_hour": {"type":["integer","null"],"minimum":1,"maximum":1000000},
            "max_repeats": {"type":["integer","null"],"minimum":1,"maximum":1000},
            "max_idle_segments": {"type":["integer","null"],"minimum":1,"maximum":1000},
            "cost_per_run": {"type":["number","null"],"minimum":0,"maximum":1000000},
            "cost_per_day": {"type":["number","null"],"minimum":0,"maximum":1000000},
            "cost_per_month": {"type":["number","null"],"minimum":0,"maximum":1000000},
            "calls_per_run": {"type":["integer","null"],"minimum":0,"maximum":100000},
            "calls_per_day": {"type":["integer","null"],"minimum":0,"maximum":1000000},
            "calls_per_month": {"type":["integer","null"],"minimum":0,"maximum":10000000},
            "sandbox_memory_mb": {"type":["integer","null"],"minimum":128,"maximum":65536},
            "sandbox_cpus": {"type":["number","null"],"minimum":0.1,"maximum":64},
            "sandbox_processes": {"type":["integer","null"],"minimum":32,"maximum":8192},
            "sandbox_disk_mb": {"type":["integer","null"],"minimum":16,"maximum":1000000}
          }
        },
        "allowed_hosts": {
          "maxItems": 100,
          "type": "array",
          "items": {
            "type": "string",
            "maxLength": 260,
            "pattern": "^(\\*|(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?)(:\\d{1,5})?$"
          }
        },
        "note": {"type":"string","minLength":0,"maxLength":500}
      }
    }';
    when 'persona' then return '{
      "type": "object",
      "properties": {
        "name": {"type":"string","minLength":1,"maxLength":80,"pattern":"\\S"},
        "description": {"type":"string","minLength":0,"maxLength":2000},
        "icon": {"type":"string","pattern":"^[a-z0-9-]{1,64}$"},
        "color": {"type":"string","pattern":"^[a-z]{1,32}$"},
        "visibility": {"type":"string","enum":["workspace","private"]},
        "agent_id": {"type":"string","pattern":"^[a-z0-9_-]{1,64}$"},
        "instructions": {"type":"string","minLength":0,"maxLength":50000},
        "model": {
          "type": "object",
          "properties": {
            "primary": {"type":"string","minLength":1,"maxLength":200},
            "fallbacks": {"maxItems":5,"type":"array","items":{"type":"string","minLength":1,"maxLength":200}},
            "temperature": {"type":["number","null"],"minimum":0,"maximum":2},
            "max_output_tokens": {"type":["integer","null"],"minimum":1,"maximum":1000000}
          },
          "required": ["primary"]
        },
        "limits": {
          "type": "object",
          "properties": {
            "max_segments": {"type":["integer","null"],"minimum":1,"maximum":1000},
            "max_seconds": {"type":["integer","null"],"minimum":1,"maximum":604800},
            "max_parallel_runs": {"type":["integer","null"],"minimum":1,"maximum":100000},
            "max_attempts": {"type":["integer","null"],"minimum":1,"maximum":100},
            "runs_per_hour": {"type":["integer","null"],"minimum":1,"maximum":1000000},
            "max_repeats": {"type":["integer","null"],"minimum":1,"maximum":1000},
            "max_idle_segments": {"type":["integer","null"],"minimum":1,"maximum":1000},
            "cost_per_run": {"type":["number","null"],"minimum":0,"maximum":1000000},
            "cost_per_day": {"type":["number","null"],"minimum":0,"maximum":1000000},
            "cost_per_month": {"type":["number","null"],"minimum":0,"maximum":1000000},
            "calls_per_run": {"type":["integer","null"],"minimum":0,"maximum":100000},
            "calls_per_day": {"type":["integer","null"],"minimum":0,"maximum":1000000},
            "calls_per_month": {"type":["integer","null"],"minimum":0,"maximum":10000000},
            "sandbox_memory_mb": {"type":["integer","null"],"minimum":128,"maximum":65536},
            "sandbox_cpus": {"type":["number","null"],"minimum":0.1,"maximum":64},
            "sandbox_processes": {"type":["integer","null"],"minimum":32,"maximum":8192},
            "sandbox_disk_mb": {"type":["integer","null"],"minimum":16,"maximum":1000000}
          }
        },
        "allowed_hosts": {
          "maxItems": 100,
          "type": "array",
          "items": {
            "type": "string",
            "maxLength": 260,
            "pattern": "^(\\*|(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?)(:\\d{1,5})?$"
          }
        },
        "note": {"type":"string","minLength":0,"maxLength":500}
      },
      "required": ["name"]
    }';
    when 'conditions' then return '{
      "maxItems": 20,
      "type": "array",
      "items": {
        "type": "object",
        "properties": {
          "argument": {"type":"string","minLength":1,"maxLength":100},
          "operator": {"type":"string","enum":["equals","not_equals","contains","domain_in","domain_not_in"]},
          "value": {
            "type": ["string","array"],
            "minLength": 0,
            "maxLength": 1000,
            "maxItems": 100,
            "items": {"type":"string","minLength":0,"maxLength":1000}
          },
          "policy": {"type":"string","enum":["allow","ask","deny"]}
        },
        "required": ["argument","operator","value","policy"]
      }
    }';
    when 'persona_tool' then return '{
      "type": "object",
      "properties": {
        "is_enabled": {"type":"boolean"},
        "policy": {"type":"string","enum":["default","allow","ask","deny"]},
        "conditions": {
          "maxItems": 20,
          "type": "array",
          "items": {
            "type": "object",
            "properties": {
              "argument": {"type":"string","minLength":1,"maxLength":100},
              "operator": {"type":"string","enum":["equals","not_equals","contains","domain_in","domain_not_in"]},
              "value": {
                "type": ["string","array"],
                "minLength": 0,
                "maxLength": 1000,
                "maxItems": 100,
                "items": {"type":"string","minLength":0,"maxLength":1000}
              },
              "policy": {"type":"string","enum":["allow","ask","deny"]}
            },
            "required": ["argument","operator","value","policy"]
          }
        },
        "granted_secrets": {"maxItems":50,"type":"array","items":{"type":"string","minLength":1,"maxLength":64}}
      }
    }';
    when 'sealed' then return '{
      "type": "object",
      "properties": {
        "ciphertext": {
          "type": "string",
          "maxLength": 200000,
          "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$"
        },
        "nonce": {
          "type": "string",
          "maxLength": 200,
          "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$"
        },
        "key_id": {"type":"string","minLength":1,"maxLength":64}
      },
      "required": ["ciphertext","nonce","key_id"]
    }';
    when 'provider' then return '{
      "type": "object",
      "properties": {
        "base_url": {"type":"string","maxLength":500,"pattern":"^[Hh][Tt][Tt][Pp][Ss]?:\\/\\/[^/?#\\s]+([/?#]\\S*)?$"},
        "api_key": {
          "type": "object",
          "properties": {
            "ciphertext": {
              "type": "string",
              "maxLength": 200000,
              "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$"
            },
            "nonce": {
              "type": "string",
              "maxLength": 200,
              "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$"
            },
            "key_id": {"type":"string","minLength":1,"maxLength":64}
          },
          "required": ["ciphertext","nonce","key_id"]
        },
        "models": {"minItems":1,"maxItems":100,"type":"array","items":{"type":"string","minLength":1,"maxLength":200}},
        "vision_models": {"maxItems":100,"type":"array","items":{"type":"string","minLength":1,"maxLength":200}},
        "leave_out": {
          "maxItems": 30,
          "type": "array",
          "items": {
            "type": "string",
            "enum": [
              "max_tokens",
              "max_completion_tokens",
              "temperature",
              "stream_options",
              "null_content",
              "own_fields",
              "schema.additionalProperties",
              "schema.$schema",
              "schema.const",
              "schema.default",
              "schema.format",
              "schema.pattern",
              "schema.propertyNames",
              "schema.patternProperties",
              "schema.minimum",
              "schema.maximum",
              "schema.exclusiveMinimum",
              "schema.exclusiveMaximum",
              "schema.multipleOf",
              "schema.minLength",
              "schema.maxLength",
              "schema.minItems",
              "schema.maxItems",
              "schema.uniqueItems",
              "schema.minProperties",
              "schema.maxProperties",
              "schema.title",
              "schema.examples",
              "schema.oneOf",
              "schema.not"
            ]
          }
        },
        "is_default": {"type":"boolean"},
        "name": {"type":"string","pattern":"^[a-z0-9][a-z0-9-]{0,31}$"}
      },
      "required": ["base_url","models","name"]
    }';
    when 'attachments' then return '{
      "maxItems": 20,
      "type": "array",
      "items": {
        "type": "object",
        "properties": {
          "name": {"type":"string","minLength":1,"maxLength":300},
          "path": {"type":"string","minLength":1,"maxLength":1000},
          "content_type": {"type":"string","minLength":1,"maxLength":200},
          "size": {"type":"integer","minimum":0,"maximum":9007199254740991}
        },
        "required": ["name","path","content_type","size"]
      }
    }';
    when 'fork_changes' then return '{
      "type": "object",
      "properties": {
        "input": {"type":"string","minLength":1,"maxLength":100000,"pattern":"\\S"},
        "model": {
          "type": "object",
          "properties": {
            "primary": {"type":"string","minLength":1,"maxLength":200},
            "fallbacks": {"maxItems":5,"type":"array","items":{"type":"string","minLength":1,"maxLength":200}},
            "temperature": {"type":["number","null"],"minimum":0,"maximum":2},
            "max_output_tokens": {"type":["integer","null"],"minimum":1,"maximum":1000000}
          },
          "required": ["primary"]
        },
        "persona_version_id": {
          "type": "string",
          "pattern": "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$"
        }
      }
    }';
    when 'conversation_changes' then return '{
      "type": "object",
      "properties": {"title":{"type":"string","minLength":1,"maxLength":200,"pattern":"\\S"},"archived":{"type":"boolean"}}
    }';
    when 'approved_calls' then return '{
      "maxItems": 50,
      "type": "array",
      "items": {
        "type": "object",
        "properties": {
          "tool": {"type":"string","minLength":1,"maxLength":64},
          "conditions": {
            "maxItems": 20,
            "type": "array",
            "items": {
              "type": "object",
              "properties": {
                "argument": {"type":"string","minLength":1,"maxLength":100},
                "operator": {"type":"string","enum":["equals","not_equals","contains","domain_in","domain_not_in"]},
                "value": {
                  "type": ["string","array"],
                  "minLength": 0,
                  "maxLength": 1000,
                  "maxItems": 100,
                  "items": {"type":"string","minLength":0,"maxLength":1000}
                }
              },
              "required": ["argument","operator","value"]
            }
          }
        },
        "required": ["tool"]
      }
    }';
    when 'schedule_changes' then return '{
      "type": "object",
      "properties": {
        "name": {"type":"string","minLength":1,"maxLength":80,"pattern":"\\S"},
        "cron": {
          "type": "string",
          "maxLength": 200,
          "pattern": "^\\s*(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|([0-9A-Za-z*,/?#L+-]+\\s+){4}[0-9A-Za-z*,/?#L+-]+)\\s*$"
        },
        "time_zone": {"type":"string","minLength":1,"maxLength":64},
        "input": {"type":"string","minLength":1,"maxLength":100000,"pattern":"\\S"},
        "missed": {"type":"string","enum":["skip","once","all"]},
        "approved_in_advance": {
          "maxItems": 50,
          "type": "array",
          "items": {
            "type": "object",
            "properties": {
              "tool": {"type":"string","minLength":1,"maxLength":64},
              "conditions": {
                "maxItems": 20,
                "type": "array",
                "items": {
                  "type": "object",
                  "properties": {
                    "argument": {"type":"string","minLength":1,"maxLength":100},
                    "operator": {"type":"string","enum":["equals","not_equals","contains","domain_in","domain_not_in"]},
                    "value": {
                      "type": ["string","array"],
                      "minLength": 0,
                      "maxLength": 1000,
                      "maxItems": 100,
                      "items": {"type":"string","minLength":0,"maxLength":1000}
                    }
                  },
                  "required": ["argument","operator","value"]
                }
              }
            },
            "required": ["tool"]
          }
        },
        "is_paused": {"type":"boolean"},
        "next_at": {
          "type": "string",
          "pattern": "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$"
        }
      }
    }';
    when 'schedule' then return '{
      "type": "object",
      "properties": {
        "name": {"type":"string","minLength":1,"maxLength":80,"pattern":"\\S"},
        "cron": {
          "type": "string",
          "maxLength": 200,
          "pattern": "^\\s*(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|([0-9A-Za-z*,/?#L+-]+\\s+){4}[0-9A-Za-z*,/?#L+-]+)\\s*$"
        },
        "time_zone": {"type":"string","minLength":1,"maxLength":64},
        "input": {"type":"string","minLength":1,"maxLength":100000,"pattern":"\\S"},
        "missed": {"type":"string","enum":["skip","once","all"]},
        "approved_in_advance": {
          "maxItems": 50,
          "type": "array",
          "items": {
            "type": "object",
            "properties": {
              "tool": {"type":"string","minLength":1,"maxLength":64},
              "conditions": {
                "maxItems": 20,
                "type": "array",
                "items": {
                  "type": "object",
                  "properties": {
                    "argument": {"type":"string","minLength":1,"maxLength":100},
                    "operator": {"type":"string","enum":["equals","not_equals","contains","domain_in","domain_not_in"]},
                    "value": {
                      "type": ["string","array"],
                      "minLength": 0,
                      "maxLength": 1000,
                      "maxItems": 100,
                      "items": {"type":"string","minLength":0,"maxLength":1000}
                    }
                  },
                  "required": ["argument","operator","value"]
                }
              }
            },
            "required": ["tool"]
          }
        },
        "is_paused": {"type":"boolean"},
        "next_at": {
          "type": "string",
          "pattern": "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$"
        }
      },
      "required": ["name","cron","input"]
    }';
    when 'webhook_changes' then return '{
      "type": "object",
      "properties": {
        "name": {"type":"string","minLength":1,"maxLength":80,"pattern":"\\S"},
        "direction": {"type":"string","enum":["in","out"]},
        "is_enabled": {"type":"boolean"},
        "persona_id": {
          "type": ["string","null"],
          "pattern": "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$"
        },
        "url": {
          "type": ["string","null"],
          "maxLength": 500,
          "pattern": "^[Hh][Tt][Tt][Pp][Ss]?:\\/\\/[^/?#\\s]+([/?#]\\S*)?$"
        },
        "scheme": {"type":"string","enum":["standard","github","hmac","hmac_body","stripe","slack","svix"]},
        "events": {"maxItems":50,"type":"array","items":{"type":"string","pattern":"^[\\w.:*-]{1,100}$"}},
        "input_template": {"type":["string","null"],"minLength":1,"maxLength":10000},
        "secret": {
          "type": "object",
          "properties": {
            "ciphertext": {
              "type": "string",
              "maxLength": 200000,
              "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$"
            },
            "nonce": {
              "type": "string",
              "maxLength": 200,
              "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$"
            },
            "key_id": {"type":"string","minLength":1,"maxLength":64}
          },
          "required": ["ciphertext","nonce","key_id"]
        }
      }
    }';
    when 'webhook' then return '{
      "type": "object",
      "properties": {
        "name": {"type":"string","minLength":1,"maxLength":80,"pattern":"\\S"},
        "direction": {"type":"string","enum":["in","out"]},
        "is_enabled": {"type":"boolean"},
        "persona_id": {
          "type": ["string","null"],
          "pattern": "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$"
        },
        "url": {
          "type": ["string","null"],
          "maxLength": 500,
          "pattern": "^[Hh][Tt][Tt][Pp][Ss]?:\\/\\/[^/?#\\s]+([/?#]\\S*)?$"
        },
        "scheme": {"type":"string","enum":["standard","github","hmac","hmac_body","stripe","slack","svix"]},
        "events": {"maxItems":50,"type":"array","items":{"type":"string","pattern":"^[\\w.:*-]{1,100}$"}},
        "input_template": {"type":["string","null"],"minLength":1,"maxLength":10000},
        "secret": {
          "type": "object",
          "properties": {
            "ciphertext": {
              "type": "string",
              "maxLength": 200000,
              "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$"
            },
            "nonce": {
              "type": "string",
              "maxLength": 200,
              "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$"
            },
            "key_id": {"type":"string","minLength":1,"maxLength":64}
          },
          "required": ["ciphertext","nonce","key_id"]
        },
        "id": {
          "type": "string",
          "pattern": "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$"
        }
      },
      "required": ["name","direction"]
    }';
  end case;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.segment_of(r public.runs, messages jsonb, default_model jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION platform.start_next_turn(r public.runs)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  m public.conversation_messages;
  made public.runs;
begin
  update public.conversations set last_activity_at = platform.now() where id = r.conversation_id;
  if r.replaced_by is not null then
    return;
  end if;
  select * into m from public.conversation_messages w where w.run_id = r.id and w.taken_at is null order by w.position limit 1;
  if m.id is null then
    return;
  end if;
  made := platform.start_run(r.persona_id, m.created_by, 'person', m.input, m.attachments, run_id => m.id, previous => r);
  update public.conversation_messages w set run_id = made.id where w.run_id = r.id and w.taken_at is null;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.start_run(persona_id uuid, actor_id uuid, source text, input text, attachments jsonb DEFAULT '[]'::jsonb, lane text DEFAULT 'interactive'::text, idempotency_key text DEFAULT NULL::text, run_id uuid DEFAULT platform.uuid_v7(), previous public.runs DEFAULT NULL::public.runs)
 RETURNS public.runs
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  p public.personas;
  r public.runs;
  conversation uuid;
  first_message bigint;
begin
  select * into p from public.personas where id = start_run.persona_id;
  r.id := start_run.run_id;
  r.lane := start_run.lane;
  r.trace_id := 'run-' || r.id;
  r.turn := 1;
  if previous.conversation_id is not null then
    r.conversation_id := previous.conversation_id;
    r.turn := previous.turn + 1;
  elsif source not in ('schedule', 'webhook') then
    r.conversation_id := platform.new_conversation(p.workspace_id, p.id, actor_id, input);
  end if;
  conversation := r.conversation_id;
  first_message := platform.send_run(r);
  insert into public.runs (
    id, workspace_id, persona_id, persona_version_id, input, attachments, source, lane, trace_id, msg_id,
    idempotency_key, created_by, step_count, conversation_id, turn, previous_run_id, plan, model_override, deadline_at)
  values (
    r.id, p.workspace_id, p.id, p.current_version_id, start_run.input, start_run.attachments, start_run.source, r.lane,
    r.trace_id, first_message, start_run.idempotency_key, actor_id, 1,
    r.conversation_id, case when r.conversation_id is not null then r.turn end, previous.id, coalesce(previous.plan, '[]'),
    previous.model_override,
    platform.now() + make_interval(secs => platform.limit_of(p.current_version_id, 'max_seconds')::double precision))
  on conflict (created_by, idempotency_key) where idempotency_key is not null do nothing
  returning * into r;
  if not found then
    perform platform.remove('runs_' || start_run.lane, first_message);
    delete from public.conversations where id = conversation;
    return null;
  end if;
  if r.conversation_id is not null then
    perform platform.save_first_message(r);
  end if;
  -- no broadcast: nobody can follow the run before this transaction commits
  insert into public.run_steps (run_id, persona_id, seq, kind, data)
  values (r.id, r.persona_id, 1, 'status', '{"kind": "status", "from": null, "to": "queued", "waiting_for": null, "reason": null}');
  perform platform.audit(r.workspace_id, case when actor_id is null then 'system' else 'person' end, actor_id,
    'run.created', jsonb_strip_nulls(jsonb_build_object(
      'source', source, 'lane', r.lane, 'conversation_id', r.conversation_id, 'turn', r.turn)), r.persona_id, r.id, r.trace_id);
  perform platform.wake('runs');
  return r;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.state_before(r public.runs, OUT checkpoint jsonb, OUT tool_results jsonb, OUT messages jsonb)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  p public.runs;
  earlier uuid := r.previous_run_id;
begin
  messages := '[]';
  while earlier is not null and checkpoint is null loop
    select * into p from public.runs where id = earlier;
    messages := platform.unsaved_messages(p) || messages;
    if p.segment > 0 then
      checkpoint := platform.checkpoint_json(p);
      tool_results := platform.results_of(p);
    end if;
    earlier := p.previous_run_id;
  end loop;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.take_messages(r public.runs, OUT messages jsonb, OUT steps platform.new_step[])
 RETURNS record
 LANGUAGE plpgsql
AS $function$
declare
  new_ids uuid[];
begin
  with taken as (
    update public.conversation_messages m set taken_at = platform.now(), taken_segment = r.segment
    where m.run_id = r.id and m.taken_at is null
    returning m.id
  )
  select array_agg(id) into new_ids from taken;
  select coalesce(jsonb_agg(platform.message_json(m) order by m.position), '[]'),
    coalesce(array_agg(platform.message_step(m) order by m.position) filter (where m.id = any (new_ids)), '{}')
  into messages, steps
  from public.conversation_messages m
  where m.run_id = r.id and m.taken_segment = r.segment and m.id <> r.id;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.unsaved_messages(r public.runs)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  return (
    select coalesce(jsonb_agg(platform.message_json(m) order by m.position), '[]')
    from public.conversation_messages m
    where m.run_id = r.id and coalesce(m.taken_segment, r.segment) >= r.segment);
end
$function$
;

CREATE OR REPLACE FUNCTION public.find_conversations(workspace_id uuid DEFAULT NULL::uuid, persona_id uuid DEFAULT NULL::uuid, q text DEFAULT NULL::text, archived boolean DEFAULT false, before timestamp with time zone DEFAULT NULL::timestamp with time zone, before_id uuid DEFAULT NULL::uuid, most integer DEFAULT 50)
 RETURNS SETOF jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select to_jsonb(c) || jsonb_build_object('last_run', (
    select jsonb_build_object('id', r.id, 'status', r.status, 'waiting_for', r.waiting_for, 'reason', r.reason)
    from public.runs r where r.conversation_id = c.id order by r.turn desc limit 1))
  from public.conversations c
  where (find_conversations.workspace_id is null or c.workspace_id = find_conversations.workspace_id)
    and (find_conversations.persona_id is null or c.persona_id = find_conversations.persona_id)
    and (c.archived_at is not null) = archived
    and (before is null or (c.last_activity_at, c.id) < (before, before_id))
    and public.can_view_persona(c.persona_id)
    and (q is null or strpos(lower(c.title), lower(q)) > 0 or exists (
      select from public.conversation_messages m where m.conversation_id = c.id and strpos(lower(m.input), lower(q)) > 0))
  order by c.last_activity_at desc, c.id desc
  limit least(most, 200)
$function$
;

CREATE OR REPLACE FUNCTION public.fork_run(run_id uuid, segment integer, changes jsonb DEFAULT '{}'::jsonb, effects text DEFAULT 'ledger'::text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  parent public.runs := platform.require_run(run_id);
  p public.personas;
  r public.runs;
begin
  perform platform.require_scope('runs:write', parent.workspace_id);
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
  perform platform.require_room(p);

  r := platform.start_run(p.id, auth.uid(), 'fork',
    case when fork_run.segment < 0 then coalesce(changes ->> 'input', parent.input) else parent.input end,
    parent.attachments);
  update public.runs set
    parent_run_id = parent.id, forked_segment = fork_run.segment,
    added_input = case when fork_run.segment >= 0 then changes ->> 'input' end,
    previous_run_id = case when fork_run.segment < 0 then parent.previous_run_id end,
    model_override = coalesce(changes -> 'model', parent.model_override),
    persona_version_id = coalesce((changes ->> 'persona_version_id')::uuid, parent.persona_version_id)
  where id = r.id returning * into r;
  if fork_run.segment >= 0 then
    r := platform.copy_state(r, parent, fork_run.segment, effects);
    if r.added_input is not null then
      perform platform.add_message(r, r.added_input, '[]', auth.uid());
    end if;
  end if;
  perform platform.audit(r.workspace_id, 'person', auth.uid(), 'run.forked', jsonb_build_object(
    'parent_run_id', parent.id, 'segment', fork_run.segment, 'effects', effects,
    'changed', (select jsonb_agg(k) from jsonb_object_keys(changes) k)), r.persona_id, r.id, r.trace_id);
  return platform.run_json(r);
end
$function$
;

CREATE OR REPLACE FUNCTION public.retry_turn(run_id uuid, input text DEFAULT NULL::text, idempotency_key text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  r public.runs := platform.require_run(run_id);
  p public.personas;
  m public.conversation_messages;
  made public.runs;
begin
  perform platform.require_scope('runs:write', r.workspace_id);
  p := platform.require_persona(r.persona_id, 'user');
  perform platform.require_message(p, coalesce(input, r.input), '[]', idempotency_key);
  m := platform.message_of_key(idempotency_key);
  if m.id is not null then
    return platform.known_retry(m, r);
  end if;
  made := platform.hold_last_turn(r);
  if made.id <> r.id then
    perform platform.refuse(409, 'conversation_went_on', 'The conversation went on after this answer. Only its last message can be tried again.');
  end if;
  r := made;
  if r.finished_at is null then
    r.replaced_by := r.id; -- so that its waiting messages start no run
    perform platform.save_one(platform.end_run(r, 'cancelled', 'replaced', null, null,
      events => array[platform.audit_event('person', auth.uid(), 'run.cancel_requested', platform.with_key('{}'))]));
    perform pg_notify('platform_cancel', r.id::text);
  end if;
  perform platform.require_room(p);
  made := platform.replace_run(r, input);
  update public.conversation_messages w set idempotency_key = retry_turn.idempotency_key where w.id = made.id;
  perform platform.audit(r.workspace_id, 'person', auth.uid(), 'run.replaced', jsonb_build_object(
    'replaced_by', made.id, 'conversation_id', r.conversation_id, 'edited', input is not null), r.persona_id, r.id, r.trace_id);
  return jsonb_build_object('run', platform.run_json(made), 'created', true);
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
  perform platform.require_run(run_id);
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

CREATE OR REPLACE FUNCTION public.send_message(run_id uuid, input text, attachments jsonb DEFAULT '[]'::jsonb, idempotency_key text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  r public.runs := platform.require_run(run_id);
  p public.personas;
  m public.conversation_messages;
begin
  perform platform.require_scope('runs:write', r.workspace_id);
  p := platform.require_persona(r.persona_id, 'user');
  perform platform.require_message(p, input, attachments, idempotency_key);
  m := platform.message_of_key(idempotency_key);
  if m.id is not null then
    if (m.persona_id, m.input, m.attachments) is distinct from (p.id, send_message.input, send_message.attachments) then
      perform platform.refuse(409, 'idempotency_key_reused', 'This Idempotency-Key was already used for a different request. Use a new key.');
    end if;
    return platform.delivery_json(m);
  end if;
  r := platform.hold_last_turn(r);
  if r.finished_at is null then
    if (select count(*) from public.conversation_messages w where w.run_id = r.id and w.taken_at is null) >= 20 then
      perform platform.refuse(429, 'too_many_messages', 'As many messages as allowed (20) wait for this run. Wait until it has read them.');
    end if;
    m := platform.add_message(r, input, attachments, auth.uid(), idempotency_key);
  else
    perform platform.require_room(p);
    r := platform.start_run(p.id, auth.uid(), 'person', input, attachments, previous => r);
    update public.conversation_messages w set idempotency_key = send_message.idempotency_key where w.id = r.id returning * into m;
  end if;
  update public.conversations set last_activity_at = platform.now(), archived_at = null where id = r.conversation_id;
  perform platform.audit(r.workspace_id, 'person', auth.uid(), 'message.sent', jsonb_build_object(
    'message_id', m.id, 'conversation_id', r.conversation_id), r.persona_id, r.id, r.trace_id);
  return platform.delivery_json(m);
end
$function$
;

CREATE OR REPLACE FUNCTION public.update_conversation(conversation_id uuid, changes jsonb)
 RETURNS public.conversations
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  c public.conversations;
begin
  select * into c from public.conversations x where x.id = conversation_id;
  if c.id is null or not public.can_view_persona(c.persona_id) then
    perform platform.refuse(404, 'conversation_not_found', 'This conversation does not exist, or you may not see it.');
  end if;
  perform platform.require_scope('runs:write', c.workspace_id);
  perform platform.require_persona(c.persona_id, 'user');
  perform platform.require_valid(changes, 'conversation_changes');
  update public.conversations x set
    title = coalesce(changes ->> 'title', x.title),
    archived_at = case when changes ? 'archived'
      then case when (changes ->> 'archived')::boolean then coalesce(x.archived_at, platform.now()) end
      else x.archived_at end
  where x.id = c.id returning * into c;
  perform platform.audit_as_me(c.workspace_id, 'conversation.updated', jsonb_build_object(
    'conversation_id', c.id, 'changes', changes), c.persona_id);
  return c;
end
$function$
;

alter table public.runs add constraint runs_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id) ON DELETE SET NULL;

alter table public.runs add constraint runs_previous_run_id_fkey FOREIGN KEY (previous_run_id) REFERENCES public.runs(id) ON DELETE SET NULL;

alter table public.runs add constraint runs_replaced_by_fkey FOREIGN KEY (replaced_by) REFERENCES public.runs(id) ON DELETE SET NULL;

CREATE INDEX conversation_messages_conversation_id_position_idx ON public.conversation_messages USING btree (conversation_id, "position");

CREATE UNIQUE INDEX conversation_messages_created_by_idempotency_key_idx ON public.conversation_messages USING btree (created_by, idempotency_key);

CREATE INDEX conversation_messages_persona_id_idx ON public.conversation_messages USING btree (persona_id);

CREATE INDEX conversation_messages_run_id_position_idx ON public.conversation_messages USING btree (run_id, "position");

CREATE INDEX conversation_messages_waiting ON public.conversation_messages USING btree (run_id) WHERE (taken_at IS NULL);

CREATE INDEX conversations_created_by_idx ON public.conversations USING btree (created_by);

CREATE INDEX conversations_persona_id_last_activity_at_idx ON public.conversations USING btree (persona_id, last_activity_at DESC);

CREATE INDEX conversations_workspace_id_last_activity_at_idx ON public.conversations USING btree (workspace_id, last_activity_at DESC);

CREATE UNIQUE INDEX runs_conversation_id_turn_idx ON public.runs USING btree (conversation_id, turn);

CREATE INDEX runs_previous_run_id_idx ON public.runs USING btree (previous_run_id) WHERE (previous_run_id IS NOT NULL);

CREATE INDEX runs_replaced_by_idx ON public.runs USING btree (replaced_by) WHERE (replaced_by IS NOT NULL);

create policy "people who see a persona see its conversations" on public.conversations as PERMISSIVE for SELECT to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a persona see what was said to it" on public.conversation_messages as PERMISSIVE for SELECT to authenticated using (public.can_view_persona(persona_id));

grant DELETE on table public.conversation_messages to service_role;

grant DELETE on table public.conversations to service_role;

grant EXECUTE on function platform.start_run(persona_id uuid, actor_id uuid, source text, input text, attachments jsonb, lane text, idempotency_key text, run_id uuid, previous public.runs) to platform_executor;

grant EXECUTE on function public.find_conversations(workspace_id uuid, persona_id uuid, q text, archived boolean, before timestamp with time zone, before_id uuid, most integer) to authenticated;

grant EXECUTE on function public.retry_turn(run_id uuid, input text, idempotency_key text) to authenticated;

grant EXECUTE on function public.send_message(run_id uuid, input text, attachments jsonb, idempotency_key text) to authenticated;

grant EXECUTE on function public.update_conversation(conversation_id uuid, changes jsonb) to authenticated;

grant INSERT on table public.conversation_messages to service_role;

grant INSERT on table public.conversations to service_role;

grant MAINTAIN on table public.conversation_messages to service_role;

grant MAINTAIN on table public.conversations to service_role;

grant REFERENCES on table public.conversation_messages to service_role;

grant REFERENCES on table public.conversations to service_role;

grant SELECT on table public.conversation_messages to authenticated;

grant SELECT on table public.conversation_messages to service_role;

grant SELECT on table public.conversations to authenticated;

grant SELECT on table public.conversations to service_role;

grant TRIGGER on table public.conversation_messages to service_role;

grant TRIGGER on table public.conversations to service_role;

grant TRUNCATE on table public.conversation_messages to service_role;

grant TRUNCATE on table public.conversations to service_role;

grant UPDATE on table public.conversation_messages to service_role;

grant UPDATE on table public.conversations to service_role;

alter publication supabase_realtime add table public.conversation_messages;

alter publication supabase_realtime add table public.conversations;

-- What there is already: each run that a person started begins a conversation of its own.
insert into public.conversations (id, workspace_id, persona_id, title, created_by, created_at, last_activity_at)
select r.id, r.workspace_id, r.persona_id, platform.conversation_title(r.input), r.created_by, r.created_at,
  coalesce(r.finished_at, r.created_at)
from public.runs r where r.source not in ('schedule', 'webhook');

insert into public.conversation_messages (
  id, conversation_id, workspace_id, persona_id, run_id, input, attachments, created_by, created_at, taken_at, taken_segment)
select r.id, r.id, r.workspace_id, r.persona_id, r.id, r.input, r.attachments, r.created_by, r.created_at, r.created_at, 0
from public.runs r where r.source not in ('schedule', 'webhook') order by r.created_at, r.id;

-- What a person added when they forked a run. A fork that has not taken it yet takes it now.
insert into public.conversation_messages (
  conversation_id, workspace_id, persona_id, run_id, input, created_by, created_at, taken_at, taken_segment)
select r.id, r.workspace_id, r.persona_id, r.id, r.added_input, r.created_by, r.created_at,
  case when r.segment > r.forked_segment + 1 or r.finished_at is not null then r.created_at end,
  case when r.segment > r.forked_segment + 1 or r.finished_at is not null then r.forked_segment + 1 end
from public.runs r where r.added_input is not null and r.source not in ('schedule', 'webhook') order by r.created_at, r.id;

update public.runs set conversation_id = id, turn = 1 where source not in ('schedule', 'webhook');
