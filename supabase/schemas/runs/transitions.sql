-- A transition: what one change of state writes, and how it is written. A function that moves a run returns what is to be
-- written; `save` writes the rows of one or many transitions in one statement (docs/adr/0006-batches.md).

-- A step as a transition notes it; `save` gives it its place and time.
create type platform.new_step as (kind text, data jsonb, duration_ms int);

-- A model call whose worst case is reserved, and a checkpoint, as a transition brings them.
create type platform.new_model_call as (id uuid, segment int, provider text, model text, reserved_cost numeric, scopes text[]);

create type platform.new_checkpoint as (
  checkpoint_id text, parent_id text, segment int, data text, created_at timestamptz);

-- The result of reserving a model call. `calls` holds the reserved call, or none. `told` is the worker's answer,
-- {llm_call_id, input_tokens, max_output_tokens}. If a cap does not allow the call, `refused` is {stopped, cap}: the reason
-- and the cap.
create type platform.reservation as (calls platform.new_model_call[], told jsonb, refused jsonb);

-- What a change of state comes to: the run as it is from now on, what happened, and what the caller is told. The functions
-- that make one read the run under its lock and write what others of the transaction may look at (calls, messages, money);
-- `save` writes the rest, for all runs together.
create type platform.transition as (
  run public.runs, steps platform.new_step[], events platform.new_event[], checkpoints platform.new_checkpoint[],
  model_calls platform.new_model_call[], answer jsonb);

create function platform.step(kind text, data jsonb, duration_ms int default null) returns platform.new_step
language sql stable
return row(kind, data, duration_ms)::platform.new_step;

create function platform.status_step(old_status text, new_status text, waiting_for text default null, reason text default null)
returns platform.new_step
language sql stable
return platform.step('status', jsonb_build_object(
  'from', old_status, 'to', new_status, 'waiting_for', waiting_for, 'reason', reason));

-- Makes a transition; every part but the run may be left out.
create function platform.transition(
  run public.runs, steps platform.new_step[] default '{}', events platform.new_event[] default '{}', answer jsonb default null,
  checkpoints platform.new_checkpoint[] default '{}', model_calls platform.new_model_call[] default '{}'
) returns platform.transition
language sql immutable
return row(run, steps, events, checkpoints, model_calls, answer)::platform.transition;

-- Ends transitions, each of another run: writes what happened and the runs back, together, and broadcasts the steps as one
-- event a run on its private topic. So a transition is one write of the row, however much happened in it. Rows are looked
-- up by key, whatever the planner thinks of their number.
create function platform.save(transitions platform.transition[]) returns void
language plpgsql set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
  sent bigint; -- for nobody: PERFORM takes no WITH that writes
begin
  with moved as (
    update public.runs r set
      status = (t.run).status, waiting_for = (t.run).waiting_for, reason = (t.run).reason, error = (t.run).error,
      output = (t.run).output, plan = (t.run).plan, fence = (t.run).fence, msg_id = (t.run).msg_id, worker = (t.run).worker,
      segment = (t.run).segment, step_count = (t.run).step_count + coalesce(cardinality(t.steps), 0),
      attempts = (t.run).attempts, idle_segments = (t.run).idle_segments, checkpoint_id = (t.run).checkpoint_id,
      cost = (t.run).cost, model_calls = (t.run).model_calls, input_tokens = (t.run).input_tokens,
      output_tokens = (t.run).output_tokens, started_at = (t.run).started_at, finished_at = (t.run).finished_at,
      deadline_at = (t.run).deadline_at, progress_at = platform.now()
    from unnest(transitions) t
    where r.id = (t.run).id
  ), audited as (
    insert into platform.audit_queue (workspace_id, actor_type, actor_id, action, data, persona_id, run_id, trace_id)
    select (t.run).workspace_id, e.actor_type, e.actor_id, e.action, e.data, (t.run).persona_id, (t.run).id, (t.run).trace_id
    from unnest(transitions) t cross join lateral unnest(t.events) e
  ), kept as (
    insert into platform.checkpoints (run_id, checkpoint_id, parent_id, segment, data, created_at)
    select (t.run).id, c.checkpoint_id, c.parent_id, c.segment, c.data, c.created_at
    from unnest(transitions) t cross join lateral unnest(t.checkpoints) c
  ), reserved as (
    insert into public.llm_calls (
      id, run_id, workspace_id, persona_id, segment, provider, model, reserved_cost, scopes, trace_id)
    select m.id, (t.run).id, (t.run).workspace_id, (t.run).persona_id, m.segment, m.provider, m.model, m.reserved_cost,
      m.scopes, (t.run).trace_id
    from unnest(transitions) t cross join lateral unnest(t.model_calls) m
  ), added as (
    insert into public.run_steps (run_id, persona_id, seq, kind, data, duration_ms)
    select (t.run).id, (t.run).persona_id, (t.run).step_count + s.n, s.kind, s.data || jsonb_build_object('kind', s.kind),
      s.duration_ms
    from unnest(transitions) t
    cross join lateral unnest(t.steps) with ordinality s (kind, data, duration_ms, n)
    returning run_id, seq, kind, data, duration_ms, created_at
  ), news as (
    select added.run_id, jsonb_agg(to_jsonb(added) order by added.seq) as steps from added group by added.run_id
  )
  select count(realtime.send(jsonb_build_object('steps', n.steps), 'steps', 'run:' || n.run_id)) into sent from news n;
end
$$;

-- Adds a transition to the list, or merges it into the last one if both belong to the same run.
create function platform.and_then(transitions platform.transition[], next platform.transition) returns platform.transition[]
language plpgsql
as $$
declare
  last int := cardinality(transitions);
begin
  if last > 0 and (transitions[last].run).id = (next.run).id then
    transitions[last] := platform.transition(next.run, transitions[last].steps || next.steps,
      transitions[last].events || next.events, next.answer, transitions[last].checkpoints || next.checkpoints,
      transitions[last].model_calls || next.model_calls);
  elsif (next.run).id is not null then
    transitions[last + 1] := next;
  end if;
  return transitions;
end
$$;

-- Ends one transition and returns its answer.
create function platform.save_one(transition platform.transition) returns jsonb
language plpgsql
as $$
begin
  perform platform.save(array[transition]);
  return transition.answer;
end
$$;

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
