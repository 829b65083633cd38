create policy "people who see a persona see its model calls" on public.llm_calls
  for select to authenticated using (public.can_view_persona(persona_id));

grant select on public.llm_calls to authenticated;

grant all on public.llm_calls to service_role;
