create policy "people who see a persona see its conversations" on public.conversations
  for select to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a persona see what was said to it" on public.conversation_messages
  for select to authenticated using (public.can_view_persona(persona_id));

grant select on public.conversations, public.conversation_messages to authenticated;

grant all on public.conversations, public.conversation_messages to service_role;
