create policy "people who see a persona see its documents" on public.documents
  for select to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a persona see its memory" on public.chunks
  for select to authenticated using (public.can_view_persona(persona_id));

grant select on public.documents, public.chunks to authenticated;

grant all on public.documents, public.chunks to service_role;
