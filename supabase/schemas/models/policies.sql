create policy "members see the workspace's model providers" on public.llm_providers
  for select to authenticated using (public.is_workspace_member(workspace_id));

create policy "everyone signed in sees the operator's prices, members those of their workspace" on public.model_prices
  for select to authenticated using (workspace_id is null or public.is_workspace_member(workspace_id));

create policy "admins see the tests of model providers" on public.provider_tests
  for select to authenticated using (public.is_workspace_member(workspace_id, 'admin'));

grant select (id, workspace_id, created_by, name, base_url, model, leave_out, result, created_at, finished_at)
  on public.provider_tests to authenticated;

grant select on public.llm_providers, public.model_prices to authenticated;

grant all on public.llm_providers, public.model_prices, public.provider_tests to service_role;
