create policy "everyone signed in sees agents" on public.agents for select to authenticated using (true);

create policy "people see the personas that are open to them" on public.personas
  for select to authenticated using (public.can_view_persona(id));

create policy "people who see a persona see its versions" on public.persona_versions
  for select to authenticated using (public.can_view_persona(persona_id));

create policy "people who see a persona see whom it is shared with" on public.persona_members
  for select to authenticated using (public.can_view_persona(persona_id));

grant select on public.agents, public.personas, public.persona_versions, public.persona_members to authenticated;

grant all on public.agents, public.personas, public.persona_versions, public.persona_members to service_role;
