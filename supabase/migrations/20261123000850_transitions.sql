-- What a worker writes of the runs that it holds, several at once (docs/adr/0006-batches.md).
--
-- transitions = [{kind, run_id, …}], by kind with the parameters of the function of that name:
--   begin_model_call   {fence, provider, model, input_tokens, max_output_tokens}
--   commit_segment     {fence, outcome, checkpoint_id, parent_id, checkpoint, max_calls}
--   finish_tool        {tool_run_id, attempt, result, claims_run}; `claims_run`: the worker can take the run on
-- Returns what those functions return, in the order of `transitions`. One that is refused refuses all of them.
--
-- The order of locks, here and everywhere: runs by id, calls, approvals, then spend by workspace and persona; so no two
-- transactions wait for each other in a circle.
create function platform.write_transitions(transitions jsonb, worker text, lease_seconds int) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  t record;
  by_owner uuid[];
  answers jsonb[] := '{}';
begin
  -- one look-up by key for each, whatever the planner thinks of their number
  select array_agg(held.id order by held.workspace_id, held.persona_id) into by_owner
  from (select distinct (item.value ->> 'run_id')::uuid as id from jsonb_array_elements(transitions) item order by id) run
  cross join lateral (
    select r.id, r.workspace_id, r.persona_id from public.runs r where r.id = run.id for update
  ) held;
  for t in
    select item.* from rows from (jsonb_to_recordset(transitions) as (
      kind text, run_id uuid, fence int, provider text, model text, input_tokens int, max_output_tokens int, outcome jsonb,
      checkpoint_id text, parent_id text, checkpoint text, max_calls int, tool_run_id uuid, attempt int, result jsonb,
      claims_run boolean
    )) with ordinality as item (
      kind, run_id, fence, provider, model, input_tokens, max_output_tokens, outcome, checkpoint_id, parent_id, checkpoint,
      max_calls, tool_run_id, attempt, result, claims_run, place)
    order by array_position(by_owner, item.run_id)
  loop
    answers[t.place] := case t.kind
      when 'begin_model_call' then platform.begin_model_call(
        t.run_id, t.fence, t.provider, t.model, t.input_tokens, t.max_output_tokens)
      when 'commit_segment' then platform.commit_segment(
        t.run_id, t.fence, t.outcome, t.checkpoint_id, t.parent_id, t.checkpoint, worker, t.max_calls, lease_seconds)
      when 'finish_tool' then platform.finish_tool(
        t.tool_run_id, t.attempt, t.result, case when t.claims_run then worker end, lease_seconds)
    end;
  end loop;
  return to_jsonb(answers);
end
$$;

grant execute on function platform.write_transitions(jsonb, text, int) to platform_executor;
