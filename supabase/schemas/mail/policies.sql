create policy "people who use a persona read its mail" on public.emails
  for select to authenticated using (public.can_use_persona(persona_id));

create policy "people who use a persona see its mail's attachments" on public.attachments
  for select to authenticated using (public.can_use_persona(persona_id));

grant select on public.emails, public.attachments to authenticated;

grant all on public.emails, public.attachments to service_role;
