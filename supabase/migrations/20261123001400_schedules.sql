-- Schedules: a persona works at set times. Cron arithmetic is the executor's (a library); that each due time starts at
-- most one run is the database's: a due time fires in the transaction that moves `next_at` on, and only from the
-- `next_at` that the executor saw; (schedule_id, due_at) is unique besides.

alter table public.runs add column schedule_id uuid references public.schedules (id) on delete set null;
alter table public.runs add column due_at timestamptz;
create unique index runs_once_per_due_time on public.runs (schedule_id, due_at) where due_at is not null;

-- definition = {name, cron, time_zone, input, missed, approved_in_advance, is_paused, next_at}; the API has checked `cron`
-- and computed `next_at`, which may not lie in the past: nobody makes up for times before a schedule was made. With a
-- schedule_id it changes that one: what is missing stays. Only who edits a persona may save a schedule with calls approved
-- in advance, so that nobody else decides what they are for.
create function public.save_schedule(persona_id uuid, definition jsonb, schedule_id uuid default null) returns public.schedules
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas := platform.require_persona(persona_id, 'user');
  s public.schedules;
begin
  perform platform.require_valid(definition, case when schedule_id is null then 'schedule' else 'schedule_changes' end);
  perform platform.require_times(definition ->> 'time_zone', definition ->> 'next_at');
  if save_schedule.schedule_id is not null then
    definition := to_jsonb(platform.require_schedule(save_schedule.schedule_id, p.id)) || definition;
  end if;
  if jsonb_array_length(coalesce(definition -> 'approved_in_advance', '[]')) > 0 and not public.can_edit_persona(p.id) then
    perform platform.refuse(403, 'not_allowed', 'Only who edits this persona may approve calls in advance.');
  end if;
  insert into public.schedules as old (
    id, workspace_id, persona_id, name, cron, time_zone, input, missed, approved_in_advance, is_paused, next_at, created_by)
  values (
    coalesce(save_schedule.schedule_id, platform.uuid_v7()), p.workspace_id, p.id, btrim(definition ->> 'name'),
    definition ->> 'cron', coalesce(definition ->> 'time_zone', 'UTC'), definition ->> 'input',
    coalesce(definition ->> 'missed', 'once'), coalesce(definition -> 'approved_in_advance', '[]'),
    coalesce((definition ->> 'is_paused')::boolean, false), (definition ->> 'next_at')::timestamptz, auth.uid())
  on conflict on constraint schedules_pkey do update set
    name = excluded.name, cron = excluded.cron, time_zone = excluded.time_zone, input = excluded.input,
    missed = excluded.missed, approved_in_advance = excluded.approved_in_advance, is_paused = excluded.is_paused,
    next_at = excluded.next_at, created_by = excluded.created_by
  returning * into s;
  perform platform.audit_as_me(p.workspace_id, 'schedule.saved', jsonb_build_object('schedule_id', s.id, 'name', s.name,
    'cron', s.cron, 'time_zone', s.time_zone, 'is_paused', s.is_paused, 'approved_in_advance', s.approved_in_advance), p.id);
  return s;
end
$$;

create function platform.require_times(time_zone text, next_at text) returns void
language plpgsql stable
as $$
begin
  -- as the executor takes them: in any case, without the server's own
  if time_zone is not null and not exists (
    select from pg_timezone_names z
    where lower(z.name) = lower(require_times.time_zone) and z.name !~ '^(posix/|right/|posixrules|localtime|Factory)'
  ) then
    perform platform.refuse(422, 'invalid_input', 'That is no time zone; they are named like Europe/Berlin.');
  end if;
  if next_at is not null and (not pg_input_is_valid(next_at, 'timestamptz')
    or next_at::timestamptz < platform.now() - interval '1 minute') then
    perform platform.refuse(422, 'invalid_input', 'next_at is a time to come.');
  end if;
end
$$;

-- The schedule, when the caller may use its persona.
create function platform.require_schedule(schedule_id uuid, persona_id uuid default null) returns public.schedules
language plpgsql stable
as $$
declare
  s public.schedules;
begin
  select * into s from public.schedules where id = require_schedule.schedule_id;
  if s.id is null or not public.can_view_persona(s.persona_id)
    or s.persona_id is distinct from coalesce(require_schedule.persona_id, s.persona_id) then
    perform platform.refuse(404, 'schedule_not_found', 'There is no such schedule.');
  end if;
  if not public.can_use_persona(s.persona_id) then
    perform platform.refuse(403, 'not_allowed', 'You may look at this schedule, but not change it.');
  end if;
  return s;
end
$$;

create function public.delete_schedule(schedule_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  s public.schedules := platform.require_schedule(schedule_id);
begin
  delete from public.schedules where id = s.id;
  perform platform.audit_as_me(s.workspace_id, 'schedule.deleted', jsonb_build_object('schedule_id', s.id, 'name', s.name), s.persona_id);
end
$$;

-- Starts the schedule's run at once, besides its times. Refuses what create_run refuses. Returns the run.
create function public.run_schedule_now(schedule_id uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  s public.schedules := platform.require_schedule(schedule_id);
  p public.personas;
  refusal jsonb;
  r public.runs;
begin
  select * into p from public.personas where id = s.persona_id;
  refusal := platform.run_refusal(p, auth.uid());
  if refusal is not null then
    perform platform.refuse((refusal ->> 'status')::int, refusal ->> 'code', refusal ->> 'message');
  end if;
  r := platform.start_run(s.persona_id, auth.uid(), 'schedule', s.input, '[]', 'normal');
  update public.runs set schedule_id = s.id where id = r.id returning * into r;
  return platform.run_json(r);
end
$$;

-- Schedules that are due: [{id, cron, time_zone, next_at, missed}].
create function platform.due_schedules(max_schedules int) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', s.id, 'cron', s.cron, 'time_zone', s.time_zone, 'next_at', s.next_at, 'missed', s.missed)), '[]')
  from (
    select * from public.schedules where not is_paused and next_at <= platform.now() order by next_at limit max_schedules
  ) s
$$;

-- Pauses a schedule that cannot fire, and says why in an alert. When another executor was faster, nothing happens.
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

-- Fires a schedule for its due times and moves it on. `seen` is the `next_at` that the caller computed them from: when
-- another executor was faster, nothing happens. Returns {fired, skipped}. A schedule that cannot fire is paused, so that
-- it is not tried for ever.
create function platform.fire_schedule(schedule_id uuid, seen timestamptz, due_times jsonb, next_at timestamptz)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  return platform.fire_due_times(schedule_id, seen, due_times, next_at);
exception when others then
  if platform.passes_by_itself(sqlstate) then
    raise;
  end if;
  raise warning 'schedule % cannot fire: % (%)', schedule_id, sqlerrm, sqlstate;
  perform platform.pause_schedule(schedule_id, seen, 'schedule_failed', 'its run could not be started. Look at the '
    || 'settings of its persona, then resume it.');
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
  -- not `for update`: a run that is started by hand meanwhile refers to this row, under the lock of a limit (is_full)
  select * into s from public.schedules where id = fire_due_times.schedule_id for no key update;
  if s.id is null or s.is_paused or s.next_at is distinct from seen then
    return jsonb_build_object('fired', 0, 'skipped', 0);
  end if;
  if not exists (
    select from public.workspace_members m where m.workspace_id = s.workspace_id and m.user_id = s.created_by
  ) then
    perform platform.pause_schedule(s.id, seen, 'schedule_without_owner', 'who made it has left the workspace.');
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
      format('The schedule "%s" could not start: %s', s.name, refusal ->> 'message'), jsonb_build_object('schedule_id', s.id));
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

-- Was this call approved in advance for the schedule that started the run? By tool, and by every condition on its
-- arguments, each of them for every value.
create function platform.approved_in_advance(r public.runs, tool text, arguments jsonb) returns boolean
language sql stable
as $$
  select exists (
    select from public.schedules s, jsonb_array_elements(s.approved_in_advance) a
    where s.id = r.schedule_id and a ->> 'tool' = approved_in_advance.tool
      and not exists (
        select from jsonb_array_elements(coalesce(a -> 'conditions', '[]')) c
        where not platform.condition_fits(
          platform.argument_of(arguments, c ->> 'argument'), c ->> 'operator', c -> 'value', true)
      )
  )
$$;

grant execute on function
  platform.due_schedules(int), platform.fire_schedule(uuid, timestamptz, jsonb, timestamptz),
  platform.pause_schedule(uuid, timestamptz, text, text)
  to platform_executor;
grant execute on function
  public.save_schedule(uuid, jsonb, uuid), public.delete_schedule(uuid), public.run_schedule_now(uuid)
  to authenticated;
