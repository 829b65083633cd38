-- Questions by mail. They go to the person who started the run, or else to the persona's owners, and only to members of the
-- workspace. The link in a mail lets this person answer this question.

-- Sends a message {approval_id, user_id} to the queue `mail` for each person to ask.
create function platform.notify_people(a public.approvals) returns void
language sql
as $$
  select pgmq.send('mail', jsonb_build_object('approval_id', a.id, 'user_id', who.user_id), 0)
  from (
    select m.user_id, m.user_id is not distinct from r.created_by as has_started,
      bool_or(m.user_id is not distinct from r.created_by) over () as starter_is_there
    from public.runs r
    join public.workspace_members m on m.workspace_id = r.workspace_id
    left join public.persona_members pm on pm.persona_id = r.persona_id and pm.user_id = m.user_id
    where r.id = a.run_id and (m.user_id = r.created_by or pm.role = 'owner')
  ) who
  join public.profiles p on p.id = who.user_id and p.notify_by_mail
  where who.has_started = who.starter_is_there
$$;

-- Claims mails to send: [{msg_id, approval_id, user_id, email, kind, question, tool_name, arguments, persona, expires_at, …}].
-- Drops mails whose question is decided meanwhile, or whose recipient has left the workspace.
create function platform.claim_mails(max_mails int, lease_seconds int) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  m record;
  work jsonb;
  claimed jsonb := '[]';
begin
  for m in select * from pgmq.read('mail', lease_seconds, max_mails) loop
    select jsonb_build_object('msg_id', m.msg_id, 'read_count', m.read_ct, 'approval_id', a.id, 'user_id', p.id,
      'email', p.email, 'display_name', p.display_name, 'kind', a.kind, 'question', a.question, 'tool_name', a.tool_name,
      'arguments', a.arguments, 'arguments_hash', a.arguments_hash, 'persona', persona.name, 'run_id', a.run_id,
      'expires_at', a.expires_at)
    into work
    from public.approvals a
    join public.personas persona on persona.id = a.persona_id
    join public.profiles p on p.id = (m.message ->> 'user_id')::uuid
    join public.workspace_members w on w.workspace_id = a.workspace_id and w.user_id = p.id
    where a.id = (m.message ->> 'approval_id')::uuid and a.status = 'pending';
    if work is null then
      perform pgmq.delete('mail', m.msg_id);
    else
      claimed := claimed || work;
    end if;
  end loop;
  return claimed;
end
$$;

-- Ends one try to send a mail: it is tried again after `retry_seconds`. Null means sent, or given up.
create function platform.finish_mail(msg_id bigint, retry_seconds int default null) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  if retry_seconds is null then
    perform pgmq.delete('mail', msg_id);
  else
    perform pgmq.set_vt('mail', msg_id, retry_seconds);
  end if;
end
$$;

-- The sender's name of the mails that a persona sends.
create function platform.mail_sender(persona_id uuid) returns text
language sql stable security definer set search_path = ''
return (select p.name from public.personas p where p.id = persona_id);

-- The question that a signed link shows. functions/api calls this and decide_by_link with the service key, after it has
-- checked the signature. The person must still be allowed to decide.
create function public.approval_by_link(approval_id uuid, user_id uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
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
$$;

create function public.decide_by_link(
  approval_id uuid, user_id uuid, decision text, answer text default null, arguments_hash text default null
) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  perform set_config('request.jwt.claims', jsonb_build_object('sub', user_id, 'role', 'authenticated')::text, true);
  return public.decide(approval_id, decision, answer, null, arguments_hash);
end
$$;

grant execute on function
  platform.claim_mails(int, int),
  platform.finish_mail(bigint, int),
  platform.mail_sender(uuid)
  to platform_executor;

grant execute on function
  public.approval_by_link(uuid, uuid),
  public.decide_by_link(uuid, uuid, text, text, text)
  to service_role;
