-- Following a run live: who may join its Realtime topic, and which tables publish their changes.

-- Whether the signed-in person may read the private topic `run:<id>`: if they may see the run's persona. Only the platform
-- sends on it.
create function public.can_follow_topic(topic text) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from public.runs r
    where topic ~ '^run:[0-9a-f-]{36}$'
      and r.id = nullif(substring(topic from '^run:([0-9a-f-]{36})$'), '')::uuid
      and public.can_view_persona(r.persona_id)
  )
$$;

create policy "people who see a persona follow its runs" on realtime.messages
  for select to authenticated using (public.can_follow_topic((select realtime.topic())));

grant execute on function public.can_follow_topic(text) to authenticated, service_role;

-- Tables that the lists and badges of the web app follow by `postgres_changes`.
do $$
begin
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
  alter publication supabase_realtime add table public.runs, public.approvals, public.personas, public.artifacts,
    public.conversations, public.conversation_messages;
end
$$;
