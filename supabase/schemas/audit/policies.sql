create policy "admins read their workspace's audit log" on public.audit_events
  for select to authenticated using (public.is_workspace_member(workspace_id, 'admin'));

grant select on public.audit_events to authenticated;

revoke all on public.audit_events from service_role;
grant select on public.audit_events to service_role;

-- only the service may read statements, because they contain the heads of all workspaces
revoke all on public.audit_statements from service_role;
grant select on public.audit_statements to service_role;
