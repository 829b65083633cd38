-- Commands on the members of a workspace.

-- Refuses a change that leaves the workspace without an owner, and a change of an owner by somebody who is none. Returns the
-- member's old role.
create function platform.require_member_change(workspace_id uuid, user_id uuid, new_role text) returns text
language plpgsql
as $$
declare
  old_role text;
begin
  -- one change at a time, so that two owners cannot each remove the other
  perform from public.workspaces where id = require_member_change.workspace_id for update;
  select role into old_role from public.workspace_members m
  where m.workspace_id = require_member_change.workspace_id and m.user_id = require_member_change.user_id;
  if old_role is null then
    perform platform.refuse(404, 'member_not_found', 'This person is not in the workspace.');
  end if;
  if (old_role = 'owner' or new_role = 'owner') and not public.is_workspace_member(workspace_id, 'owner') then
    perform platform.refuse(403, 'not_allowed', 'Only an owner may add, change or remove an owner.');
  end if;
  if old_role = 'owner' and new_role is distinct from 'owner' and not exists (
    select from public.workspace_members m
    where m.workspace_id = require_member_change.workspace_id and m.role = 'owner'
      and m.user_id <> require_member_change.user_id
  ) then
    perform platform.refuse(409, 'last_owner', 'A workspace needs an owner. Make somebody else an owner first.');
  end if;
  return old_role;
end
$$;

create function public.set_member_role(workspace_id uuid, user_id uuid, role text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  old_role text;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  if platform.workspace_rank(role) is null then
    perform platform.refuse(422, 'invalid_input', 'The role must be owner, admin, member or viewer.');
  end if;
  old_role := platform.require_member_change(workspace_id, user_id, role);
  update public.workspace_members m set role = set_member_role.role
  where m.workspace_id = set_member_role.workspace_id and m.user_id = set_member_role.user_id;
  perform platform.audit_as_me(workspace_id, 'member.role_changed',
    jsonb_build_object('user_id', user_id, 'from', old_role, 'to', role));
end
$$;

-- Removes a member. Members may remove themselves.
create function public.remove_member(workspace_id uuid, user_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform platform.require_workspace(workspace_id, case when user_id = auth.uid() then 'viewer' else 'admin' end);
  perform platform.require_scope('admin', workspace_id);
  perform platform.require_member_change(workspace_id, user_id, null);
  delete from public.persona_members m
  where m.workspace_id = remove_member.workspace_id and m.user_id = remove_member.user_id;
  delete from public.workspace_members m
  where m.workspace_id = remove_member.workspace_id and m.user_id = remove_member.user_id;
  perform platform.audit_as_me(workspace_id, 'member.removed', jsonb_build_object('user_id', user_id));
end
$$;

grant execute on function public.set_member_role(uuid, uuid, text), public.remove_member(uuid, uuid) to authenticated;
