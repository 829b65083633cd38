-- What the caller's token allows. A session allows all that its person may do, unless it has ended, or lacks the second factor
-- that its account has. (Claims without a session are set by functions that have checked the caller in another way: links in
-- mails.) The token of an API key carries the claim
-- `api_key`, the id of the key. It allows what its scopes say, and nothing once the key is revoked or expired, or outside of
-- the key's workspace. The key is read again for each check, so a revocation acts at once.
--
--   scope             role at most, in a workspace and on a persona   commands
--   runs:read         viewer                                          none
--   runs:write        member, user                                    on runs and schedules
--   approvals:decide  member, user                                    decide
--   admin             the person's own role                           all, except on API keys and the account

-- The caller's key, if it is live and opens this workspace; null if it is not, or if the caller has a session. A null
-- workspace stands for what belongs to no workspace.
create function platform.my_key(workspace_id uuid) returns public.api_keys
language sql stable
as $$
  select k from public.api_keys k
  where k.id = (auth.jwt() ->> 'api_key')::uuid and k.user_id = auth.uid()
    and k.revoked_at is null and (k.expires_at is null or k.expires_at > platform.now())
    and (k.workspace_id is null or k.workspace_id = my_key.workspace_id)
$$;

-- False for a session that has ended, and for one that lacks the second factor that its account has.
create function platform.is_session_complete() returns boolean
language sql stable
as $$
  select auth.jwt() ->> 'session_id' is null or (
    exists (
      select from auth.sessions s where s.id = (auth.jwt() ->> 'session_id')::uuid
      -- the session says it, and not only the token: a factor that was removed leaves tokens behind
      and (auth.jwt() ->> 'aal' = 'aal2' and s.aal::text = 'aal2' or not exists (
        select from auth.mfa_factors f where f.user_id = auth.uid() and f.status = 'verified'
      ))
    )
  )
$$;

-- The highest rank (workspace_rank, persona_rank) that the caller's token allows in a workspace; 0 allows nothing.
create function platform.token_rank(workspace_id uuid) returns int
language plpgsql stable
as $$
declare
  scopes text[];
begin
  if auth.jwt() ->> 'api_key' is null then
    return case when platform.is_session_complete() then 4 else 0 end;
  end if;
  scopes := (platform.my_key(token_rank.workspace_id)).scopes;
  return case
    when 'admin' = any (scopes) then 4
    when scopes && array['runs:write', 'approvals:decide'] then 2
    when scopes is not null then 1
    else 0
  end;
end
$$;

-- Refuses (scope_missing) an API key that lacks this scope in this workspace. Sessions have all scopes.
create function platform.require_scope(scope text, workspace_id uuid) returns void
language plpgsql stable
as $$
begin
  perform platform.require_complete_session();
  if auth.jwt() ->> 'api_key' is not null and not coalesce(
    (platform.my_key(require_scope.workspace_id)).scopes && array[scope, 'admin'], false) then
    perform platform.refuse(403, 'scope_missing', case when workspace_id is null
      then format('This needs an API key with the scope %s that is not limited to one workspace.', scope)
      else format('This API key lacks the scope %s.', scope) end);
  end if;
end
$$;

-- Refuses (scope_missing) an API key whose scopes do not allow this rank.
create function platform.require_scope_for(rank int, workspace_id uuid) returns void
language sql stable
as $$ select platform.require_scope(case when rank > 2 then 'admin' else 'runs:write' end, workspace_id) $$;

-- Refuses (session_needed) every API key.
create function platform.require_session() returns void
language plpgsql stable
as $$
begin
  perform platform.require_complete_session();
  if auth.jwt() ->> 'api_key' is not null then
    perform platform.refuse(403, 'session_needed', 'An API key may not do this. Sign in to do it.');
  end if;
end
$$;

-- Refuses (second_factor_needed) a session that has ended or lacks the second factor of its account.
create function platform.require_complete_session() returns void
language plpgsql stable
as $$
begin
  if auth.jwt() ->> 'api_key' is null and not platform.is_session_complete() then
    perform platform.refuse(401, 'second_factor_needed',
      'This session has ended, or it lacks the code of your second factor. Sign in again.');
  end if;
end
$$;

-- Whether the caller may see what belongs to their account alone: not with an API key.
create function public.may_manage_account() returns boolean
language sql stable security definer set search_path = ''
as $$ select auth.jwt() ->> 'api_key' is null and platform.is_session_complete() $$;

grant execute on function public.may_manage_account() to authenticated;

-- The content of an audit event, with the id of the API key that the caller used.
create function platform.with_key(data jsonb) returns jsonb
language sql stable
return case when auth.jwt() ->> 'api_key' is null then data
  else data || jsonb_build_object('api_key', auth.jwt() ->> 'api_key') end;
