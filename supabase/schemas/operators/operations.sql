-- Operations for platform admins: the state of the queues, and dead letters.

-- Length and age of every queue: [{queue, length, oldest_seconds, total}].
create function platform.queue_stats() returns jsonb
language sql volatile security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'queue', m.queue_name, 'length', m.queue_length, 'oldest_seconds', m.oldest_msg_age_sec, 'total', m.total_messages)
    order by m.queue_name), '[]')
  from pgmq.metrics_all() m
$$;

-- Whether a dead letter can go back to its queue: only if its run still is as the dead letter left it. A run that went on
-- without the lost call, or was resumed and ended for another reason, does not need the message.
create function platform.can_requeue(d platform.dead_letters, r public.runs) returns boolean
language sql immutable
return d.requeued_at is null and r.status is not distinct from 'failed' and r.fence is not distinct from d.fence;

-- The state of the engine for platform admins, without the content of runs: {queues, runs, dead_letters}.
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

-- Puts a dead letter back into its queue: its run goes on from its last checkpoint.
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
$$;

grant execute on function platform.queue_stats() to platform_executor;

grant execute on function public.operations(), public.requeue_dead_letter(uuid) to authenticated;
