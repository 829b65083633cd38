create policy "people see built-in tools and the tools of their workspaces" on public.tools
  for select to authenticated using (workspace_id is null or public.is_workspace_member(workspace_id));

create policy "people who see a tool see the tools that it needs" on public.tool_dependencies
  for select to authenticated using (exists (select from public.tools t where t.id = tool_id));

create policy "people who see a persona see its tools" on public.persona_tools
  for select to authenticated using (public.can_view_persona(persona_id));

grant select on public.tools, public.tool_dependencies, public.persona_tools to authenticated;

grant all on public.tools, public.tool_dependencies, public.persona_tools to service_role;
