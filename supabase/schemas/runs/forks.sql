-- Forks: new runs that start from a checkpoint of another run, with a changed input, model or persona version. A fork begins
-- a conversation of its own.
--
-- A checkpoint is the state at the end of a segment. If that segment ended with tool calls, the fork needs their results.
-- With effects = 'ledger' it takes the results of the other run, and nothing happens again. With effects = 'ask' the calls
-- run again under the policy, and every call with an effect asks a person first.

-- Forks a run after a segment: 0 is the first; -1 starts from the beginning, with what the conversation was before it.
-- changes = {input?, model?, persona_version_id?}; effects = 'ledger' | 'ask'.
-- Refuses: run_not_found, scope_missing, not_allowed, checkpoint_not_found, version_not_found, invalid_input, and what create_run refuses.
create function public.fork_run(run_id uuid, segment int, changes jsonb default '{}', effects text default 'ledger')
returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  parent public.runs := platform.require_run(run_id);
  p public.personas;
  r public.runs;
begin
  perform platform.require_scope('runs:write', parent.workspace_id);
  p := platform.require_persona(parent.persona_id, 'user');
  if segment is null or effects is null or effects not in ('ledger', 'ask') then
    perform platform.refuse(422, 'invalid_input', 'segment must be a number, and effects must be ledger or ask.');
  end if;
  perform platform.require_valid(changes, 'fork_changes');
  if changes ? 'persona_version_id' and not exists (
    select from public.persona_versions v where v.id = (changes ->> 'persona_version_id')::uuid and v.persona_id = p.id
  ) then
    perform platform.refuse(404, 'version_not_found', 'This persona has no such version.');
  end if;
  if fork_run.segment >= 0 and not exists (
    select from platform.checkpoints c where c.run_id = parent.id and c.segment = fork_run.segment
  ) then
    perform platform.refuse(404, 'checkpoint_not_found', 'This run cannot be continued from this step. Choose another one.');
  end if;
  perform platform.require_room(p);

  r := platform.start_run(p.id, auth.uid(), 'fork',
    case when fork_run.segment < 0 then coalesce(changes ->> 'input', parent.input) else parent.input end,
    parent.attachments);
  update public.runs set
    parent_run_id = parent.id, forked_segment = fork_run.segment,
    added_input = case when fork_run.segment >= 0 then changes ->> 'input' end,
    previous_run_id = case when fork_run.segment < 0 then parent.previous_run_id end,
    model_override = coalesce(changes -> 'model', parent.model_override),
    persona_version_id = coalesce((changes ->> 'persona_version_id')::uuid, parent.persona_version_id)
  where id = r.id returning * into r;
  if fork_run.segment >= 0 then
    r := platform.copy_state(r, parent, fork_run.segment, effects);
    if r.added_input is not null then
      perform platform.add_message(r, r.added_input, '[]', auth.uid());
    end if;
  end if;
  perform platform.audit(r.workspace_id, 'person', auth.uid(), 'run.forked', jsonb_build_object(
    'parent_run_id', parent.id, 'segment', fork_run.segment, 'effects', effects,
    'changed', (select jsonb_agg(k) from jsonb_object_keys(changes) k)), r.persona_id, r.id, r.trace_id);
  return platform.run_json(r);
end
$$;

-- Gives a fork the checkpoint that it starts from, and the results of its calls.
create function platform.copy_state(r public.runs, parent public.runs, segment int, effects text) returns public.runs
language plpgsql
as $$
declare
  c platform.checkpoints;
  calls jsonb;
begin
  select * into c from platform.checkpoints x where x.run_id = parent.id and x.segment = copy_state.segment
  order by x.created_at desc limit 1;
  insert into platform.checkpoints (run_id, checkpoint_id, parent_id, segment, data)
  values (r.id, c.checkpoint_id, c.parent_id, c.segment, c.data);
  -- The steps of a segment are later than its checkpoint and earlier than the next checkpoint.
  update public.runs set checkpoint_id = c.checkpoint_id, segment = c.segment + 1,
    plan = coalesce((
      select s.data -> 'items' from public.run_steps s
      where s.run_id = parent.id and s.kind = 'plan' and s.created_at < coalesce((
        select min(x.created_at) from platform.checkpoints x where x.run_id = parent.id and x.segment > c.segment
      ), 'infinity')
      order by s.seq desc limit 1), '[]')
  where id = r.id returning * into r;

  if effects = 'ledger' then
    insert into public.tool_runs (
      run_id, workspace_id, persona_id, segment, call_id, position, tool_id, tool_name, arguments, arguments_hash, effect,
      status, attempt, output, output_path, error, duration_ms, finished_at)
    select r.id, t.workspace_id, t.persona_id, t.segment, t.call_id, t.position, t.tool_id, t.tool_name, t.arguments,
      t.arguments_hash, t.effect, case when t.status in ('succeeded', 'denied') then t.status else 'failed' end, t.attempt,
      t.output, t.output_path,
      case when t.status in ('succeeded', 'denied') then t.error
        else coalesce(t.error, '{"code": "not_in_ledger", "message": "The run that this one was forked from has no result for this call."}') end,
      t.duration_ms, platform.now()
    from public.tool_runs t where t.run_id = parent.id and t.segment = c.segment;
    return r;
  end if;

  select jsonb_agg(jsonb_build_object('call_id', t.call_id, 'tool', t.tool_name, 'arguments', t.arguments) order by t.position)
  into calls from public.tool_runs t where t.run_id = parent.id and t.segment = c.segment;
  if calls is not null then
    update public.runs set status = 'running' where id = r.id returning * into r;
    perform platform.save_one(platform.enqueue_calls(r, calls, ask_effects => true));
    select * into r from public.runs where id = r.id;
  end if;
  return r;
end
$$;

-- The segments of a run that a fork can start after, in order: [{segment, created_at}].
create function public.run_checkpoints(run_id uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform platform.require_run(run_id);
  return (
    select coalesce(jsonb_agg(jsonb_build_object('segment', c.segment, 'created_at', c.created_at) order by c.segment), '[]')
    from (
      select k.segment, max(k.created_at) as created_at
      from platform.checkpoints k where k.run_id = run_checkpoints.run_id group by k.segment
    ) c
  );
end
$$;

grant execute on function public.fork_run(uuid, int, jsonb, text), public.run_checkpoints(uuid) to authenticated;
