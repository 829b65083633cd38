-- Who may do what in a workspace. The `is_…` helpers let a policy read as a sentence; the `require_…` ones refuse.

create function platform.workspace_rank(role text) returns int
language sql immutable
as $$ select array_position(array['viewer', 'member', 'admin', 'owner'], role) $$;

-- True when the signed-in person has at least this role in the workspace.
create function public.is_workspace_member(workspace_id uuid, role text default 'viewer') returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from public.workspace_members m
    where m.workspace_id = is_workspace_member.workspace_id
      and m.user_id = (select auth.uid())
      and platform.workspace_rank(m.role) >= platform.workspace_rank(is_workspace_member.role)
  )
$$;

create function public.is_platform_admin() returns boolean
language sql stable security definer set search_path = ''
as $$ select coalesce((select p.is_platform_admin from public.profiles p where p.id = (select auth.uid())), false) $$;

-- True when the two share a workspace: people see the names of their colleagues, of nobody else.
create function public.is_colleague(user_id uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from public.workspace_members mine
    join public.workspace_members theirs using (workspace_id)
    where mine.user_id = (select auth.uid()) and theirs.user_id = is_colleague.user_id
  )
$$;

-- What one may not see does not exist (404); what one sees but may not do is refused (403).
create function platform.require_workspace(workspace_id uuid, role text) returns void
language plpgsql stable
as $$
begin
  if not public.is_workspace_member(workspace_id) then
    perform platform.refuse(404, 'workspace_not_found', 'There is no such workspace.');
  end if;
  if not public.is_workspace_member(workspace_id, role) then
    perform platform.refuse(403, 'not_allowed', format('This needs the role %s in the workspace.', role));
  end if;
end
$$;

create function platform.require_platform_admin() returns void
language plpgsql stable
as $$
begin
  if not public.is_platform_admin() then
    perform platform.refuse(403, 'not_allowed', 'This is for platform admins.');
  end if;
end
$$;

grant execute on function
  public.is_workspace_member(uuid, text),
  public.is_platform_admin(),
  public.is_colleague(uuid)
  to authenticated, service_role;
