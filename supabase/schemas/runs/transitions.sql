-- A transition is one change of a run's state. The function that makes the change returns a `platform.transition`;
-- `platform.save` writes the rows of one or many transitions in one statement (docs/adr/0006-batches.md).

-- A step of a transition; `save` adds its sequence number and time.
create type platform.new_step as (kind text, data jsonb, duration_ms int);

-- A model call whose highest possible cost is reserved.
create type platform.new_model_call as (id uuid, segment int, provider text, model text, reserved_cost numeric, scopes text[]);

create type platform.new_checkpoint as (
  checkpoint_id text, parent_id text, segment int, data text, created_at timestamptz);

-- The result of reserving a model call. `calls` holds the reserved call, or none. `told` is the answer to the worker,
-- {llm_call_id, input_tokens, max_output_tokens}. If a cap does not allow the call, `refused` is {stopped, cap}: the reason
-- and the cap.
create type platform.reservation as (calls platform.new_model_call[], told jsonb, refused jsonb);

-- A change of state: the new row of the run, what happened, and the answer to the caller. The functions that return one have
-- locked the run, and have already written what later code in the same database transaction may read (calls, messages,
-- money). `save` writes the rest, for all runs together.
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

-- Builds a transition; only the run is required.
create function platform.transition(
  run public.runs, steps platform.new_step[] default '{}', events platform.new_event[] default '{}', answer jsonb default null,
  checkpoints platform.new_checkpoint[] default '{}', model_calls platform.new_model_call[] default '{}'
) returns platform.transition
language sql immutable
return row(run, steps, events, checkpoints, model_calls, answer)::platform.transition;

-- Saves transitions of different runs: writes the runs and what happened to them in one statement, and broadcasts the steps
-- of each run as one event on its private topic. So each run's row is written once. The planner settings force look-ups by
-- key, whatever the planner thinks of the number of rows.
create function platform.save(transitions platform.transition[]) returns void
language plpgsql set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
  sent bigint; -- never read, but needed: PERFORM does not accept a WITH that writes
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
create function platform.add_transition(transitions platform.transition[], next platform.transition) returns platform.transition[]
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

-- Saves one transition and returns its answer.
create function platform.save_one(transition platform.transition) returns jsonb
language plpgsql
as $$
begin
  perform platform.save(array[transition]);
  return transition.answer;
end
$$;

-- Writes transitions of several runs that one worker holds (docs/adr/0006-batches.md).
--
-- transitions = [{kind, run_id, …}]; `kind` is the name of the function that handles it, which also documents the other
-- fields: begin_model_call, commit_segment or finish_tool. `default_model` is as in claim_runs. Returns the answers of these
-- functions in the order of `transitions`. If one transition is refused, none is written.
--
-- Locks are always taken in this order, so that no deadlock can happen: runs by id, calls, approvals, then spend by workspace
-- and persona.
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
    -- the lateral join forces one look-up by key per run, whatever the planner thinks of the number of rows
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
    made := platform.add_transition(made, next);
    answers[t.place] := next.answer;
  end loop;
  perform platform.save(made);
  return to_jsonb(answers);
end
$$;

grant execute on function platform.write_transitions(jsonb, text, int, jsonb) to platform_executor;
