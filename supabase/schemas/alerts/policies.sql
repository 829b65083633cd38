create policy "members and platform admins see alerts" on public.alerts
  for select to authenticated using (public.is_workspace_member(workspace_id) or public.is_platform_admin());

grant select on public.alerts to authenticated;

grant all on public.alerts to service_role;
