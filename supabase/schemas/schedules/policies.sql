create policy "people who see a persona see its schedules" on public.schedules
  for select to authenticated using (public.can_view_persona(persona_id));

grant select on public.schedules to authenticated;

grant all on public.schedules to service_role;
