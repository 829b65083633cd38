create policy "who uses a persona reads its mail" on public.emails
  for select to authenticated using (public.can_use_persona(persona_id));

create policy "who uses a persona sees its mail's attachments" on public.attachments
  for select to authenticated using (public.can_use_persona(persona_id));

grant select on public.emails, public.attachments to authenticated;

grant all on public.emails, public.attachments to service_role;
