-- Starting runs of schedules that are due. The executor computes due times with a cron library. The database makes sure that
-- each due time starts at most one run: the transaction that starts the run also moves `next_at` on, and refuses if `next_at`
-- is not the one that the executor saw. Also, (schedule_id, due_at) is unique.

-- The schedules that are due: [{id, cron, time_zone, next_at, missed}].
create function platform.due_schedules(max_schedules int) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', s.id, 'cron', s.cron, 'time_zone', s.time_zone, 'next_at', s.next_at, 'missed', s.missed)), '[]')
  from (
    select * from public.schedules where not is_paused and next_at <= platform.now() order by next_at limit max_schedules
  ) s
$$;

-- Pauses a schedule that cannot start runs, and raises an alert with the reason. Does nothing if another executor was faster.
create function platform.pause_schedule(schedule_id uuid, seen timestamptz, kind text, message text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  s public.schedules;
begin
  update public.schedules set is_paused = true
  where id = pause_schedule.schedule_id and not is_paused and next_at = seen
  returning * into s;
  if s.id is not null then
    perform platform.raise_alert(s.workspace_id, s.persona_id, kind,
      format('The schedule "%s" is paused: %s', s.name, pause_schedule.message), jsonb_build_object('schedule_id', s.id));
    perform platform.audit(s.workspace_id, 'system', null, 'schedule.paused',
      jsonb_build_object('schedule_id', s.id, 'reason', kind), s.persona_id);
  end if;
end
$$;

-- Starts the runs of a schedule for its due times, and moves `next_at` on. `seen` is the old `next_at`; does nothing if
-- another executor was faster. Returns {fired, skipped}. Pauses a schedule that raises an error, so that it is not tried
-- forever.
create function platform.fire_schedule(schedule_id uuid, seen timestamptz, due_times jsonb, next_at timestamptz)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  return platform.fire_due_times(schedule_id, seen, due_times, next_at);
exception when others then
  if platform.is_transient(sqlstate) then
    raise;
  end if;
  raise warning 'schedule % cannot fire: % (%)', schedule_id, sqlerrm, sqlstate;
  perform platform.pause_schedule(schedule_id, seen, 'schedule_failed', 'its run could not be started. Check the '
    || 'settings of its persona, then resume the schedule.');
  return jsonb_build_object('fired', 0, 'skipped', jsonb_array_length(due_times));
end
$$;

create function platform.fire_due_times(schedule_id uuid, seen timestamptz, due_times jsonb, next_at timestamptz)
returns jsonb
language plpgsql
as $$
declare
  s public.schedules;
  p public.personas;
  due timestamptz;
  fired int := 0;
  skipped int := 0;
begin
  -- not `for update`: a concurrent run_schedule_now holds the lock of a limit (is_full) and refers to this row
  select * into s from public.schedules where id = fire_due_times.schedule_id for no key update;
  if s.id is null or s.is_paused or s.next_at is distinct from seen then
    return jsonb_build_object('fired', 0, 'skipped', 0);
  end if;
  if not exists (
    select from public.workspace_members m where m.workspace_id = s.workspace_id and m.user_id = s.created_by
  ) then
    perform platform.pause_schedule(s.id, seen, 'schedule_without_owner', 'the person who created it has left the workspace.');
    return jsonb_build_object('fired', 0, 'skipped', jsonb_array_length(due_times));
  end if;
  select * into p from public.personas where id = s.persona_id;
  for due in select value::timestamptz from jsonb_array_elements_text(due_times) order by 1 loop
    if platform.fire_once(s, p, due) then
      fired := fired + 1;
    else
      skipped := skipped + 1;
    end if;
  end loop;
  update public.schedules set next_at = fire_due_times.next_at, last_at = platform.now() where id = s.id;
  return jsonb_build_object('fired', fired, 'skipped', skipped);
end
$$;

create function platform.fire_once(s public.schedules, p public.personas, due timestamptz) returns boolean
language plpgsql
as $$
declare
  refusal jsonb := platform.run_refusal(p, s.created_by);
  r public.runs;
begin
  if refusal is not null then
    perform platform.audit(s.workspace_id, 'system', null, 'schedule.skipped',
      jsonb_build_object('schedule_id', s.id, 'due_at', due, 'code', refusal ->> 'code'), s.persona_id);
    perform platform.raise_alert(s.workspace_id, s.persona_id, 'schedule_skipped',
      format('The schedule "%s" could not start a run: %s', s.name, refusal ->> 'message'), jsonb_build_object('schedule_id', s.id));
    return false;
  end if;
  if exists (select from public.runs where schedule_id = s.id and due_at = due) then
    return false;
  end if;
  r := platform.start_run(s.persona_id, s.created_by, 'schedule', s.input, '[]', 'normal');
  update public.runs set schedule_id = s.id, due_at = due where id = r.id;
  return true;
end
$$;

grant execute on function
  platform.due_schedules(int),
  platform.fire_schedule(uuid, timestamptz, jsonb, timestamptz),
  platform.pause_schedule(uuid, timestamptz, text, text)
  to platform_executor;
