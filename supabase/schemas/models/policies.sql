create policy "members see the workspace's model providers" on public.llm_providers
  for select to authenticated using (public.is_workspace_member(workspace_id));

create policy "everyone signed in sees the operator's prices, members those of their workspace" on public.model_prices
  for select to authenticated using (workspace_id is null or public.is_workspace_member(workspace_id));

grant select on public.llm_providers, public.model_prices to authenticated;

grant all on public.llm_providers, public.model_prices to service_role;
