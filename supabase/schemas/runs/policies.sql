create policy "people who see a persona see its runs" on public.runs
  for select to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a persona see its runs' steps" on public.run_steps
  for select to authenticated using (public.can_view_persona(persona_id));

grant select on public.runs, public.run_steps to authenticated;

grant all on public.runs, public.run_steps to service_role;
