create policy "admins see the names of secrets" on public.secrets
  for select to authenticated using (public.is_workspace_member(workspace_id, 'admin'));

grant select (id, workspace_id, name, key_id, created_by, created_at, updated_at) on public.secrets to authenticated;

grant all on public.secrets to service_role;
