-- Commands that share a persona with members of its workspace.

-- Shares a persona with a member of its workspace, or changes the role that they have on it.
create function public.share_persona(persona_id uuid, user_id uuid, role text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas := platform.require_persona(persona_id, 'owner');
begin
  if platform.persona_rank(role) is null then
    perform platform.refuse(422, 'invalid_input', 'The role on a persona must be owner, editor, user or viewer.');
  end if;
  if not exists (
    select from public.workspace_members m where m.workspace_id = p.workspace_id and m.user_id = share_persona.user_id
  ) then
    perform platform.refuse(404, 'member_not_found', 'This person is not in the workspace. Invite them first.');
  end if;
  insert into public.persona_members (persona_id, user_id, workspace_id, role)
  values (p.id, share_persona.user_id, p.workspace_id, share_persona.role)
  on conflict on constraint persona_members_pkey do update set role = excluded.role;
  perform platform.audit_as_me(p.workspace_id, 'persona.shared', jsonb_build_object('user_id', user_id, 'role', role), p.id);
end
$$;

create function public.unshare_persona(persona_id uuid, user_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas := platform.require_persona(persona_id,
    case when unshare_persona.user_id = auth.uid() then 'viewer' else 'owner' end);
begin
  perform platform.require_scope('admin', p.workspace_id);
  delete from public.persona_members m where m.persona_id = p.id and m.user_id = unshare_persona.user_id;
  perform platform.audit_as_me(p.workspace_id, 'persona.unshared', jsonb_build_object('user_id', user_id), p.id);
end
$$;

grant execute on function public.share_persona(uuid, uuid, text), public.unshare_persona(uuid, uuid) to authenticated;
