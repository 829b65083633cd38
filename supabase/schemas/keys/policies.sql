create policy "people who are signed in see their own keys" on public.api_keys
  for select to authenticated
  using (user_id = (select auth.uid()) and (select public.may_manage_account()));

grant select (id, user_id, workspace_id, name, prefix, scopes, expires_at, last_used_at, revoked_at, created_at)
  on public.api_keys to authenticated;

grant all on public.api_keys to service_role;
