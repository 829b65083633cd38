create policy "people who see a persona see its tool calls" on public.tool_runs
  for select to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a persona see what it asks" on public.approvals
  for select to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a persona see what it is always allowed" on public.standing_approvals
  for select to authenticated using (public.can_view_persona(persona_id));

grant select on public.tool_runs, public.approvals, public.standing_approvals to authenticated;

grant all on public.tool_runs, public.approvals, public.standing_approvals to service_role;
