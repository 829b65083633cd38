create policy "people who see a persona see its tool calls" on public.tool_runs
  for select to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a persona see what it asks" on public.approvals
  for select to authenticated using (public.can_view_persona(persona_id));

grant select on public.tool_runs, public.approvals to authenticated;

grant all on public.tool_runs, public.approvals to service_role;
