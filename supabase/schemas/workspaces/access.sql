-- Who may do what in a workspace. Policies call the `is_…` functions; commands call the `require_…` functions, which refuse.

create function platform.workspace_rank(role text) returns int
language sql immutable
as $$ select array_position(array['viewer', 'member', 'admin', 'owner'], role) $$;

-- True when the signed-in person has at least this role in the workspace, and their token allows it.
create function public.is_workspace_member(workspace_id uuid, role text default 'viewer') returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from public.workspace_members m
    where m.workspace_id = is_workspace_member.workspace_id
      and m.user_id = (select auth.uid())
      and least(platform.workspace_rank(m.role), platform.token_rank(m.workspace_id))
        >= platform.workspace_rank(is_workspace_member.role)
  )
$$;

create function public.is_platform_admin() returns boolean
language sql stable security definer set search_path = ''
as $$
  select coalesce((select p.is_platform_admin from public.profiles p where p.id = (select auth.uid())), false)
    and platform.token_rank(null) = 4
$$;

-- True when the signed-in person shares a workspace with this one. People see the names of colleagues only.
create function public.is_colleague(user_id uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from public.workspace_members mine
    join public.workspace_members theirs using (workspace_id)
    where mine.user_id = (select auth.uid()) and theirs.user_id = is_colleague.user_id
      and platform.token_rank(mine.workspace_id) > 0
  )
$$;

-- Refuses with 404 what the person may not see, and with 403 what they may see but not do.
create function platform.require_workspace(workspace_id uuid, role text) returns void
language plpgsql stable
as $$
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
$$;

create function platform.require_platform_admin() returns void
language plpgsql stable
as $$
begin
  if not public.is_platform_admin() then
    perform platform.refuse(403, 'not_allowed', 'Only platform admins may do this.');
  end if;
end
$$;

grant execute on function
  public.is_workspace_member(uuid, text),
  public.is_platform_admin(),
  public.is_colleague(uuid)
  to authenticated, service_role;
