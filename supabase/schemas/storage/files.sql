-- Files: three private buckets. Every path starts with <workspace>/<persona>/, which the policies check.
--
--   artifacts    files that runs made; only the executor writes here
--   attachments  files that people attach to a run
--   documents    documents that personas remember

insert into storage.buckets (id, name, public) values
  ('artifacts', 'artifacts', false), ('attachments', 'attachments', false), ('documents', 'documents', false)
on conflict (id) do nothing;

-- The persona in the path of a file; null if the path has another form.
create function public.persona_of_path(path text) returns uuid
language sql immutable set search_path = ''
as $$ select substring(path from '^[0-9a-f-]{36}/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/.')::uuid $$;

-- True if the workspace in the path is the workspace of the persona in the path.
create function public.is_persona_path(path text) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from public.personas p
    where p.id = public.persona_of_path(path) and p.workspace_id::text = split_part(path, '/', 1)
  )
$$;

create policy "people who see a persona read its files" on storage.objects
  for select to authenticated
  using (bucket_id in ('artifacts', 'attachments', 'documents') and public.can_view_persona(public.persona_of_path(name)));

create policy "people who use a persona give it attachments" on storage.objects
  for insert to authenticated
  with check (bucket_id = 'attachments' and public.is_persona_path(name)
    and public.can_use_persona(public.persona_of_path(name)));

create policy "people who edit a persona give it documents" on storage.objects
  for insert to authenticated
  with check (bucket_id = 'documents' and public.is_persona_path(name)
    and public.can_edit_persona(public.persona_of_path(name)));

create policy "people who edit a persona remove its documents" on storage.objects
  for delete to authenticated
  using (bucket_id = 'documents' and public.can_edit_persona(public.persona_of_path(name)));

grant execute on function public.persona_of_path(text), public.is_persona_path(text) to authenticated, service_role;
