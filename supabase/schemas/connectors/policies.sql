create policy "admins see connectors" on public.connectors
  for select to authenticated using (public.is_workspace_member(workspace_id, 'admin'));

grant select on public.connectors to authenticated;

grant all on public.connectors to service_role;
