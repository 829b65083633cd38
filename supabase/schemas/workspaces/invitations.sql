-- Commands on invitations. The database keeps only the hash of an invitation's token.

-- Invites a mail address. The caller makes a random token for the link and passes its SHA-256 in hex.
create function public.invite_member(workspace_id uuid, email text, role text, token_hash text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  i public.workspace_invitations;
begin
  perform platform.require_workspace(invite_member.workspace_id, 'admin');
  if coalesce(role, '') not in ('admin', 'member', 'viewer') then
    perform platform.refuse(422, 'invalid_input', 'People can be invited as admin, member or viewer.');
  end if;
  if coalesce(email, '') !~ '^[^@\s]+@[^@\s]+$' or length(email) > 254 or coalesce(token_hash, '') !~ '^[0-9a-f]{64}$' then
    perform platform.refuse(422, 'invalid_input', 'This is not a valid mail address.');
  end if;
  if exists (
    select from public.workspace_members m join public.profiles p on p.id = m.user_id
    where m.workspace_id = invite_member.workspace_id and lower(p.email) = lower(invite_member.email)
  ) then
    perform platform.refuse(409, 'already_member', 'This person is already in the workspace.');
  end if;
  insert into public.workspace_invitations as i (workspace_id, email, role, token_hash, invited_by, expires_at)
  values (invite_member.workspace_id, lower(invite_member.email), invite_member.role,
    decode(invite_member.token_hash, 'hex'), auth.uid(), platform.now() + interval '7 days')
  on conflict (workspace_id, lower(email)) where accepted_at is null do update set
    role = excluded.role, token_hash = excluded.token_hash, invited_by = excluded.invited_by, expires_at = excluded.expires_at
  returning * into i;
  perform platform.audit_as_me(invite_member.workspace_id, 'member.invited', jsonb_build_object('email', i.email, 'role', i.role));
  return to_jsonb(i) - 'token_hash';
end
$$;

create function public.revoke_invitation(invitation_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  i public.workspace_invitations;
begin
  select * into i from public.workspace_invitations where id = invitation_id and accepted_at is null;
  if i.id is null or not public.is_workspace_member(i.workspace_id, 'admin') then
    perform platform.refuse(404, 'invitation_not_found', 'This invitation does not exist, or is no longer open.');
  end if;
  delete from public.workspace_invitations where id = i.id;
  perform platform.audit_as_me(i.workspace_id, 'member.invitation_revoked', jsonb_build_object('email', i.email));
end
$$;

-- What an invitation offers, for whoever has its link: {workspace, inviter, role, email, expires_at, is_member}.
-- Refuses: invitation_not_found.
create function public.read_invitation(token_hash text) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  i public.workspace_invitations := platform.invitation_of(token_hash);
begin
  if i.id is null or i.accepted_at is not null or i.expires_at < platform.now() then
    perform platform.refuse(404, 'invitation_not_found', 'This invitation is used or expired. Ask for a new one.');
  end if;
  return (
    select jsonb_build_object('workspace', w.name, 'inviter', nullif(coalesce(nullif(p.display_name, ''), p.email), ''),
      'role', i.role, 'email', i.email, 'expires_at', i.expires_at,
      'is_member', public.is_workspace_member(i.workspace_id))
    from public.workspaces w left join public.profiles p on p.id = i.invited_by
    where w.id = i.workspace_id
  );
end
$$;

create function platform.invitation_of(token_hash text) returns public.workspace_invitations
language sql stable
as $$
  select v from public.workspace_invitations v
  where v.token_hash = decode(case when invitation_of.token_hash ~ '^[0-9a-f]{64}$' then invitation_of.token_hash else '' end, 'hex')
$$;

-- Adds the signed-in person to the workspace. The invitation must be for the mail address of their account.
create function public.accept_invitation(token_hash text) returns public.workspaces
language plpgsql security definer set search_path = ''
as $$
declare
  i public.workspace_invitations;
  w public.workspaces;
begin
  perform platform.require_scope('admin', null);
  select * into i from public.workspace_invitations v
  where v.token_hash = decode(case when accept_invitation.token_hash ~ '^[0-9a-f]{64}$' then accept_invitation.token_hash else '' end, 'hex')
  for update;
  if i.id is null or i.accepted_at is not null or i.expires_at < platform.now()
    or i.email <> (select lower(p.email) from public.profiles p where p.id = auth.uid()) then
    perform platform.refuse(404, 'invitation_not_found',
      'This invitation is used, expired, or for another mail address. Ask for a new one.');
  end if;
  update public.workspace_invitations set accepted_at = platform.now() where id = i.id;
  insert into public.workspace_members (workspace_id, user_id, role) values (i.workspace_id, auth.uid(), i.role)
  on conflict do nothing;
  perform platform.audit_as_me(i.workspace_id, 'member.joined', jsonb_build_object('role', i.role));
  select * into w from public.workspaces where id = i.workspace_id;
  return w;
end
$$;

grant execute on function
  public.invite_member(uuid, text, text, text),
  public.revoke_invitation(uuid),
  public.accept_invitation(text),
  public.read_invitation(text)
  to authenticated;
