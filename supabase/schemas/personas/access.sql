-- Who may see, use, edit and own a persona.

create function platform.persona_rank(role text) returns int
language sql immutable
as $$ select array_position(array['viewer', 'user', 'editor', 'owner'], role) $$;

-- The role of the signed-in person on a persona; null if they may not see it. Owners and admins of the workspace own every
-- persona. If the whole workspace sees the persona, members have the role `user` and viewers the role `viewer`. A role that
-- the persona was shared with counts if it is higher. The role is at most what the caller's token allows.
create function public.persona_role(persona_id uuid) returns text
language sql stable security definer set search_path = ''
as $$
  select (array['viewer', 'user', 'editor', 'owner'])[least(platform.persona_rank(role), platform.token_rank(workspace_id))]
  from (
    select p.workspace_id, case
        when m.role in ('owner', 'admin') then 'owner'
        when p.visibility = 'workspace' and m.role = 'member' then 'user'
        when p.visibility = 'workspace' then 'viewer'
      end as role
    from public.personas p
    join public.workspace_members m on m.workspace_id = p.workspace_id and m.user_id = (select auth.uid())
    where p.id = persona_role.persona_id
    union all
    select pm.workspace_id, pm.role
    from public.persona_members pm
    join public.workspace_members m on m.workspace_id = pm.workspace_id and m.user_id = pm.user_id
    where pm.persona_id = persona_role.persona_id and pm.user_id = (select auth.uid())
  ) roles
  where role is not null
  order by platform.persona_rank(role) desc
  limit 1
$$;

create function public.can_view_persona(persona_id uuid) returns boolean
language sql stable security definer set search_path = ''
as $$ select public.persona_role(persona_id) is not null $$;

create function public.can_use_persona(persona_id uuid) returns boolean
language sql stable security definer set search_path = ''
as $$ select coalesce(platform.persona_rank(public.persona_role(persona_id)) >= platform.persona_rank('user'), false) $$;

create function public.can_edit_persona(persona_id uuid) returns boolean
language sql stable security definer set search_path = ''
as $$ select coalesce(platform.persona_rank(public.persona_role(persona_id)) >= platform.persona_rank('editor'), false) $$;

create function public.can_own_persona(persona_id uuid) returns boolean
language sql stable security definer set search_path = ''
as $$ select coalesce(public.persona_role(persona_id) = 'owner', false) $$;

-- Whether this person, who need not be signed in, may edit the persona: an owner or admin of the workspace, or a member of it
-- that the persona is shared with as editor or owner.
create function platform.is_editor(persona_id uuid, user_id uuid) returns boolean
language sql stable
as $$
  select exists (
    select from public.personas p
    join public.workspace_members m on m.workspace_id = p.workspace_id and m.user_id = is_editor.user_id
    left join public.persona_members pm on pm.persona_id = p.id and pm.user_id = m.user_id
    where p.id = is_editor.persona_id and (m.role in ('owner', 'admin') or pm.role in ('owner', 'editor'))
  )
$$;

create function platform.require_persona(persona_id uuid, role text) returns public.personas
language plpgsql stable
as $$
declare
  p public.personas;
  mine text := public.persona_role(persona_id);
begin
  select * into p from public.personas where id = require_persona.persona_id;
  if p.id is null or mine is null then
    perform platform.refuse(404, 'persona_not_found', 'This persona does not exist, or you may not see it.');
  end if;
  if platform.persona_rank(mine) < platform.persona_rank(role) then
    perform platform.require_scope_for(platform.persona_rank(role), p.workspace_id);
    perform platform.refuse(403, 'not_allowed', format('You need the role %s on this persona. Ask one of its owners.', role));
  end if;
  return p;
end
$$;

grant execute on function
  public.persona_role(uuid),
  public.can_view_persona(uuid),
  public.can_use_persona(uuid),
  public.can_edit_persona(uuid),
  public.can_own_persona(uuid)
  to authenticated, service_role;
