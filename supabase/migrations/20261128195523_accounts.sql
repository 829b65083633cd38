-- accounts
set check_function_bodies = off;

drop policy "people who are signed in see their own keys" on public.api_keys;

CREATE OR REPLACE FUNCTION platform.invitation_of(token_hash text)
 RETURNS public.workspace_invitations
 LANGUAGE sql
 STABLE
AS $function$
  select v from public.workspace_invitations v
  where v.token_hash = decode(case when invitation_of.token_hash ~ '^[0-9a-f]{64}$' then invitation_of.token_hash else '' end, 'hex')
$function$
;

CREATE OR REPLACE FUNCTION platform.is_session_complete()
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select auth.jwt() ->> 'session_id' is null or (
    exists (select from auth.sessions s where s.id = (auth.jwt() ->> 'session_id')::uuid)
    and (auth.jwt() ->> 'aal' = 'aal2' or not exists (
      select from auth.mfa_factors f where f.user_id = auth.uid() and f.status = 'verified'
    ))
  )
$function$
;

CREATE OR REPLACE FUNCTION platform.remove_workspace(workspace_id uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  delete from public.runs where runs.workspace_id = remove_workspace.workspace_id;
  delete from public.workspaces where id = remove_workspace.workspace_id;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_complete_session()
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  if auth.jwt() ->> 'api_key' is null and not platform.is_session_complete() then
    perform platform.refuse(401, 'second_factor_needed',
      'This session has ended, or it lacks the code of your second factor. Sign in again.');
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_scope(scope text, workspace_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  perform platform.require_complete_session();
  if auth.jwt() ->> 'api_key' is not null and not coalesce(
    (platform.my_key(require_scope.workspace_id)).scopes && array[scope, 'admin'], false) then
    perform platform.refuse(403, 'scope_missing', case when workspace_id is null
      then format('This needs an API key with the scope %s that is not limited to one workspace.', scope)
      else format('This API key lacks the scope %s.', scope) end);
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_session()
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  perform platform.require_complete_session();
  if auth.jwt() ->> 'api_key' is not null then
    perform platform.refuse(403, 'session_needed', 'An API key may not do this. Sign in to do it.');
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_workspace(workspace_id uuid, role text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  perform platform.require_complete_session();
  if not public.is_workspace_member(workspace_id) then
    perform platform.refuse(404, 'workspace_not_found', 'This workspace does not exist, or you may not see it.');
  end if;
  if not public.is_workspace_member(workspace_id, role) then
    perform platform.require_scope_for(platform.workspace_rank(role), workspace_id);
    perform platform.refuse(403, 'not_allowed', format('You need the role %s in this workspace. Ask one of its owners or admins.', role));
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.token_rank(workspace_id uuid)
 RETURNS integer
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  scopes text[];
begin
  if auth.jwt() ->> 'api_key' is null then
    return case when platform.is_session_complete() then 4 else 0 end;
  end if;
  scopes := (platform.my_key(token_rank.workspace_id)).scopes;
  return case
    when 'admin' = any (scopes) then 4
    when scopes && array['runs:write', 'approvals:decide'] then 2
    when scopes is not null then 1
    else 0
  end;
end
$function$
;

CREATE OR REPLACE FUNCTION public.delete_workspace(workspace_id uuid, confirm_name text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform platform.require_workspace(workspace_id, 'owner');
  if confirm_name is distinct from (select name from public.workspaces where id = delete_workspace.workspace_id) then
    perform platform.refuse(422, 'not_confirmed', 'This is not the name of the workspace. Type its exact name to delete it.');
  end if;
  perform platform.audit_as_me(workspace_id, 'workspace.deleted', jsonb_build_object('name', confirm_name));
  perform platform.remove_workspace(workspace_id);
end
$function$
;

CREATE OR REPLACE FUNCTION public.end_session(session_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform platform.require_session();
  delete from auth.sessions s where s.id = end_session.session_id and s.user_id = auth.uid();
  if found then
    perform platform.audit_as_me(null, 'person.session_ended', jsonb_build_object('session_id', end_session.session_id));
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION public.leave_platform(confirm_email text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION public.may_manage_account()
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$ select auth.jwt() ->> 'api_key' is null and platform.is_session_complete() $function$
;

CREATE OR REPLACE FUNCTION public.my_sessions()
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION public.read_invitation(token_hash text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  i public.workspace_invitations := platform.invitation_of(token_hash);
begin
  if i.id is null or i.accepted_at is not null or i.expires_at < platform.now() then
    perform platform.refuse(404, 'invitation_not_found', 'This invitation is used or expired. Ask for a new one.');
  end if;
  return (
    select jsonb_build_object('workspace', w.name, 'inviter', nullif(coalesce(nullif(p.display_name, ''), p.email), ''),
      'role', i.role, 'email', i.email, 'expires_at', i.expires_at,
      'is_member', public.is_workspace_member(i.workspace_id))
    from public.workspaces w left join public.profiles p on p.id = i.invited_by
    where w.id = i.workspace_id
  );
end
$function$
;

create policy "people who are signed in see their own keys" on public.api_keys as PERMISSIVE for SELECT to authenticated using (((user_id = ( SELECT auth.uid() AS uid)) AND ( SELECT public.may_manage_account() AS may_manage_account)));

grant EXECUTE on function public.end_session(session_id uuid) to authenticated;

grant EXECUTE on function public.leave_platform(confirm_email text) to authenticated;

grant EXECUTE on function public.may_manage_account() to authenticated;

grant EXECUTE on function public.my_sessions() to authenticated;

grant EXECUTE on function public.read_invitation(token_hash text) to authenticated;
