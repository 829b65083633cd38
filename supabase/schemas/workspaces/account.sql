-- The caller's own account: where it is signed in, and its end.

-- The caller's sessions, newest first: [{id, created_at, refreshed_at, user_agent, ip, is_current}].
create function public.my_sessions() returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform platform.require_session();
  return (
    select coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'created_at', s.created_at,
      'refreshed_at', s.refreshed_at at time zone 'utc', 'user_agent', s.user_agent, 'ip', host(s.ip),
      'is_current', s.id::text is not distinct from auth.jwt() ->> 'session_id') order by s.created_at desc), '[]')
    from auth.sessions s
    where s.user_id = auth.uid() and (s.not_after is null or s.not_after > platform.now())
  );
end
$$;

-- Ends one of the caller's sessions: its next request is refused. Ending it twice is not an error.
create function public.end_session(session_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform platform.require_session();
  delete from auth.sessions s where s.id = end_session.session_id and s.user_id = auth.uid();
  if found then
    perform platform.audit_as_me(null, 'person.session_ended', jsonb_build_object('session_id', end_session.session_id));
  end if;
end
$$;

-- Takes the caller out of everything, so that their account can be deleted: workspaces without other members are deleted, all
-- others are left, and API keys end. The functions then erase the person from the audit log and delete the account.
-- Refuses: session_needed, not_confirmed, last_owner (others would be left without an owner).
create function public.leave_platform(confirm_email text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  w record;
  orphaned text;
begin
  perform platform.require_session();
  if lower(btrim(confirm_email)) is distinct from (select lower(p.email) from public.profiles p where p.id = auth.uid()) then
    perform platform.refuse(422, 'not_confirmed', 'This is not the mail address of your account. Type it to delete the account.');
  end if;
  -- one change of members at a time, as in require_member_change
  perform from public.workspaces ws
  where ws.id in (select m.workspace_id from public.workspace_members m where m.user_id = auth.uid())
  order by ws.id for update;
  select string_agg(ws.name, ', ' order by ws.name) into orphaned
  from public.workspaces ws
  join public.workspace_members mine on mine.workspace_id = ws.id and mine.user_id = auth.uid() and mine.role = 'owner'
  where exists (select from public.workspace_members m where m.workspace_id = ws.id and m.user_id <> auth.uid())
    and not exists (
      select from public.workspace_members m where m.workspace_id = ws.id and m.user_id <> auth.uid() and m.role = 'owner');
  if orphaned is not null then
    perform platform.refuse(409, 'last_owner', format(
      'You are the only owner of %s, and others work there. Make somebody else an owner, or delete it, first.', orphaned));
  end if;
  for w in
    select ws.id, ws.name,
      not exists (select from public.workspace_members m where m.workspace_id = ws.id and m.user_id <> auth.uid()) as is_alone
    from public.workspaces ws join public.workspace_members mine on mine.workspace_id = ws.id and mine.user_id = auth.uid()
  loop
    if w.is_alone then
      perform platform.audit_as_me(w.id, 'workspace.deleted', jsonb_build_object('name', w.name));
      perform platform.remove_workspace(w.id);
    else
      perform platform.audit_as_me(w.id, 'member.removed', jsonb_build_object('user_id', auth.uid()));
      delete from public.persona_members m where m.workspace_id = w.id and m.user_id = auth.uid();
      delete from public.workspace_members m where m.workspace_id = w.id and m.user_id = auth.uid();
    end if;
  end loop;
  update public.api_keys k set revoked_at = platform.now() where k.user_id = auth.uid() and k.revoked_at is null;
  perform platform.audit_as_me(null, 'person.left');
end
$$;

grant execute on function public.my_sessions(), public.end_session(uuid), public.leave_platform(text) to authenticated;
