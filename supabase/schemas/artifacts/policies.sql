create policy "people who see a persona see what it made" on public.artifacts
  for select to authenticated using (public.can_view_persona(persona_id));

grant select on public.artifacts to authenticated;

grant all on public.artifacts to service_role;
