-- Commands of people: workspaces, members, personas, tools, secrets, model providers. Each checks who asks, changes,
-- and audits, in one call. Refusals: see platform.refuse; codes in contracts/errors.ts.

-- ── guards ──────────────────────────────────────────────────────────────────────────────────────────────────────

-- What one may not see does not exist (404); what one sees but may not do is refused (403).
create function platform.require_workspace(workspace_id uuid, role text) returns void
language plpgsql stable
as $$
begin
  if not public.is_workspace_member(workspace_id) then
    perform platform.refuse(404, 'workspace_not_found', 'There is no such workspace.');
  end if;
  if not public.is_workspace_member(workspace_id, role) then
    perform platform.refuse(403, 'not_allowed', format('This needs the role %s in the workspace.', role));
  end if;
end
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
    perform platform.refuse(404, 'persona_not_found', 'There is no such persona.');
  end if;
  if platform.persona_rank(mine) < platform.persona_rank(role) then
    perform platform.refuse(403, 'not_allowed', format('This needs the role %s on the persona.', role));
  end if;
  return p;
end
$$;

create function platform.audit_as_me(workspace_id uuid, action text, data jsonb default '{}', persona_id uuid default null)
returns void
language sql
as $$ select platform.audit(workspace_id, 'person', auth.uid(), action, data, persona_id) $$;

-- ── people and workspaces ───────────────────────────────────────────────────────────────────────────────────────

-- What is null stays as it is. `notify_by_mail`: whether questions of personas come by mail.
create function public.update_profile(display_name text default null, notify_by_mail boolean default null)
returns public.profiles
language plpgsql security definer set search_path = ''
as $$
declare
  p public.profiles;
begin
  if length(btrim(coalesce(display_name, 'x'))) not between 1 and 80 then
    perform platform.refuse(422, 'invalid_input', 'A name has 1 to 80 characters.');
  end if;
  update public.profiles old set
    display_name = coalesce(btrim(update_profile.display_name), old.display_name),
    notify_by_mail = coalesce(update_profile.notify_by_mail, old.notify_by_mail)
  where id = auth.uid() returning * into p;
  perform platform.audit_as_me(null, 'person.updated');
  return p;
end
$$;

create function public.create_workspace(name text) returns public.workspaces
language plpgsql security definer set search_path = ''
as $$
declare
  w public.workspaces;
begin
  if length(btrim(coalesce(name, ''))) not between 1 and 80 then
    perform platform.refuse(422, 'invalid_input', 'A workspace''s name has 1 to 80 characters.');
  end if;
  insert into public.workspaces (name, created_by) values (btrim(create_workspace.name), auth.uid()) returning * into w;
  insert into public.workspace_members (workspace_id, user_id, role) values (w.id, auth.uid(), 'owner');
  perform platform.audit_as_me(w.id, 'workspace.created', jsonb_build_object('name', w.name));
  return w;
end
$$;

-- changes = {name?, limits?, settings?}; limits and settings are replaced as a whole.
create function public.update_workspace(workspace_id uuid, changes jsonb) returns public.workspaces
language plpgsql security definer set search_path = ''
as $$
declare
  w public.workspaces;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  perform platform.require_valid(changes, 'workspace_changes');
  update public.workspaces set
    name = coalesce(btrim(changes ->> 'name'), workspaces.name), limits = coalesce(changes -> 'limits', limits),
    settings = coalesce(changes -> 'settings', settings), updated_at = platform.now()
  where id = update_workspace.workspace_id returning * into w;
  perform platform.audit_as_me(w.id, 'workspace.updated', changes);
  return w;
end
$$;

-- Deletes a workspace with all that is in it; `confirm_name` must be its name. The audit log stays.
create function public.delete_workspace(workspace_id uuid, confirm_name text) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform platform.require_workspace(workspace_id, 'owner');
  if confirm_name is distinct from (select name from public.workspaces where id = delete_workspace.workspace_id) then
    perform platform.refuse(422, 'not_confirmed', 'Type the workspace''s name to delete it.');
  end if;
  perform platform.audit_as_me(workspace_id, 'workspace.deleted', jsonb_build_object('name', confirm_name));
  delete from public.runs where runs.workspace_id = delete_workspace.workspace_id;
  delete from public.workspaces where id = delete_workspace.workspace_id;
end
$$;

-- Refuses to leave a workspace without an owner, and to act on somebody above oneself.
create function platform.require_member_change(workspace_id uuid, user_id uuid, new_role text) returns text
language plpgsql
as $$
declare
  old_role text;
begin
  -- one change at a time, so that two owners cannot each remove the other
  perform from public.workspaces where id = require_member_change.workspace_id for update;
  select role into old_role from public.workspace_members m
  where m.workspace_id = require_member_change.workspace_id and m.user_id = require_member_change.user_id;
  if old_role is null then
    perform platform.refuse(404, 'member_not_found', 'This person is not in the workspace.');
  end if;
  if (old_role = 'owner' or new_role = 'owner') and not public.is_workspace_member(workspace_id, 'owner') then
    perform platform.refuse(403, 'not_allowed', 'Only an owner may make or change an owner.');
  end if;
  if old_role = 'owner' and new_role is distinct from 'owner' and not exists (
    select from public.workspace_members m
    where m.workspace_id = require_member_change.workspace_id and m.role = 'owner'
      and m.user_id <> require_member_change.user_id
  ) then
    perform platform.refuse(409, 'last_owner', 'A workspace needs an owner. Make somebody else owner first.');
  end if;
  return old_role;
end
$$;

create function public.set_member_role(workspace_id uuid, user_id uuid, role text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  old_role text;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  if platform.workspace_rank(role) is null then
    perform platform.refuse(422, 'invalid_input', 'A role is owner, admin, member or viewer.');
  end if;
  old_role := platform.require_member_change(workspace_id, user_id, role);
  update public.workspace_members m set role = set_member_role.role
  where m.workspace_id = set_member_role.workspace_id and m.user_id = set_member_role.user_id;
  perform platform.audit_as_me(workspace_id, 'member.role_changed',
    jsonb_build_object('user_id', user_id, 'from', old_role, 'to', role));
end
$$;

-- Removes a member; anybody may remove themselves.
create function public.remove_member(workspace_id uuid, user_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform platform.require_workspace(workspace_id, case when user_id = auth.uid() then 'viewer' else 'admin' end);
  perform platform.require_member_change(workspace_id, user_id, null);
  delete from public.persona_members m
  where m.workspace_id = remove_member.workspace_id and m.user_id = remove_member.user_id;
  delete from public.workspace_members m
  where m.workspace_id = remove_member.workspace_id and m.user_id = remove_member.user_id;
  perform platform.audit_as_me(workspace_id, 'member.removed', jsonb_build_object('user_id', user_id));
end
$$;

-- Invites a mail address. The caller made a random token, keeps it for the link, and gives its SHA-256 in hex.
create function public.invite_member(workspace_id uuid, email text, role text, token_hash text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  i public.workspace_invitations;
begin
  perform platform.require_workspace(invite_member.workspace_id, 'admin');
  if coalesce(role, '') not in ('admin', 'member', 'viewer') then
    perform platform.refuse(422, 'invalid_input', 'One can invite as admin, member or viewer.');
  end if;
  if coalesce(email, '') !~ '^[^@\s]+@[^@\s]+$' or length(email) > 254 or coalesce(token_hash, '') !~ '^[0-9a-f]{64}$' then
    perform platform.refuse(422, 'invalid_input', 'That is not a mail address.');
  end if;
  if exists (
    select from public.workspace_members m join public.profiles p on p.id = m.user_id
    where m.workspace_id = invite_member.workspace_id and lower(p.email) = lower(invite_member.email)
  ) then
    perform platform.refuse(409, 'already_member', 'This person is in the workspace already.');
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
    perform platform.refuse(404, 'invitation_not_found', 'There is no such open invitation.');
  end if;
  delete from public.workspace_invitations where id = i.id;
  perform platform.audit_as_me(i.workspace_id, 'member.invitation_revoked', jsonb_build_object('email', i.email));
end
$$;

-- Lets the signed-in person in. The invitation must be for the mail address of the account. Returns the workspace.
create function public.accept_invitation(token_hash text) returns public.workspaces
language plpgsql security definer set search_path = ''
as $$
declare
  i public.workspace_invitations;
  w public.workspaces;
begin
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

-- ── personas ────────────────────────────────────────────────────────────────────────────────────────────────────

-- A new version from a definition over the current one. Keys: agent_id, instructions, model, limits, allowed_hosts, note.
create function platform.add_version(p public.personas, definition jsonb) returns public.persona_versions
language plpgsql
as $$
declare
  old public.persona_versions;
  v public.persona_versions;
begin
  select * into old from public.persona_versions where id = p.current_version_id;
  if definition ? 'agent_id' and not exists (select from public.agents a where a.id = definition ->> 'agent_id') then
    perform platform.refuse(422, 'invalid_input', 'There is no such agent.');
  end if;
  insert into public.persona_versions (
    persona_id, workspace_id, number, agent_id, instructions, model, limits, allowed_hosts, note, created_by)
  values (
    p.id, p.workspace_id,
    (select coalesce(max(n.number), 0) + 1 from public.persona_versions n where n.persona_id = p.id),
    coalesce(definition ->> 'agent_id', old.agent_id, 'office-worker'),
    coalesce(definition ->> 'instructions', old.instructions, ''),
    coalesce(definition -> 'model', old.model, '{"primary": "default", "fallbacks": []}'),
    coalesce(definition -> 'limits', old.limits, '{}'),
    coalesce((select array_agg(h.value) from jsonb_array_elements_text(definition -> 'allowed_hosts') h),
      case when definition ? 'allowed_hosts' then '{}'::text[] end, old.allowed_hosts, '{}'),
    coalesce(definition ->> 'note', ''), auth.uid())
  returning * into v;
  update public.personas set current_version_id = v.id, updated_at = platform.now() where id = p.id;
  return v;
end
$$;

-- definition = {name, description?, icon?, color?, visibility?, agent_id?, instructions?, model?, limits?, allowed_hosts?}
create function public.create_persona(workspace_id uuid, definition jsonb) returns public.personas
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas;
begin
  perform platform.require_workspace(workspace_id, 'member');
  perform platform.require_valid(definition, 'persona');
  insert into public.personas (workspace_id, name, description, icon, color, visibility, created_by)
  values (create_persona.workspace_id, btrim(definition ->> 'name'), coalesce(definition ->> 'description', ''),
    coalesce(definition ->> 'icon', 'user-round'), coalesce(definition ->> 'color', 'primary'),
    coalesce(definition ->> 'visibility', 'workspace'), auth.uid())
  returning * into p;
  insert into public.persona_members (persona_id, user_id, workspace_id, role) values (p.id, auth.uid(), p.workspace_id, 'owner');
  perform platform.add_version(p, definition);
  perform platform.audit_as_me(workspace_id, 'persona.created', jsonb_build_object('name', p.name), p.id);
  select * into p from public.personas where id = p.id;
  return p;
end
$$;

-- Changes what it is called and how it works; the latter makes a new version. Keys as in create_persona, and `status`, `note`.
create function public.update_persona(persona_id uuid, changes jsonb) returns public.personas
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas := platform.require_persona(persona_id, 'editor');
begin
  perform platform.require_valid(changes, 'persona_changes');
  if changes ?| array['visibility', 'status'] and not public.can_own_persona(p.id) then
    perform platform.refuse(403, 'not_allowed', 'Only its owner may pause, archive, hide or open a persona.');
  end if;
  perform from public.personas where id = p.id for update;
  update public.personas set
    name = coalesce(btrim(changes ->> 'name'), name), description = coalesce(changes ->> 'description', description),
    icon = coalesce(changes ->> 'icon', icon), color = coalesce(changes ->> 'color', color),
    visibility = coalesce(changes ->> 'visibility', visibility), status = coalesce(changes ->> 'status', status),
    updated_at = platform.now()
  where id = p.id returning * into p;
  if changes ?| array['agent_id', 'instructions', 'model', 'limits', 'allowed_hosts'] then
    perform platform.add_version(p, changes);
  end if;
  perform platform.audit_as_me(p.workspace_id, 'persona.updated',
    jsonb_build_object('changed', (select jsonb_agg(k) from jsonb_object_keys(changes) k)), p.id);
  select * into p from public.personas where id = p.id;
  return p;
end
$$;

-- Makes a new version that is like an old one.
create function public.restore_persona_version(persona_id uuid, number int) returns public.persona_versions
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas := platform.require_persona(persona_id, 'editor');
  v public.persona_versions;
begin
  perform from public.personas where id = p.id for update;
  select * into v from public.persona_versions pv where pv.persona_id = p.id and pv.number = restore_persona_version.number;
  if v.id is null then
    perform platform.refuse(404, 'version_not_found', 'This persona has no such version.');
  end if;
  v := platform.add_version(p, to_jsonb(v) || jsonb_build_object('note', format('Restored from version %s', v.number)));
  perform platform.audit_as_me(p.workspace_id, 'persona.version_restored',
    jsonb_build_object('restored', restore_persona_version.number, 'version', v.number), p.id);
  return v;
end
$$;

-- Deletes a persona with its runs, files' rows and memory. Refuses while runs are live.
create function public.delete_persona(persona_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas := platform.require_persona(persona_id, 'owner');
begin
  if exists (select from public.runs r where r.persona_id = p.id and r.status in ('queued', 'running', 'waiting')) then
    perform platform.refuse(409, 'persona_busy', 'This persona has live runs. Cancel them first.');
  end if;
  perform platform.audit_as_me(p.workspace_id, 'persona.deleted', jsonb_build_object('name', p.name), p.id);
  delete from public.runs r where r.persona_id = p.id;
  delete from public.personas where id = p.id;
end
$$;

-- Shares a persona with a member of its workspace, or changes what they may do with it.
create function public.share_persona(persona_id uuid, user_id uuid, role text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas := platform.require_persona(persona_id, 'owner');
begin
  if platform.persona_rank(role) is null then
    perform platform.refuse(422, 'invalid_input', 'A role on a persona is owner, editor, user or viewer.');
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
  delete from public.persona_members m where m.persona_id = p.id and m.user_id = unshare_persona.user_id;
  perform platform.audit_as_me(p.workspace_id, 'persona.unshared', jsonb_build_object('user_id', user_id), p.id);
end
$$;

-- ── tools ───────────────────────────────────────────────────────────────────────────────────────────────────────

-- Brings the registry in line with the built-in tools that the executor has. Returns how many rows changed.
create function platform.register_tools(manifests jsonb) returns int
language plpgsql security definer set search_path = ''
as $$
declare
  changed int;
begin
  with wanted as (
    select m.* from jsonb_to_recordset(manifests) m (
      name text, description text, "group" text, input_schema jsonb, output_schema jsonb, effect text, runs text,
      needs jsonb, secrets jsonb, examples jsonb, timeout_seconds int, view jsonb, reconciles boolean)
  ), saved as (
    insert into public.tools as t (
      name, description, group_name, input_schema, output_schema, effect, runs, needs, secrets, examples, timeout_seconds,
      view, reconciles)
    select name, description, "group", input_schema, output_schema, effect, runs,
      array(select jsonb_array_elements_text(wanted.needs)), array(select jsonb_array_elements_text(wanted.secrets)),
      examples, timeout_seconds, nullif(view, 'null'), coalesce(reconciles, false)
    from wanted
    on conflict (workspace_id, name) do update set
      description = excluded.description, group_name = excluded.group_name, input_schema = excluded.input_schema,
      output_schema = excluded.output_schema, effect = excluded.effect, runs = excluded.runs, needs = excluded.needs,
      secrets = excluded.secrets, examples = excluded.examples, timeout_seconds = excluded.timeout_seconds,
      view = excluded.view, reconciles = excluded.reconciles, is_enabled = true, updated_at = platform.now()
    where (t.description, t.group_name, t.input_schema, t.output_schema, t.effect, t.runs, t.needs, t.secrets, t.examples,
        t.timeout_seconds, t.view, t.reconciles, t.is_enabled)
      is distinct from (excluded.description, excluded.group_name, excluded.input_schema, excluded.output_schema,
        excluded.effect, excluded.runs, excluded.needs, excluded.secrets, excluded.examples, excluded.timeout_seconds,
        excluded.view, excluded.reconciles, true)
    returning 1
  ), gone as (
    update public.tools set is_enabled = false, updated_at = platform.now()
    where workspace_id is null and is_enabled and name not in (select name from wanted)
    returning 1
  )
  select (select count(*) from saved) + (select count(*) from gone) into changed;

  insert into public.tool_dependencies (tool_id, depends_on_id)
  select t.id, d.id
  from jsonb_array_elements(manifests) m
  join public.tools t on t.name = m ->> 'name' and t.workspace_id is null,
    jsonb_array_elements_text(m -> 'depends_on') needed
  join public.tools d on d.name = needed and d.workspace_id is null
  on conflict do nothing;
  return changed;
end
$$;

-- Schemas of tools by name, with those they depend on, as far as they are on for the persona.
-- Returns [{name, description, input_schema, effect}].
create function platform.describe_tools(persona_id uuid, names jsonb) returns jsonb
language sql stable security definer set search_path = ''
as $$
  with asked as (
    select t.id from public.tools t
    where t.name in (select jsonb_array_elements_text(names))
  ), wanted as (
    select id from asked
    union
    select d.depends_on_id from public.tool_dependencies d join asked on asked.id = d.tool_id
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'name', t.name, 'description', t.description, 'input_schema', t.input_schema, 'effect', t.effect) order by t.name), '[]')
  from wanted join public.tools t using (id)
  join public.personas p on p.id = describe_tools.persona_id
  left join public.persona_tools pt on pt.persona_id = p.id and pt.tool_id = t.id
  where t.is_enabled and (t.workspace_id is null or t.workspace_id = p.workspace_id)
    and coalesce(pt.is_enabled, true) and coalesce(pt.policy, 'default') <> 'deny'
$$;

-- A persona's say on a tool. settings = {is_enabled?, policy?, conditions?, granted_secrets?}
create function public.set_persona_tool(persona_id uuid, tool_name text, settings jsonb) returns public.persona_tools
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas := platform.require_persona(persona_id, 'editor');
  t public.tools;
  pt public.persona_tools;
begin
  select * into t from public.tools
  where name = tool_name and (workspace_id is null or workspace_id = p.workspace_id) and is_enabled
  order by workspace_id nulls last limit 1;
  if t.id is null then
    perform platform.refuse(404, 'tool_not_found', 'There is no such tool.');
  end if;
  perform platform.require_valid(settings, 'persona_tool');
  if settings ? 'granted_secrets' and not public.is_workspace_member(p.workspace_id, 'admin') then
    perform platform.refuse(403, 'not_allowed', 'Only an admin of the workspace may grant secrets.');
  end if;
  insert into public.persona_tools as old (persona_id, tool_id, workspace_id, is_enabled, policy, conditions, granted_secrets)
  values (p.id, t.id, p.workspace_id,
    coalesce((settings ->> 'is_enabled')::boolean, true), coalesce(settings ->> 'policy', 'default'),
    coalesce(settings -> 'conditions', '[]'),
    array(select jsonb_array_elements_text(coalesce(settings -> 'granted_secrets', '[]'))))
  on conflict on constraint persona_tools_pkey do update set
    is_enabled = case when settings ? 'is_enabled' then excluded.is_enabled else old.is_enabled end,
    policy = case when settings ? 'policy' then excluded.policy else old.policy end,
    conditions = case when settings ? 'conditions' then excluded.conditions else old.conditions end,
    granted_secrets = case when settings ? 'granted_secrets' then excluded.granted_secrets else old.granted_secrets end,
    updated_at = platform.now()
  returning * into pt;
  perform platform.audit_as_me(p.workspace_id, 'persona.tool_changed', jsonb_build_object('tool', t.name) || settings, p.id);
  return pt;
end
$$;

-- What a persona finds in the registry for a request, for people who look at its tools. Returns [{name, description, score}].
create function public.search_tools(persona_id uuid, query text, max_results int default 10) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform platform.require_persona(persona_id, 'viewer');
  if coalesce(length(query), 0) not between 1 and 1000 then
    perform platform.refuse(422, 'invalid_input', 'Say what to look for, in 1 to 1,000 characters.');
  end if;
  return platform.search_tools(persona_id, query, least(greatest(coalesce(max_results, 10), 1), 50));
end
$$;

-- ── secrets and models ──────────────────────────────────────────────────────────────────────────────────────────

-- Saves a secret that the caller encrypted (base64). Returns its row without the value.
create function public.save_secret(workspace_id uuid, name text, ciphertext text, nonce text, key_id text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  s public.secrets;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  if coalesce(name, '') !~ '^[A-Za-z][A-Za-z0-9_.-]{0,63}$' then
    perform platform.refuse(422, 'invalid_input', 'A secret''s name starts with a letter and has letters, digits, _ . - only.');
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

-- Saves a secret that belongs to another row, in that row's transaction. sealed = {ciphertext, nonce, key_id}. Returns its id.
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
    perform platform.refuse(404, 'secret_not_found', 'There is no such secret.');
  end if;
  delete from public.secrets where id = s.id;
  perform platform.audit_as_me(s.workspace_id, 'secret.deleted', jsonb_build_object('name', s.name));
end
$$;

-- Saves the provider of that name with its key, or neither. definition = {name, base_url, models[], is_default?, api_key?},
-- api_key = {ciphertext, nonce, key_id}: kept as the secret `provider.<name>`; without it the key that is there stays.
create function public.save_provider(workspace_id uuid, definition jsonb) returns public.llm_providers
language plpgsql security definer set search_path = ''
as $$
declare
  l public.llm_providers;
  key_secret_id uuid;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  perform platform.require_valid(definition, 'provider');
  if definition ? 'api_key' then
    key_secret_id := platform.save_sealed(workspace_id, 'provider.' || (definition ->> 'name'), definition -> 'api_key');
  end if;
  if coalesce((definition ->> 'is_default')::boolean, false) then
    update public.llm_providers p set is_default = false where p.workspace_id = save_provider.workspace_id and p.is_default;
  end if;
  insert into public.llm_providers as old (workspace_id, name, base_url, models, vision_models, is_default, api_key_secret_id)
  values (save_provider.workspace_id, definition ->> 'name', definition ->> 'base_url',
    array(select jsonb_array_elements_text(definition -> 'models')),
    array(select jsonb_array_elements_text(definition -> 'vision_models')),
    coalesce((definition ->> 'is_default')::boolean, false), key_secret_id)
  on conflict on constraint llm_providers_workspace_id_name_key do update set
    base_url = excluded.base_url, models = excluded.models, vision_models = excluded.vision_models,
    is_default = excluded.is_default,
    api_key_secret_id = coalesce(excluded.api_key_secret_id, old.api_key_secret_id)
  returning * into l;
  perform platform.audit_as_me(workspace_id, 'provider.saved', jsonb_build_object('name', l.name, 'base_url', l.base_url));
  return l;
end
$$;

create function public.delete_provider(provider_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  l public.llm_providers;
begin
  select * into l from public.llm_providers where id = delete_provider.provider_id;
  if l.id is null or not public.is_workspace_member(l.workspace_id, 'admin') then
    perform platform.refuse(404, 'provider_not_found', 'There is no such model provider.');
  end if;
  delete from public.llm_providers where id = l.id;
  delete from public.secrets where id = l.api_key_secret_id;
  perform platform.audit_as_me(l.workspace_id, 'provider.deleted', jsonb_build_object('name', l.name));
end
$$;

-- ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────

-- Notes that a person was given a link to a file, and returns where it stands: {bucket, path, name, content_type}.
create function public.record_file_access(artifact_id uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  a public.artifacts;
begin
  select * into a from public.artifacts where id = record_file_access.artifact_id;
  if a.id is null or not public.can_view_persona(a.persona_id) then
    perform platform.refuse(404, 'artifact_not_found', 'There is no such file.');
  end if;
  perform platform.audit(a.workspace_id, 'person', auth.uid(), 'file.accessed',
    jsonb_build_object('artifact_id', a.id, 'name', a.name, 'sha256', a.sha256), a.persona_id, a.run_id);
  return jsonb_build_object('bucket', 'artifacts', 'path', a.path, 'name', a.name, 'content_type', a.content_type);
end
$$;

-- Notes that a person was given links to all files of a run: one event, which names them.
create function public.record_run_file_access(run_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs;
  files jsonb;
begin
  select * into r from public.runs where id = record_run_file_access.run_id;
  if r.id is null or not public.can_view_persona(r.persona_id) then
    perform platform.refuse(404, 'run_not_found', 'There is no such run.');
  end if;
  select jsonb_agg(jsonb_build_object('artifact_id', a.id, 'name', a.name, 'sha256', a.sha256) order by a.id) into files
  from public.artifacts a where a.run_id = r.id;
  if files is not null then
    perform platform.audit(r.workspace_id, 'person', auth.uid(), 'file.accessed', jsonb_build_object('files', files),
      r.persona_id, r.id);
  end if;
end
$$;

grant execute on function
  platform.register_tools(jsonb), platform.describe_tools(uuid, jsonb)
  to platform_executor;
grant execute on function
  public.update_profile(text, boolean), public.create_workspace(text), public.update_workspace(uuid, jsonb),
  public.delete_workspace(uuid, text), public.set_member_role(uuid, uuid, text), public.remove_member(uuid, uuid),
  public.invite_member(uuid, text, text, text), public.revoke_invitation(uuid), public.accept_invitation(text),
  public.create_persona(uuid, jsonb), public.update_persona(uuid, jsonb), public.restore_persona_version(uuid, int),
  public.delete_persona(uuid), public.share_persona(uuid, uuid, text), public.unshare_persona(uuid, uuid),
  public.set_persona_tool(uuid, text, jsonb), public.search_tools(uuid, text, int),
  public.save_secret(uuid, text, text, text, text), public.delete_secret(uuid),
  public.save_provider(uuid, jsonb), public.delete_provider(uuid), public.record_file_access(uuid),
  public.record_run_file_access(uuid)
  to authenticated;
