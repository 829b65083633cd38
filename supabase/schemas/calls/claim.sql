-- How an executor claims calls.

-- Claims up to `max_calls` tool calls. When this returns, each is committed as `started` with a new attempt.
-- Returns [{tool_run_id, attempt, recovering, …}]; `recovering` is true if an earlier attempt was started and lost.
create function platform.claim_tools(worker text, max_calls int, lease_seconds int) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  return platform.claim('tools', worker, max_calls, lease_seconds);
end
$$;

create function platform.claim_tool(
  queue text, msg_id bigint, read_count int, message jsonb, r public.runs, worker text
) returns platform.transition
language plpgsql
as $$
declare
  t public.tool_runs;
  settled record;
  failed platform.transition;
  recovering boolean;
begin
  select * into t from public.tool_runs where id = (message ->> 'tool_run_id')::uuid for update;
  if t.msg_id is distinct from claim_tool.msg_id or t.status not in ('queued', 'started') or r.status <> 'waiting' then
    perform platform.remove(queue, claim_tool.msg_id);
    return null;
  end if;
  recovering := t.status = 'started';
  if read_count > platform.max_reads() and t.effect <> 'effect' then
    insert into platform.dead_letters (queue, message, read_count, error, run_id)
    values (queue, message, read_count, 'Every worker that claimed this call was lost.', r.id);
    settled := platform.settle_tool(r, t, jsonb_build_object('status', 'failed', 'error',
      jsonb_build_object('code', 'sandbox_lost', 'message', 'This call was interrupted too often.')));
    failed := platform.resume_when_answered(r, settled.steps, array[settled.event]);
    failed.answer := null;
    return failed;
  end if;

  update public.tool_runs set status = 'started', attempt = attempt + 1, started_at = platform.now()
  where id = t.id returning * into t;
  return platform.transition(r, array[platform.tool_step(t)], array[platform.audit_event('persona', r.persona_id, 'tool.started',
    jsonb_build_object('tool', t.tool_name, 'tool_run_id', t.id, 'attempt', t.attempt, 'worker', worker))],
    platform.call_json(r, t, recovering));
end
$$;

-- Everything that a worker needs for a call that it has started.
create function platform.call_json(r public.runs, t public.tool_runs, recovering boolean) returns jsonb
language plpgsql stable
as $$
begin
  return (
    select jsonb_build_object(
      'tool_run_id', t.id, 'run_id', r.id, 'attempt', t.attempt, 'recovering', recovering, 'trace_id', r.trace_id,
      'workspace_id', r.workspace_id, 'persona_id', r.persona_id, 'tool', t.tool_name, 'arguments', t.arguments,
      'effect', t.effect, 'given_files', platform.given_files(r), 'allowed_hosts', to_jsonb(v.allowed_hosts), 'limits', v.limits,
      'started_by', r.created_by, 'timeout_seconds', tool.timeout_seconds, 'runs', tool.runs, 'code', tool.code,
      'language', tool.language,
      'secrets', case when tool.secrets <> '{}' then platform.secrets_of(r.workspace_id, r.persona_id, t.tool_id) else '[]' end)
    from public.persona_versions v left join public.tools tool on tool.id = t.tool_id
    where v.id = r.persona_version_id
  );
end
$$;

-- Locks a call that the caller still owns. The caller has locked the run.
create function platform.hold_call(tool_run_id uuid, attempt int) returns public.tool_runs
language plpgsql
as $$
declare
  t public.tool_runs;
begin
  select * into t from public.tool_runs where id = hold_call.tool_run_id for update;
  if t.status is distinct from 'started' or t.attempt <> hold_call.attempt then
    perform platform.refuse_stale('The tool call');
  end if;
  return t;
end
$$;

grant execute on function platform.claim_tools(text, int, int) to platform_executor;
