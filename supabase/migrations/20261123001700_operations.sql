-- What operators see and do, and the mail that asks people.

do $$
begin
  perform pgmq.create('mail');
end
$$;

-- ── mail to people: a question is sent to who started the run, else to the persona's owners; to nobody who has left ──

-- Puts one message for each person to ask into the queue `mail`: {approval_id, user_id}.
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

-- Claims mails to write: [{msg_id, approval_id, user_id, email, kind, question, tool_name, arguments, persona, expires_at}].
-- Those that are decided meanwhile, and those to people who have left meanwhile, are dropped.
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

-- Ends one try of a mail: sent (or given up) when `retry_seconds` is null, else tried again then.
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

-- The name under which a persona's own mails go out.
create function platform.mail_sender(persona_id uuid) returns text
language sql stable security definer set search_path = ''
return (select p.name from public.personas p where p.id = persona_id);

-- What a signed link shows, and its decision: for functions/api by the service key, after it has checked the signature.
-- The person of the link must still be allowed to decide.
create function public.approval_by_link(approval_id uuid, user_id uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  shown jsonb;
begin
  perform set_config('request.jwt.claims', jsonb_build_object('sub', user_id, 'role', 'authenticated')::text, true);
  select jsonb_build_object('id', a.id, 'kind', a.kind, 'question', a.question, 'options', a.options, 'status', a.status,
    'tool_name', a.tool_name, 'arguments', a.arguments, 'arguments_hash', a.arguments_hash, 'expires_at', a.expires_at,
    'persona', p.name, 'run_id', a.run_id)
  into shown
  from public.approvals a join public.personas p on p.id = a.persona_id
  where a.id = approval_by_link.approval_id and public.can_use_persona(a.persona_id);
  if shown is null then
    perform platform.refuse(404, 'approval_not_found', 'There is no such question.');
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

-- ── operators ───────────────────────────────────────────────────────────────────────────────────────────────────

create function platform.require_platform_admin() returns void
language plpgsql stable
as $$
begin
  if not public.is_platform_admin() then
    perform platform.refuse(403, 'not_allowed', 'This is for platform admins.');
  end if;
end
$$;

-- Depth and age of every queue: [{queue, length, oldest_seconds, total}].
create function platform.queue_stats() returns jsonb
language sql volatile security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'queue', m.queue_name, 'length', m.queue_length, 'oldest_seconds', m.oldest_msg_age_sec, 'total', m.total_messages)
    order by m.queue_name), '[]')
  from pgmq.metrics_all() m
$$;

-- A dead letter can be taken up again while its run is as it was left for it: one that went on without its lost call, or
-- that was taken up before and ended for another reason, has nothing to go on with.
create function platform.can_requeue(d platform.dead_letters, r public.runs) returns boolean
language sql immutable
return d.requeued_at is null and r.status is not distinct from 'failed' and r.fence is not distinct from d.fence;

-- What a platform admin sees of the engine, without anybody's content: {queues, runs, dead_letters}.
create function public.operations() returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  perform platform.require_platform_admin();
  return jsonb_build_object(
    'queues', platform.queue_stats(),
    'runs', (select coalesce(jsonb_object_agg(status, n), '{}')
      from (select status, count(*) as n from public.runs where created_at > platform.now() - interval '1 day' group by status) s),
    'dead_letters', (select coalesce(jsonb_agg(jsonb_build_object(
        'id', d.id, 'queue', d.queue, 'read_count', d.read_count, 'error', d.error, 'run_id', d.run_id,
        'created_at', d.created_at, 'requeued_at', d.requeued_at, 'can_requeue', platform.can_requeue(d, r))
        order by d.created_at desc), '[]')
      from (select * from platform.dead_letters order by created_at desc limit 200) d
      left join public.runs r on r.id = d.run_id));
end
$$;

-- Takes a dead letter up again: its run goes on from its last checkpoint.
-- Refuses: dead_letter_not_found, already_requeued, run_went_on.
create function public.requeue_dead_letter(dead_letter_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  d platform.dead_letters;
  r public.runs;
begin
  perform platform.require_platform_admin();
  select * into d from platform.dead_letters where id = dead_letter_id for update;
  select * into r from public.runs where id = d.run_id for update;
  if r.id is null then
    perform platform.refuse(404, 'dead_letter_not_found', 'There is no such message, or its run is gone.');
  end if;
  if d.requeued_at is not null then
    perform platform.refuse(409, 'already_requeued', 'This was taken up again already.');
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
    platform.step('notice', '{"code": "requeued", "message": "An operator took the run up again."}'),
    platform.status_step('failed', 'queued')]));
  update platform.dead_letters set requeued_at = platform.now() where id = d.id;
  perform platform.audit_as_me(r.workspace_id, 'run.requeued', jsonb_build_object('dead_letter_id', d.id), r.persona_id);
  perform platform.wake('runs');
end
$$;

-- Seals what waits, then walks every chain: for `npm run audit:verify`, by the service key.
-- Returns one row per chain; `broken_seq` names its first broken event, null when it is whole.
create function public.verify_audit() returns table (workspace_id uuid, events bigint, broken_seq bigint)
language plpgsql security definer set search_path = ''
as $$
begin
  while platform.seal_audit() > 0 loop end loop;
  return query select * from platform.verify_audit();
end
$$;
grant execute on function public.verify_audit() to service_role;

grant execute on function
  platform.claim_mails(int, int), platform.finish_mail(bigint, int), platform.mail_sender(uuid), platform.queue_stats()
  to platform_executor;
grant execute on function public.operations(), public.requeue_dead_letter(uuid) to authenticated;
grant execute on function
  public.approval_by_link(uuid, uuid), public.decide_by_link(uuid, uuid, text, text, text)
  to service_role;
