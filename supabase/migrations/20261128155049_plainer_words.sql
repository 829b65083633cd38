-- plainer words
set check_function_bodies = off;

drop policy "admins see which secrets exist" on public.secrets;

CREATE OR REPLACE FUNCTION platform.refuse_audit_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  -- erasing content is allowed, if nothing else changes
  if tg_op = 'UPDATE' and tg_level = 'ROW' then
    if old.erased_at is null and new.erased_at is not null and new.data = '{}' and new.content_salt is null
      and to_jsonb(new) - '{data,content_salt,erased_at}'::text[] = to_jsonb(old) - '{data,content_salt,erased_at}'::text[] then
      return new;
    end if;
  end if;
  raise exception 'audit_events is append-only' using errcode = 'PP002';
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_attachments(p public.personas, attachments jsonb)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  max_bytes constant bigint := 50 * 1024 * 1024;
  too_large text;
begin
  perform platform.require_valid(attachments, 'attachments');
  if exists (
    select from jsonb_array_elements(attachments) a
    where a.value ->> 'path' not like p.workspace_id || '/' || p.id || '/_%' or a.value ->> 'path' like '%/../%'
      or not exists (select from storage.objects o where o.bucket_id = 'attachments' and o.name = a.value ->> 'path')
  ) then
    perform platform.refuse(422, 'invalid_attachment', 'An attachment is not a file of this persona. Upload it first.');
  end if;
  select a.value ->> 'name' into too_large
  from jsonb_array_elements(attachments) a
  join storage.objects o on o.bucket_id = 'attachments' and o.name = a.value ->> 'path'
  where greatest((o.metadata ->> 'size')::numeric, (a.value ->> 'size')::numeric) > max_bytes
  limit 1;
  if found then
    perform platform.refuse(413, 'attachment_too_large',
      format('The file %s is too large. An attachment may have at most 50 MB.', too_large));
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION public.delete_secret(secret_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  s public.secrets;
begin
  select * into s from public.secrets where id = delete_secret.secret_id;
  if s.id is null or not public.is_workspace_member(s.workspace_id, 'admin') then
    perform platform.refuse(404, 'secret_not_found', 'This secret does not exist, or you may not see it.');
  end if;
  delete from public.secrets where id = s.id;
  perform platform.audit_as_me(s.workspace_id, 'secret.deleted', jsonb_build_object('name', s.name));
end
$function$
;

CREATE OR REPLACE FUNCTION public.save_secret(workspace_id uuid, name text, ciphertext text, nonce text, key_id text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  s public.secrets;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  if coalesce(name, '') !~ '^[A-Za-z][A-Za-z0-9_.-]{0,63}$' then
    perform platform.refuse(422, 'invalid_input', 'The name of a secret must start with a letter and contain only letters, digits and the characters _ . -, at most 64.');
  end if;
  perform platform.require_valid(
    jsonb_build_object('ciphertext', ciphertext, 'nonce', nonce, 'key_id', key_id), 'sealed');
  insert into public.secrets as old (workspace_id, name, ciphertext, nonce, key_id, created_by)
  values (save_secret.workspace_id, save_secret.name, decode(save_secret.ciphertext, 'base64'),
    decode(save_secret.nonce, 'base64'), save_secret.key_id, auth.uid())
  on conflict on constraint secrets_workspace_id_name_key do update set
    ciphertext = excluded.ciphertext, nonce = excluded.nonce, key_id = excluded.key_id, updated_at = platform.now()
  returning * into s;
  perform platform.audit_as_me(workspace_id, 'secret.saved', jsonb_build_object('name', s.name));
  return to_jsonb(s) - '{ciphertext,nonce}'::text[];
end
$function$
;

create policy "admins see the names of secrets" on public.secrets as PERMISSIVE for SELECT to authenticated using (public.is_workspace_member(workspace_id, 'admin'::text));
