-- How the executor registers the built-in tools, and how people set a persona's policy for a tool.

-- Makes the registry equal to the built-in tools of the executor. Returns the number of changed rows.
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

-- Says which built-in tools this installation can run. reports = [{name, works, note}]. The executor calls it when it starts,
-- and whenever that changes. Returns the number of changed rows.
create function platform.report_tools(reports jsonb) returns int
language plpgsql security definer set search_path = ''
as $$
declare
  changed int;
begin
  update public.tools t set works = told.works, works_note = told.note, updated_at = platform.now()
  from jsonb_to_recordset(reports) told (name text, works boolean, note text)
  where t.workspace_id is null and t.name = told.name and (t.works, t.works_note) is distinct from (told.works, told.note);
  get diagnostics changed = row_count;
  return changed;
end
$$;

-- Describes these tools and the tools that they depend on, as [{name, description, input_schema, effect}]. Leaves out what
-- the persona may not use, and what does not work in this installation.
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
  where t.is_enabled and t.works is not false and (t.workspace_id is null or t.workspace_id = p.workspace_id)
    and coalesce(pt.is_enabled, true) and coalesce(pt.policy, 'default') <> 'deny'
$$;

-- Sets what a persona may do with a tool. settings = {is_enabled?, policy?, conditions?, granted_secrets?}
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
    perform platform.refuse(404, 'tool_not_found', 'This tool does not exist, or you may not see it.');
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

grant execute on function
  platform.register_tools(jsonb),
  platform.report_tools(jsonb),
  platform.describe_tools(uuid, jsonb)
  to platform_executor;

grant execute on function public.set_persona_tool(uuid, text, jsonb) to authenticated;
