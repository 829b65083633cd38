create policy "admins see webhooks" on public.webhook_endpoints
  for select to authenticated using (public.is_workspace_member(workspace_id, 'admin'));

create policy "admins see deliveries" on public.webhook_deliveries
  for select to authenticated using (public.is_workspace_member(workspace_id, 'admin'));

grant select on public.webhook_endpoints, public.webhook_deliveries to authenticated;

grant all on public.webhook_endpoints, public.webhook_deliveries to service_role;
