-- Commands on personas. Each change of the configuration creates a new version. A run names the version that it uses.

-- A limit of the persona's version, or else of its agent; null if neither sets it.
create function platform.limit_of(version_id uuid, name text) returns numeric
language plpgsql stable
as $$
begin
  return (
    select coalesce(v.limits ->> limit_of.name, a.default_limits ->> limit_of.name)::numeric
    from public.persona_versions v join public.agents a on a.id = v.agent_id
    where v.id = version_id
  );
end
$$;

-- Creates a version. What `definition` leaves out comes from the current version.
-- definition = {agent_id?, instructions?, model?, limits?, allowed_hosts?, note?}
create function platform.add_version(p public.personas, definition jsonb) returns public.persona_versions
language plpgsql
as $$
declare
  old public.persona_versions;
  v public.persona_versions;
begin
  select * into old from public.persona_versions where id = p.current_version_id;
  if definition ? 'agent_id' and not exists (select from public.agents a where a.id = definition ->> 'agent_id') then
    perform platform.refuse(422, 'invalid_input', 'This agent does not exist.');
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

-- definition = {name, description?, icon?, color?, visibility?, examples?, agent_id?, instructions?, model?, limits?, allowed_hosts?}
create function public.create_persona(workspace_id uuid, definition jsonb) returns public.personas
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas;
begin
  perform platform.require_workspace(workspace_id, 'member');
  perform platform.require_scope('admin', workspace_id);
  perform platform.require_valid(definition, 'persona');
  insert into public.personas (workspace_id, name, description, icon, color, visibility, examples, created_by)
  values (create_persona.workspace_id, btrim(definition ->> 'name'), coalesce(definition ->> 'description', ''),
    coalesce(definition ->> 'icon', 'user-round'), coalesce(definition ->> 'color', 'primary'),
    coalesce(definition ->> 'visibility', 'workspace'),
    array(select jsonb_array_elements_text(definition -> 'examples')), auth.uid())
  returning * into p;
  insert into public.persona_members (persona_id, user_id, workspace_id, role) values (p.id, auth.uid(), p.workspace_id, 'owner');
  perform platform.add_version(p, definition);
  perform platform.audit_as_me(workspace_id, 'persona.created', jsonb_build_object('name', p.name), p.id);
  select * into p from public.personas where id = p.id;
  return p;
end
$$;

-- Changes a persona. A change of the configuration creates a new version.
-- changes = the fields of create_persona, `status?` and `note?`
create function public.update_persona(persona_id uuid, changes jsonb) returns public.personas
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas := platform.require_persona(persona_id, 'editor');
begin
  perform platform.require_valid(changes, 'persona_changes');
  if changes ?| array['visibility', 'status'] and not public.can_own_persona(p.id) then
    perform platform.refuse(403, 'not_allowed', 'Only an owner of the persona may pause or archive it, or change who sees it.');
  end if;
  perform from public.personas where id = p.id for update;
  update public.personas set
    name = coalesce(btrim(changes ->> 'name'), name), description = coalesce(changes ->> 'description', description),
    icon = coalesce(changes ->> 'icon', icon), color = coalesce(changes ->> 'color', color),
    visibility = coalesce(changes ->> 'visibility', visibility),
    examples = case when changes ? 'examples' then array(select jsonb_array_elements_text(changes -> 'examples')) else examples end,
    status = coalesce(changes ->> 'status', status),
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

-- Creates a new version that equals an old one.
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

-- Deletes a persona with its runs, its memory and the rows of its files. Refuses while runs are live.
create function public.delete_persona(persona_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  p public.personas := platform.require_persona(persona_id, 'owner');
begin
  if exists (select from public.runs r where r.persona_id = p.id and r.status in ('queued', 'running', 'waiting')) then
    perform platform.refuse(409, 'persona_busy', 'This persona has runs that have not ended. Cancel them or wait, then delete it.');
  end if;
  perform platform.audit_as_me(p.workspace_id, 'persona.deleted', jsonb_build_object('name', p.name), p.id);
  delete from public.runs r where r.persona_id = p.id;
  delete from public.personas where id = p.id;
end
$$;

grant execute on function
  public.create_persona(uuid, jsonb),
  public.update_persona(uuid, jsonb),
  public.restore_persona_version(uuid, int),
  public.delete_persona(uuid)
  to authenticated;
