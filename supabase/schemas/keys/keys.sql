-- Commands on API keys, and the check of a key.

-- Saves a key that the caller has made. Only its beginning and its SHA-256 in hex are stored. Returns its row.
-- Refuses: session_needed, invalid_input, too_many_keys, workspace_not_found.
create function public.create_api_key(
  name text, scopes text[], prefix text, key_hash text, workspace_id uuid default null, expires_at timestamptz default null
) returns jsonb
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  max_keys constant int := 50;
  k public.api_keys;
begin
  perform platform.require_session();
  if create_api_key.workspace_id is not null then
    perform platform.require_workspace(create_api_key.workspace_id, 'viewer');
  end if;
  if create_api_key.expires_at <= platform.now() then
    perform platform.refuse(422, 'invalid_input', 'The key would expire in the past.');
  end if;
  if coalesce(create_api_key.key_hash, '') !~ '^[0-9a-f]{64}$' then
    perform platform.refuse(422, 'invalid_input', 'The hash of a key must have 64 hex digits.');
  end if;
  perform from public.profiles p where p.id = auth.uid() for update; -- one new key at a time, so that the limit holds
  if (select count(*) from public.api_keys old where old.user_id = auth.uid() and old.revoked_at is null) >= max_keys then
    perform platform.refuse(409, 'too_many_keys', format('You have %s API keys. Revoke one first.', max_keys));
  end if;
  insert into public.api_keys (user_id, workspace_id, name, prefix, key_hash, scopes, expires_at)
  values (auth.uid(), create_api_key.workspace_id, btrim(create_api_key.name), create_api_key.prefix,
    decode(create_api_key.key_hash, 'hex'), create_api_key.scopes, create_api_key.expires_at)
  returning * into k;
  perform platform.audit_as_me(k.workspace_id, 'api_key.created', jsonb_build_object('key_id', k.id, 'name', k.name,
    'prefix', k.prefix, 'scopes', k.scopes, 'expires_at', k.expires_at));
  return to_jsonb(k) - 'key_hash';
end
$$;

-- Ends a key at once. Revoking it twice is not an error. Refuses: session_needed, key_not_found.
create function public.revoke_api_key(key_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  k public.api_keys;
begin
  perform platform.require_session();
  select * into k from public.api_keys a where a.id = revoke_api_key.key_id and a.user_id = auth.uid() for update;
  if not found then
    perform platform.refuse(404, 'key_not_found', 'This API key does not exist, or it is not yours.');
  end if;
  if k.revoked_at is null then
    update public.api_keys set revoked_at = platform.now() where id = k.id;
    perform platform.audit_as_me(k.workspace_id, 'api_key.revoked',
      jsonb_build_object('key_id', k.id, 'name', k.name, 'prefix', k.prefix));
  end if;
end
$$;

-- Checks a key that somebody sent, for the functions. Returns {id, user_id}, or null if the key is unknown, revoked or
-- expired, or if its person is banned. Hashes the hashes with a random value before it compares them, so that the time of the
-- comparison says nothing about the stored one.
create function public.use_api_key(prefix text, key_hash text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  k public.api_keys;
  blind bytea := decode(replace(gen_random_uuid()::text, '-', ''), 'hex');
begin
  select a.* into k
  from public.api_keys a
  join auth.users u on u.id = a.user_id and (u.banned_until is null or u.banned_until < platform.now())
  where a.prefix = use_api_key.prefix and a.revoked_at is null
    and (a.expires_at is null or a.expires_at > platform.now());
  if sha256(k.key_hash || blind) is distinct from sha256(decode(use_api_key.key_hash, 'hex') || blind) then
    return null;
  end if;
  update public.api_keys a set last_used_at = platform.now()
  where a.id = k.id and (a.last_used_at is null or a.last_used_at < platform.now() - interval '1 minute');
  return jsonb_build_object('id', k.id, 'user_id', k.user_id);
end
$$;

grant execute on function
  public.create_api_key(text, text[], text, text, uuid, timestamptz),
  public.revoke_api_key(uuid)
  to authenticated;

grant execute on function public.use_api_key(text, text) to service_role;
