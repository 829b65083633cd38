-- Commands on schedules.

-- Creates a schedule, or changes the one with this id; fields that are missing then stay as they are.
-- definition = {name, cron, time_zone, input, missed, approved_in_advance, is_paused, next_at}. The API has checked `cron` and
-- computed `next_at`. That must not be in the past, so that a schedule does not make up for times before it was created.
-- Only editors of the persona may save a schedule with calls that are approved in advance.
create function public.save_schedule(persona_id uuid, definition jsonb, schedule_id uuid default null) returns public.schedules
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas := platform.require_persona(persona_id, 'user');
  s public.schedules;
begin
  perform platform.require_scope('runs:write', p.workspace_id);
  perform platform.require_valid(definition, case when schedule_id is null then 'schedule' else 'schedule_changes' end);
  perform platform.require_times(definition ->> 'time_zone', definition ->> 'next_at');
  if save_schedule.schedule_id is not null then
    definition := to_jsonb(platform.require_schedule(save_schedule.schedule_id, p.id)) || definition;
  end if;
  if jsonb_array_length(coalesce(definition -> 'approved_in_advance', '[]')) > 0 and not public.can_edit_persona(p.id) then
    perform platform.refuse(403, 'not_allowed', 'Only editors of this persona may approve calls in advance.');
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
  -- accepts what the executor accepts: names in upper or lower case, but no names that only this server has
  if time_zone is not null and not exists (
    select from pg_timezone_names z
    where lower(z.name) = lower(require_times.time_zone) and z.name !~ '^(posix/|right/|posixrules|localtime|Factory)'
  ) then
    perform platform.refuse(422, 'invalid_input', 'This is not a time zone. Use a name like Europe/Berlin.');
  end if;
  if next_at is not null and (not pg_input_is_valid(next_at, 'timestamptz')
    or next_at::timestamptz < platform.now() - interval '1 minute') then
    perform platform.refuse(422, 'invalid_input', 'next_at must be a time in the future.');
  end if;
end
$$;

-- Returns the schedule, or refuses if the caller may not use its persona.
create function platform.require_schedule(schedule_id uuid, persona_id uuid default null) returns public.schedules
language plpgsql stable
as $$
declare
  s public.schedules;
begin
  select * into s from public.schedules where id = require_schedule.schedule_id;
  if s.id is null or not public.can_view_persona(s.persona_id)
    or s.persona_id is distinct from coalesce(require_schedule.persona_id, s.persona_id) then
    perform platform.refuse(404, 'schedule_not_found', 'This schedule does not exist, or you may not see it.');
  end if;
  perform platform.require_scope('runs:write', s.workspace_id);
  if not public.can_use_persona(s.persona_id) then
    perform platform.refuse(403, 'not_allowed', 'You may see this schedule, but not change it. Ask an owner of the persona to share it with you.');
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

-- Starts a run of the schedule now, in addition to its set times. Refuses what create_run refuses. Returns the run.
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

grant execute on function
  public.save_schedule(uuid, jsonb, uuid),
  public.delete_schedule(uuid),
  public.run_schedule_now(uuid)
  to authenticated;
