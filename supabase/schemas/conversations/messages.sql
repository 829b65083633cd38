-- Messages of people to a run: how they are added, taken by the run, and carried into the next one. No message is lost and
-- none is taken twice, whenever a worker dies:
--
--   - `send_message` holds the lock of the conversation's last run, as does every change of that run's state. So a run either
--     still takes the message, or has ended, and the message starts the next run.
--   - `take_messages` marks a message with the segment whose model call gets it. A claim that repeats the segment gets the same
--     messages again; the checkpoint of the segment has them.
--   - `end_run` starts the next run with the messages that the run has not taken.

-- A message, as the worker gets it.
create function platform.message_json(m public.conversation_messages) returns jsonb
language sql immutable
return jsonb_build_object('id', m.id, 'input', m.input, 'attachments', m.attachments);

-- The step that shows a taken message. A long text is cut; `conversation_messages` has all of it.
create function platform.message_step(m public.conversation_messages) returns platform.new_step
language sql stable
return platform.step('message', jsonb_build_object(
  'message_id', m.id, 'input', left(m.input, 20000), 'created_by', m.created_by, 'attachments', (
    select coalesce(jsonb_agg(a - 'path'), '[]') from jsonb_array_elements(m.attachments) a)));

-- Hands the waiting messages of a run to the model call of its current segment. Returns them, and those that this segment
-- was given before a worker was lost, with a step for each new one.
create function platform.take_messages(r public.runs, out messages jsonb, out steps platform.new_step[])
language plpgsql
as $$
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
$$;

-- What a run of a conversation begins with: the last checkpoint before it, the results of the calls that this checkpoint
-- waits for, and the messages that no checkpoint has, because the runs that took them failed or were cancelled first.
create function platform.state_before(r public.runs, out checkpoint jsonb, out tool_results jsonb, out messages jsonb)
language plpgsql stable
as $$
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
$$;

-- The messages of an ended run that none of its checkpoints has.
create function platform.unsaved_messages(r public.runs) returns jsonb
language plpgsql stable
as $$
begin
  return (
    select coalesce(jsonb_agg(platform.message_json(m) order by m.position), '[]')
    from public.conversation_messages m
    where m.run_id = r.id and coalesce(m.taken_segment, r.segment) >= r.segment);
end
$$;

-- The files that people gave in the conversation of a run, by the message they came with: [{message_id, files}]. A tool finds
-- the files of all turns. Of very long conversations the oldest are left out.
create function platform.given_files(r public.runs) returns jsonb
language plpgsql stable
as $$
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
$$;

-- Adds a message that the run takes before its next model call.
create function platform.add_message(
  r public.runs, input text, attachments jsonb, actor_id uuid, idempotency_key text default null,
  message_id uuid default platform.uuid_v7()
) returns public.conversation_messages
language sql
as $$
  insert into public.conversation_messages (
    id, conversation_id, workspace_id, persona_id, run_id, input, attachments, created_by, idempotency_key)
  values (add_message.message_id, r.conversation_id, r.workspace_id, r.persona_id, r.id, add_message.input,
    add_message.attachments, add_message.actor_id, add_message.idempotency_key)
  returning *
$$;

-- Called when a run of a conversation ends: if it has not taken all of its messages, the first of them starts the next run,
-- which takes the others. The caller has locked the run.
create function platform.start_next_turn(r public.runs) returns void
language plpgsql
as $$
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
$$;

-- Gives a message to a run, as the signed-in person. If the conversation of the run has gone on, its last run gets the
-- message. A run under way takes it before its next model call; a run that has ended is continued by a new run. Returns
-- {run_id, conversation_id, message_id, delivery: 'joins' | 'continues'}. A repeated idempotency key adds nothing, and returns
-- where the message is now.
-- Refuses: run_not_found, scope_missing, not_allowed, invalid_input, invalid_attachment, idempotency_key_reused, too_many_messages, and for
-- a new run what create_run refuses.
create function public.send_message(
  run_id uuid, input text, attachments jsonb default '[]', idempotency_key text default null
) returns jsonb
language plpgsql security definer set search_path = ''
as $$
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
$$;

-- Refuses (invalid_input …) a message that could not begin a run either.
create function platform.require_message(p public.personas, input text, attachments jsonb, idempotency_key text) returns void
language plpgsql stable
as $$
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
$$;

-- The message that the signed-in person sent with this key, or null. Requests with the same key wait for each other.
create function platform.message_of_key(idempotency_key text) returns public.conversation_messages
language plpgsql
as $$
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
$$;

-- Locks the last run of a run's conversation, and opens a conversation for a run that has none.
create function platform.hold_last_turn(r public.runs) returns public.runs
language plpgsql
as $$
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
$$;

create function platform.delivery_json(m public.conversation_messages) returns jsonb
language sql immutable
return jsonb_build_object('run_id', m.run_id, 'conversation_id', m.conversation_id, 'message_id', m.id,
  'delivery', case when m.id = m.run_id then 'continues' else 'joins' end);

grant execute on function public.send_message(uuid, text, jsonb, text) to authenticated;
