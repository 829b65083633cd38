create policy "people see themselves and their colleagues" on public.profiles
  for select to authenticated using (id = (select auth.uid()) or public.is_colleague(id));

create policy "members see their workspace" on public.workspaces
  for select to authenticated using (public.is_workspace_member(id));

create policy "members see the members of their workspace" on public.workspace_members
  for select to authenticated using (public.is_workspace_member(workspace_id));

create policy "admins see open invitations" on public.workspace_invitations
  for select to authenticated using (public.is_workspace_member(workspace_id, 'admin'));

grant select (id, workspace_id, email, role, invited_by, expires_at, accepted_at, created_at)
  on public.workspace_invitations to authenticated;

grant select on public.profiles, public.workspaces, public.workspace_members to authenticated;

grant all on public.profiles, public.workspaces, public.workspace_members, public.workspace_invitations to service_role;
