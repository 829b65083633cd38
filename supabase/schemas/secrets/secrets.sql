-- Commands on secrets, and the secrets that a call may use.

-- A secret as it is stored, with the workspace and name that its ciphertext is bound to. Only functions and executor have
-- the key.
create function platform.sealed_secret(s public.secrets) returns jsonb
language sql immutable
as $$
  select jsonb_build_object('workspace_id', s.workspace_id, 'name', s.name, 'key_id', s.key_id,
    'ciphertext', encode(s.ciphertext, 'base64'), 'nonce', encode(s.nonce, 'base64'))
$$;

-- The secrets that a tool declares *and* this persona grants it, still encrypted, for the executor.
create function platform.secrets_of(workspace_id uuid, persona_id uuid, tool_id uuid) returns jsonb
language plpgsql stable
as $$
begin
  return (
    select coalesce(jsonb_agg(platform.sealed_secret(s)), '[]')
    from public.persona_tools pt
    join public.tools tool on tool.id = pt.tool_id
    join public.secrets s on s.workspace_id = secrets_of.workspace_id
      and s.name = any (pt.granted_secrets) and s.name = any (tool.secrets)
    where pt.persona_id = secrets_of.persona_id and pt.tool_id = secrets_of.tool_id
  );
end
$$;

-- Saves a secret that the caller has encrypted (base64). Returns its row without the value.
create function public.save_secret(workspace_id uuid, name text, ciphertext text, nonce text, key_id text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
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
$$;

-- Saves a secret that belongs to another row, in the same transaction. sealed = {ciphertext, nonce, key_id}. Returns its id.
create function platform.save_sealed(workspace_id uuid, name text, sealed jsonb) returns uuid
language sql
as $$
  select (public.save_secret(
    save_sealed.workspace_id, save_sealed.name, sealed ->> 'ciphertext', sealed ->> 'nonce', sealed ->> 'key_id') ->> 'id')::uuid
$$;

create function public.delete_secret(secret_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
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
$$;

grant execute on function public.save_secret(uuid, text, text, text, text), public.delete_secret(uuid) to authenticated;
