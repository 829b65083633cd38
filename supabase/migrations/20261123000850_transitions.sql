-- What a worker writes of the runs that it holds, several at once (docs/adr/0006-batches.md).
--
-- transitions = [{kind, run_id, …}]; `kind` names the function that makes each, and says there what else it has:
-- begin_model_call, commit_segment, finish_tool.
-- `default_model` is that of claim_runs. Returns what those functions return, in the order of `transitions`. One that is
-- refused refuses all of them.
--
-- The order of locks, here and everywhere: runs by id, calls, approvals, then spend by workspace and persona; so no two
-- transactions wait for each other in a circle.
create function platform.write_transitions(
  transitions jsonb, worker text, lease_seconds int, default_model jsonb default null
) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  t record;
  r public.runs;
  made platform.transition[] := '{}';
  next platform.transition;
  answers jsonb[] := '{}';
begin
  for t in
    -- one look-up by key for each, whatever the planner thinks of their number
    select item.value as fields, item.ordinality as place, (item.value ->> 'run_id')::uuid as run_id, held.run
    from (
      select * from jsonb_array_elements(transitions) with ordinality item order by item.value ->> 'run_id'
    ) item
    left join lateral (
      select x as run from public.runs x where x.id = (item.value ->> 'run_id')::uuid for update
    ) held on true
    order by (held.run).workspace_id, (held.run).persona_id, run_id, place
  loop
    if (next.run).id = t.run_id then
      r := next.run;
    else
      r := t.run;
    end if;
    case t.fields ->> 'kind'
      when 'begin_model_call' then
        next := platform.begin_model_call(r, t.fields);
      when 'commit_segment' then
        next := platform.commit_segment(r, t.fields, worker, lease_seconds);
      when 'finish_tool' then
        next := platform.finish_tool(r, t.fields, worker, lease_seconds, default_model);
    end case;
    made := platform.and_then(made, next);
    answers[t.place] := next.answer;
  end loop;
  perform platform.save(made);
  return to_jsonb(answers);
end
$$;

grant execute on function platform.write_transitions(jsonb, text, int, jsonb) to platform_executor;
