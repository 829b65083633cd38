-- Conversations as people see them: opening, finding, renaming and archiving them, and trying their last turn again.

-- The beginning of what a person asked for, as a title.
create function platform.conversation_title(input text) returns text
language sql immutable
as $$
  select coalesce(nullif(case when length(line) > 80 then rtrim(left(line, 79)) || '…' else line end, ''), 'Conversation')
  from (select btrim(regexp_replace(split_part(btrim(left(input, 2000), E' \t\r\n'), E'\n', 1), '\s+', ' ', 'g')) as line) first
$$;

-- Opens a conversation that begins with this run, and returns the run in it. The caller has locked the run.
create function platform.open_conversation(r public.runs) returns public.runs
language plpgsql
as $$
begin
  r.conversation_id := platform.new_conversation(r.workspace_id, r.persona_id, r.created_by, r.input);
  update public.runs set conversation_id = r.conversation_id, turn = 1 where id = r.id returning * into r;
  perform platform.save_first_message(r);
  return r;
end
$$;

create function platform.new_conversation(workspace_id uuid, persona_id uuid, created_by uuid, input text) returns uuid
language sql
as $$
  insert into public.conversations (workspace_id, persona_id, created_by, title)
  values (new_conversation.workspace_id, new_conversation.persona_id, new_conversation.created_by,
    platform.conversation_title(input))
  returning id
$$;

-- Writes the message that a run begins with. It is there already if it waited for the run before.
create function platform.save_first_message(r public.runs) returns void
language sql
as $$
  insert into public.conversation_messages (
    id, conversation_id, workspace_id, persona_id, run_id, input, attachments, created_by, created_at, taken_at, taken_segment)
  values (r.id, r.conversation_id, r.workspace_id, r.persona_id, r.id, r.input, r.attachments, r.created_by, r.created_at,
    platform.now(), 0)
  on conflict (id) do update set run_id = excluded.run_id, taken_at = excluded.taken_at, taken_segment = 0
$$;

-- Replaces the last run of a conversation by a new one that starts from the same state: it tries again, or, with `input`,
-- takes the last message as the person has rewritten it. A run under way is cancelled. Returns {run, created}.
-- Refuses: run_not_found, scope_missing, not_allowed, invalid_input, conversation_went_on, idempotency_key_reused, and what create_run refuses.
create function public.retry_turn(run_id uuid, input text default null, idempotency_key text default null) returns jsonb
language plpgsql security definer set search_path = ''
as $$
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
$$;

-- Starts the run that replaces an ended one. It gets the same messages; `input` is the new text of the last of them.
create function platform.replace_run(r public.runs, input text) returns public.runs
language plpgsql
as $$
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
$$;

-- The answer to a repeated retry of a run.
create function platform.known_retry(m public.conversation_messages, r public.runs) returns jsonb
language plpgsql stable
as $$
declare
  made public.runs;
begin
  select * into made from public.runs x where x.id = m.run_id;
  if not exists (select from public.runs x where x.id = r.id and x.replaced_by = made.id) then
    perform platform.refuse(409, 'idempotency_key_reused', 'This Idempotency-Key was already used for a different request. Use a new key.');
  end if;
  return jsonb_build_object('run', platform.run_json(made), 'created', false);
end
$$;

-- Finds conversations, the last active ones first, as JSON with their last run. `q` is looked for in the title and in what
-- people said. `before` and `before_id` are the place of the last one of the page before.
create function public.find_conversations(
  workspace_id uuid default null, persona_id uuid default null, q text default null, archived boolean default false,
  before timestamptz default null, before_id uuid default null, most int default 50
) returns setof jsonb
language sql stable security definer set search_path = ''
as $$
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
$$;

-- Changes a conversation. changes = {title?, archived?}. Refuses: conversation_not_found, scope_missing, not_allowed, invalid_input.
create function public.update_conversation(conversation_id uuid, changes jsonb) returns public.conversations
language plpgsql security definer set search_path = ''
as $$
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
$$;

grant execute on function
  public.retry_turn(uuid, text, text),
  public.find_conversations(uuid, uuid, text, boolean, timestamptz, uuid, int),
  public.update_conversation(uuid, jsonb)
  to authenticated;
