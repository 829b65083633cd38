-- Erasing content from the audit log. Rows, order and hashes stay, so that the chains can still be verified.

-- Whether a text contains this mail address, and not only as a part of a longer one.
create function platform.contains_email(content text, email text) returns boolean
language sql immutable
return email <> '' and lower(content) ~ (
  '(?<![[:alnum:]._%+-])' || regexp_replace(lower(email), '([^[:alnum:]])', '\\\1', 'g') || '(?!\.?[[:alnum:]-])');

-- Whether an event is by or about this person: they are its actor, or its content contains their id or mail address.
create function platform.is_event_of_person(event public.audit_events, person_id uuid, email text) returns boolean
language sql immutable
return event.actor_id = person_id or strpos(event.data::text, person_id::text) > 0
  or platform.contains_email(event.data::text, email);

-- Erases the content (`data`) of all events of a workspace, or of all events by or about a person in all workspaces. Give
-- exactly one of the two. Erase a person before their account is deleted, because afterwards their mail address is unknown.
-- Each chain gets an event `audit.erased` that lists the erased events, so that nobody can blank a row unnoticed. Events
-- `audit.erased`, and events that are erased already, do not change. Returns the number of erased events.
create function public.erase_audit_content(of_workspace uuid default null, of_person uuid default null) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  email text := coalesce((select p.email from public.profiles p where p.id = of_person), '');
  chain record;
  erased bigint := 0;
begin
  if num_nonnulls(of_workspace, of_person) <> 1 then
    perform platform.refuse(422, 'invalid_input', 'Give either a workspace or a person.');
  end if;
  perform platform.seal_whole_queue();
  for chain in
    with emptied as (
      update public.audit_events e set data = '{}', content_salt = null, erased_at = platform.now()
      where e.erased_at is null and e.data <> '{}' and e.action <> 'audit.erased'
        and (e.workspace_id = of_workspace or platform.is_event_of_person(e, of_person, email))
      returning e.workspace_id, e.seq
    ), spans as (
      select r.workspace_id, min(r.seq) as first, max(r.seq) as last
      from (
        select d.workspace_id, d.seq, d.seq - row_number() over (partition by d.workspace_id order by d.seq) as span
        from emptied d
      ) r
      group by r.workspace_id, r.span
    )
    select s.workspace_id, sum(s.last - s.first + 1)::bigint as events,
      jsonb_agg(jsonb_build_array(s.first, s.last) order by s.first) as spans
    from spans s group by s.workspace_id
  loop
    perform platform.audit(chain.workspace_id, 'system', null, 'audit.erased',
      jsonb_build_object('events', chain.events, 'spans', chain.spans));
    erased := erased + chain.events;
  end loop;
  return erased;
end
$$;

grant execute on function public.erase_audit_content(uuid, uuid) to service_role;
