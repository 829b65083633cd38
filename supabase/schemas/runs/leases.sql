-- Leases: the heartbeat prolongs them, and the sweep finds runs that are stuck.

-- Prolongs the leases of a worker. runs = [{id, fence}], tools = [{id, attempt}]. Returns {runs: [id], tools: [id]}: those
-- that the worker no longer owns (cancelled, or claimed by another worker) and must stop.
create function platform.heartbeat(runs jsonb, tools jsonb, lease_seconds int) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  lost_runs jsonb;
  lost_tools jsonb;
begin
  with held as (
    select (h ->> 'id')::uuid as id, (h ->> 'fence')::int as fence from jsonb_array_elements(runs) h
  ), kept as (
    select r.id, r.fence, platform.hide('runs_' || r.lane, r.msg_id, lease_seconds)
    from held join public.runs r using (id, fence) where r.status = 'running'
  )
  select coalesce(jsonb_agg(held.id), '[]') into lost_runs
  from held left join kept using (id, fence) where kept.id is null;

  with held as (
    select (h ->> 'id')::uuid as id, (h ->> 'attempt')::int as attempt from jsonb_array_elements(tools) h
  ), kept as (
    select t.id, t.attempt, platform.hide(
      case when t.msg_id is null then 'runs_' else 'tools_' end || r.lane, coalesce(t.msg_id, r.msg_id), lease_seconds)
    from held join public.tool_runs t using (id, attempt) join public.runs r on r.id = t.run_id
    where t.status = 'started'
  )
  select coalesce(jsonb_agg(held.id), '[]') into lost_tools
  from held left join kept using (id, attempt) where kept.id is null;

  return jsonb_build_object('runs', lost_runs, 'tools', lost_tools);
end
$$;

-- Ends or resumes runs that are stuck. Each executor calls it four times a minute; only one call works at a time, the others
-- return at once. An error with one run is logged, and the run is tried again at the next call. Returns {resent, timed_out,
-- expired}.
create function platform.sweep(grace_seconds int default 30) returns jsonb
language plpgsql security definer set search_path = ''
as $$
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
$$;

-- Sends the missing messages of a run again: its own, or those of its queued and started calls. Returns their number.
create function platform.mend_run(r public.runs) returns int
language plpgsql
as $$
declare
  t public.tool_runs;
  has_message boolean := platform.has_message('runs_' || r.lane, r.msg_id);
  sent int := 0;
begin
  if r.status in ('queued', 'running') then
    if not has_message then
      r.msg_id := platform.send_run(r);
      perform platform.save_one(platform.transition(r));
      sent := 1;
    end if;
    return sent;
  end if;
  for t in
    select * from public.tool_runs where run_id = r.id and status in ('queued', 'started') for update
  loop
    if not (t.msg_id is null and has_message) and not platform.has_message('tools_' || r.lane, t.msg_id) then
      update public.tool_runs set msg_id = platform.send_call(r, t.id) where id = t.id;
      sent := sent + 1;
    end if;
  end loop;
  if not has_message and platform.save_one(platform.resume_when_answered(r)) -> 'resumed' = 'true' then
    sent := sent + 1;
  end if;
  return sent;
end
$$;

grant execute on function platform.heartbeat(jsonb, jsonb, int), platform.sweep(int) to platform_executor;
