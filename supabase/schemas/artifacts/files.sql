-- How the files of a call are recorded, and the audit of who opened them.

-- Saves the files of a call and returns a step for each new one.
create function platform.save_artifacts(t public.tool_runs, artifacts jsonb) returns platform.new_step[]
language plpgsql
as $$
declare
  steps platform.new_step[];
begin
  with saved as (
    insert into public.artifacts (run_id, tool_run_id, workspace_id, persona_id, name, content_type, size, sha256, path)
    select t.run_id, t.id, t.workspace_id, t.persona_id, a ->> 'name', a ->> 'content_type', (a ->> 'size')::bigint,
      a ->> 'sha256', a ->> 'path'
    from jsonb_array_elements(artifacts) a
    on conflict (run_id, name, sha256) do nothing
    returning *
  )
  select array_agg(platform.step('artifact', jsonb_build_object('artifact_id', s.id, 'name', s.name,
    'content_type', s.content_type, 'size', s.size))) into steps
  from saved s;
  return steps;
end
$$;

-- Records that a person got a link to a file. Returns where the file is: {bucket, path, name, content_type}.
create function public.record_file_access(artifact_id uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  a public.artifacts;
begin
  select * into a from public.artifacts where id = record_file_access.artifact_id;
  if a.id is null or not public.can_view_persona(a.persona_id) then
    perform platform.refuse(404, 'artifact_not_found', 'This file does not exist, or you may not see it.');
  end if;
  perform platform.audit(a.workspace_id, 'person', auth.uid(), 'file.accessed',
    jsonb_build_object('artifact_id', a.id, 'name', a.name, 'sha256', a.sha256), a.persona_id, a.run_id);
  return jsonb_build_object('bucket', 'artifacts', 'path', a.path, 'name', a.name, 'content_type', a.content_type);
end
$$;

-- Records, as one event, that a person got links to all files of a run.
create function public.record_run_file_access(run_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  r public.runs;
  files jsonb;
begin
  select * into r from public.runs where id = record_run_file_access.run_id;
  if r.id is null or not public.can_view_persona(r.persona_id) then
    perform platform.refuse(404, 'run_not_found', 'This run does not exist, or you may not see it.');
  end if;
  select jsonb_agg(jsonb_build_object('artifact_id', a.id, 'name', a.name, 'sha256', a.sha256) order by a.id) into files
  from public.artifacts a where a.run_id = r.id;
  if files is not null then
    perform platform.audit(r.workspace_id, 'person', auth.uid(), 'file.accessed', jsonb_build_object('files', files),
      r.persona_id, r.id);
  end if;
end
$$;

grant execute on function public.record_file_access(uuid), public.record_run_file_access(uuid) to authenticated;
