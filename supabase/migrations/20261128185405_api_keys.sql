-- api keys
set check_function_bodies = off;

create table public.api_keys ();
alter table public.api_keys enable row level security;

alter table public.api_keys add column created_at timestamp with time zone default platform.now() not null;

alter table public.api_keys add column expires_at timestamp with time zone;

alter table public.api_keys add column id uuid default platform.uuid_v7() not null;

alter table public.api_keys add column key_hash bytea not null;

alter table public.api_keys add column last_used_at timestamp with time zone;

alter table public.api_keys add column name text not null;

alter table public.api_keys add column prefix text not null;

alter table public.api_keys add column revoked_at timestamp with time zone;

alter table public.api_keys add column scopes text[] not null;

alter table public.api_keys add column user_id uuid not null;

alter table public.api_keys add column workspace_id uuid;

CREATE OR REPLACE FUNCTION platform.apply_decision(r public.runs, t public.tool_runs, a public.approvals, edited jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  steps platform.new_step[];
  events platform.new_event[];
begin
  if a.decision in ('approve', 'do_again') then
    if edited is not null then
      t.arguments := edited;
      t.arguments_hash := platform.hash_arguments(edited);
    end if;
    update public.tool_runs set status = 'queued', arguments = t.arguments, arguments_hash = t.arguments_hash,
      error = null, msg_id = platform.send_call(r, t.id)
    where id = t.id returning * into t;
    perform platform.wake('tools');
  else
    update public.tool_runs set
      status = case when a.decision in ('answer', 'done') then 'succeeded' when a.decision = 'deny' then 'denied' else 'failed' end,
      output = case a.decision when 'answer' then jsonb_build_object('answer', a.answer)
        when 'done' then jsonb_build_object('confirmed', true, 'note', a.answer) end,
      error = platform.refusal_of(a),
      finished_at = platform.now()
    where id = t.id returning * into t;
    if t.tool_name = 'send_email' and a.kind = 'unknown_effect' then
      perform platform.keep_mail(t);
    end if;
  end if;
  steps := array[
    platform.step('answered', jsonb_build_object('approval_id', a.id, 'decision', a.decision, 'answer', a.answer)),
    platform.tool_step(t, t.status = 'queued')];
  events := array[
    platform.audit_event(case when a.decided_by is null then 'system' else 'person' end, a.decided_by,
      'approval.' || coalesce(a.decision, a.status), platform.with_key(jsonb_build_object(
        'approval_id', a.id, 'tool', t.tool_name, 'arguments_hash', t.arguments_hash, 'edited', edited is not null)))];
  -- the time that the person took does not count
  r.deadline_at := r.deadline_at + (platform.now() - a.created_at);
  perform platform.emit(r.workspace_id, r.persona_id, 'approval.decided', jsonb_build_object(
    'approval_id', a.id, 'kind', a.kind, 'run_id', a.run_id, 'persona_id', a.persona_id, 'decision', a.decision));
  if platform.save_one(platform.resume_when_answered(r, steps, events)) -> 'resumed' = 'true' then
    perform platform.wake('runs');
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.audit(workspace_id uuid, actor_type text, actor_id uuid, action text, data jsonb DEFAULT '{}'::jsonb, persona_id uuid DEFAULT NULL::uuid, run_id uuid DEFAULT NULL::uuid, trace_id text DEFAULT NULL::text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  insert into platform.audit_queue (workspace_id, actor_type, actor_id, action, data, persona_id, run_id, trace_id)
  values (coalesce(workspace_id, '00000000-0000-0000-0000-000000000000'), actor_type, actor_id, action,
    platform.with_key(data), persona_id, run_id, trace_id);
end
$function$
;

CREATE OR REPLACE FUNCTION platform.my_key(workspace_id uuid)
 RETURNS public.api_keys
 LANGUAGE sql
 STABLE
AS $function$
  select k from public.api_keys k
  where k.id = (auth.jwt() ->> 'api_key')::uuid and k.user_id = auth.uid()
    and k.revoked_at is null and (k.expires_at is null or k.expires_at > platform.now())
    and (k.workspace_id is null or k.workspace_id = my_key.workspace_id)
$function$
;

CREATE OR REPLACE FUNCTION platform.require_persona(persona_id uuid, role text)
 RETURNS public.personas
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  p public.personas;
  mine text := public.persona_role(persona_id);
begin
  select * into p from public.personas where id = require_persona.persona_id;
  if p.id is null or mine is null then
    perform platform.refuse(404, 'persona_not_found', 'This persona does not exist, or you may not see it.');
  end if;
  if platform.persona_rank(mine) < platform.persona_rank(role) then
    perform platform.require_scope_for(platform.persona_rank(role), p.workspace_id);
    perform platform.refuse(403, 'not_allowed', format('You need the role %s on this persona. Ask one of its owners.', role));
  end if;
  return p;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_schedule(schedule_id uuid, persona_id uuid DEFAULT NULL::uuid)
 RETURNS public.schedules
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  s public.schedules;
begin
  select * into s from public.schedules where id = require_schedule.schedule_id;
  if s.id is null or not public.can_view_persona(s.persona_id)
    or s.persona_id is distinct from coalesce(require_schedule.persona_id, s.persona_id) then
    perform platform.refuse(404, 'schedule_not_found', 'This schedule does not exist, or you may not see it.');
  end if;
  perform platform.require_scope('runs:write', s.workspace_id);
  if not public.can_use_persona(s.persona_id) then
    perform platform.refuse(403, 'not_allowed', 'You may see this schedule, but not change it. Ask an owner of the persona to share it with you.');
  end if;
  return s;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_scope(scope text, workspace_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  if auth.jwt() ->> 'api_key' is not null and not coalesce(
    (platform.my_key(require_scope.workspace_id)).scopes && array[scope, 'admin'], false) then
    perform platform.refuse(403, 'scope_missing', case when workspace_id is null
      then format('This needs an API key with the scope %s that is not limited to one workspace.', scope)
      else format('This API key lacks the scope %s.', scope) end);
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_scope_for(rank integer, workspace_id uuid)
 RETURNS void
 LANGUAGE sql
 STABLE
AS $function$ select platform.require_scope(case when rank > 2 then 'admin' else 'runs:write' end, workspace_id) $function$
;

CREATE OR REPLACE FUNCTION platform.require_session()
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  if auth.jwt() ->> 'api_key' is not null then
    perform platform.refuse(403, 'session_needed', 'An API key may not do this. Sign in to do it.');
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.require_workspace(workspace_id uuid, role text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  if not public.is_workspace_member(workspace_id) then
    perform platform.refuse(404, 'workspace_not_found', 'This workspace does not exist, or you may not see it.');
  end if;
  if not public.is_workspace_member(workspace_id, role) then
    perform platform.require_scope_for(platform.workspace_rank(role), workspace_id);
    perform platform.refuse(403, 'not_allowed', format('You need the role %s in this workspace. Ask one of its owners or admins.', role));
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.token_rank(workspace_id uuid)
 RETURNS integer
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  scopes text[];
begin
  if auth.jwt() ->> 'api_key' is null then
    return 4;
  end if;
  scopes := (platform.my_key(token_rank.workspace_id)).scopes;
  return case
    when 'admin' = any (scopes) then 4
    when scopes && array['runs:write', 'approvals:decide'] then 2
    when scopes is not null then 1
    else 0
  end;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.with_key(data jsonb)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
RETURN CASE WHEN ((auth.jwt() ->> 'api_key'::text) IS NULL) THEN data ELSE (data || jsonb_build_object('api_key', (auth.jwt() ->> 'api_key'::text))) END
;

CREATE OR REPLACE FUNCTION public.accept_invitation(token_hash text)
 RETURNS public.workspaces
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  i public.workspace_invitations;
  w public.workspaces;
begin
  perform platform.require_scope('admin', null);
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
$function$
;

CREATE OR REPLACE FUNCTION public.cancel_run(run_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  r public.runs;
begin
  select * into r from public.runs where id = cancel_run.run_id for update;
  if not found or not public.can_view_persona(r.persona_id) then
    perform platform.refuse(404, 'run_not_found', 'This run does not exist, or you may not see it.');
  end if;
  perform platform.require_scope('runs:write', r.workspace_id);
  if not public.can_use_persona(r.persona_id) then
    perform platform.refuse(403, 'not_allowed', 'You may see this run, but not cancel it. Ask an owner of the persona to share it with you.');
  end if;
  if r.status in ('completed', 'failed') then
    perform platform.refuse(409, 'run_finished', format('The run has already ended: it is %s.', r.status));
  end if;
  if r.status <> 'cancelled' then
    perform platform.save_one(platform.end_run(r, 'cancelled', 'cancelled', null, null,
      events => array[platform.audit_event('person', auth.uid(), 'run.cancel_requested', platform.with_key('{}'))]));
    perform pg_notify('platform_cancel', r.id::text);
    select * into r from public.runs where id = cancel_run.run_id;
  end if;
  return platform.run_json(r);
end
$function$
;

CREATE OR REPLACE FUNCTION public.create_api_key(name text, scopes text[], prefix text, key_hash text, workspace_id uuid DEFAULT NULL::uuid, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  max_keys constant int := 50;
  k public.api_keys;
begin
  perform platform.require_session();
  if create_api_key.workspace_id is not null then
    perform platform.require_workspace(create_api_key.workspace_id, 'viewer');
  end if;
  if create_api_key.expires_at <= platform.now() then
    perform platform.refuse(422, 'invalid_input', 'The key would expire in the past.');
  end if;
  if coalesce(create_api_key.key_hash, '') !~ '^[0-9a-f]{64}$' then
    perform platform.refuse(422, 'invalid_input', 'The hash of a key must have 64 hex digits.');
  end if;
  perform from public.profiles p where p.id = auth.uid() for update; -- one new key at a time, so that the limit holds
  if (select count(*) from public.api_keys old where old.user_id = auth.uid() and old.revoked_at is null) >= max_keys then
    perform platform.refuse(409, 'too_many_keys', format('You have %s API keys. Revoke one first.', max_keys));
  end if;
  insert into public.api_keys (user_id, workspace_id, name, prefix, key_hash, scopes, expires_at)
  values (auth.uid(), create_api_key.workspace_id, btrim(create_api_key.name), create_api_key.prefix,
    decode(create_api_key.key_hash, 'hex'), create_api_key.scopes, create_api_key.expires_at)
  returning * into k;
  perform platform.audit_as_me(k.workspace_id, 'api_key.created', jsonb_build_object('key_id', k.id, 'name', k.name,
    'prefix', k.prefix, 'scopes', k.scopes, 'expires_at', k.expires_at));
  return to_jsonb(k) - 'key_hash';
end
$function$
;

CREATE OR REPLACE FUNCTION public.create_persona(workspace_id uuid, definition jsonb)
 RETURNS public.personas
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  p public.personas;
begin
  perform platform.require_workspace(workspace_id, 'member');
  perform platform.require_scope('admin', workspace_id);
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
$function$
;

CREATE OR REPLACE FUNCTION public.create_run(persona_id uuid, input text, attachments jsonb DEFAULT '[]'::jsonb, idempotency_key text DEFAULT NULL::text, lane text DEFAULT 'interactive'::text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  p public.personas;
  r public.runs;
  refusal jsonb;
begin
  select * into p from public.personas where id = create_run.persona_id;
  if not found or not public.can_view_persona(p.id) then
    perform platform.refuse(404, 'persona_not_found', 'This persona does not exist, or you may not see it.');
  end if;
  perform platform.require_scope('runs:write', p.workspace_id);
  if not public.can_use_persona(p.id) then
    perform platform.refuse(403, 'not_allowed', 'You may see this persona, but not give it work. Ask one of its owners to share it with you.');
  end if;
  if length(btrim(coalesce(input, ''))) not between 1 and 100000 then
    perform platform.refuse(422, 'invalid_input', 'Describe the work in 1 to 100,000 characters.');
  end if;
  if lane is null or lane not in ('interactive', 'normal', 'background') then
    perform platform.refuse(422, 'invalid_input', 'lane must be interactive, normal or background.');
  end if;
  if length(idempotency_key) not between 1 and 200 then
    perform platform.refuse(422, 'invalid_input', 'An Idempotency-Key must have 1 to 200 characters.');
  end if;
  if attachments is distinct from '[]' then
    perform platform.require_attachments(p, attachments);
  end if;
  refusal := platform.run_refusal(p, auth.uid());
  -- after the limits, because their locks may have waited for the first request with this key
  if idempotency_key is not null then
    select * into r from public.runs
    where created_by = auth.uid() and runs.idempotency_key = create_run.idempotency_key;
    if found then
      return platform.known_run(r, p.id, input, attachments, lane);
    end if;
  end if;
  if refusal is not null then
    perform platform.refuse((refusal ->> 'status')::int, refusal ->> 'code', refusal ->> 'message');
  end if;
  r := platform.start_run(p.id, auth.uid(), 'person', input, attachments, lane, idempotency_key);
  if r.id is null then -- a concurrent request with the same key was faster
    select * into r from public.runs
    where created_by = auth.uid() and runs.idempotency_key = create_run.idempotency_key;
    return platform.known_run(r, p.id, input, attachments, lane);
  end if;
  return jsonb_build_object('run', platform.run_json(r), 'created', true);
end
$function$
;

CREATE OR REPLACE FUNCTION public.create_workspace(name text)
 RETURNS public.workspaces
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  w public.workspaces;
begin
  perform platform.require_scope('admin', null);
  if length(btrim(coalesce(name, ''))) not between 1 and 80 then
    perform platform.refuse(422, 'invalid_input', 'The name of a workspace must have 1 to 80 characters.');
  end if;
  insert into public.workspaces (name, limits, created_by)
  values (btrim(create_workspace.name), platform.first_limits(), auth.uid()) returning * into w;
  insert into public.workspace_members (workspace_id, user_id, role) values (w.id, auth.uid(), 'owner');
  perform platform.audit_as_me(w.id, 'workspace.created', jsonb_build_object('name', w.name));
  return w;
end
$function$
;

CREATE OR REPLACE FUNCTION public.decide(approval_id uuid, decision text, answer text DEFAULT NULL::text, edited jsonb DEFAULT NULL::jsonb, arguments_hash text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  a public.approvals;
  r public.runs;
  t public.tool_runs;
begin
  select run.* into r from public.runs run
  where run.id = (select run_id from public.approvals where id = approval_id) for update;
  if r.id is null or not public.can_view_persona(r.persona_id) then
    perform platform.refuse(404, 'approval_not_found', 'This question does not exist, or you may not see it.');
  end if;
  perform platform.require_scope('approvals:decide', r.workspace_id);
  if not public.can_use_persona(r.persona_id) then
    perform platform.refuse(403, 'not_allowed', 'You may see this question, but not decide it. Ask an owner of the persona to share it with you.');
  end if;
  select * into a from public.approvals where id = approval_id for update;
  select * into t from public.tool_runs where id = a.tool_run_id for update;
  if a.status <> 'pending' then
    perform platform.refuse(409, 'already_decided', format('This question is already %s.', a.status));
  end if;
  if a.expires_at < platform.now() then
    perform platform.refuse(410, 'approval_expired', 'The time to decide this is over. Start the run again.');
  end if;
  if decide.arguments_hash is not null and decide.arguments_hash <> a.arguments_hash then
    perform platform.refuse(409, 'arguments_changed', 'The arguments have changed since you saw them. Read them again, then decide.');
  end if;
  if not coalesce(case a.kind
      when 'approval' then decision in ('approve', 'deny')
      when 'question' then decision = 'answer' and length(btrim(coalesce(answer, ''))) > 0
      else decision in ('done', 'do_again', 'give_up')
    end, false) then
    perform platform.refuse(422, 'invalid_decision', 'This question does not accept this decision.',
      jsonb_build_object('kind', a.kind));
  end if;
  if jsonb_typeof(edited) <> 'object' or exists (
    select from public.tools tool, jsonb_array_elements_text(tool.input_schema -> 'required') needed
    where tool.id = t.tool_id and not edited ? needed.value
  ) then
    perform platform.refuse(422, 'invalid_input', format('The edited arguments lack a value that %s needs.', t.tool_name));
  end if;
  update public.approvals set
    status = case decide.decision when 'deny' then 'denied' when 'answer' then 'answered' else 'approved' end,
    decision = decide.decision, answer = decide.answer, decided_by = auth.uid(), decided_at = platform.now()
  where id = a.id returning * into a;
  perform platform.apply_decision(r, t, a, edited);
  return to_jsonb(a);
end
$function$
;

CREATE OR REPLACE FUNCTION public.fork_run(run_id uuid, segment integer, changes jsonb DEFAULT '{}'::jsonb, effects text DEFAULT 'ledger'::text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  parent public.runs;
  p public.personas;
  r public.runs;
  refusal jsonb;
begin
  select * into parent from public.runs where id = fork_run.run_id;
  if parent.id is null or not public.can_view_persona(parent.persona_id) then
    perform platform.refuse(404, 'run_not_found', 'This run does not exist, or you may not see it.');
  end if;
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
  refusal := platform.run_refusal(p, auth.uid());
  if refusal is not null then
    perform platform.refuse((refusal ->> 'status')::int, refusal ->> 'code', refusal ->> 'message');
  end if;

  r := platform.start_run(p.id, auth.uid(), 'fork',
    case when fork_run.segment < 0 then coalesce(changes ->> 'input', parent.input) else parent.input end,
    parent.attachments);
  update public.runs set
    parent_run_id = parent.id, forked_segment = fork_run.segment,
    added_input = case when fork_run.segment >= 0 then changes ->> 'input' end,
    model_override = coalesce(changes -> 'model', parent.model_override),
    persona_version_id = coalesce((changes ->> 'persona_version_id')::uuid, parent.persona_version_id)
  where id = r.id returning * into r;
  if fork_run.segment >= 0 then
    r := platform.copy_state(r, parent, fork_run.segment, effects);
  end if;
  perform platform.audit(r.workspace_id, 'person', auth.uid(), 'run.forked', jsonb_build_object(
    'parent_run_id', parent.id, 'segment', fork_run.segment, 'effects', effects,
    'changed', (select jsonb_agg(k) from jsonb_object_keys(changes) k)), r.persona_id, r.id, r.trace_id);
  return platform.run_json(r);
end
$function$
;

CREATE OR REPLACE FUNCTION public.is_colleague(user_id uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select exists (
    select from public.workspace_members mine
    join public.workspace_members theirs using (workspace_id)
    where mine.user_id = (select auth.uid()) and theirs.user_id = is_colleague.user_id
      and platform.token_rank(mine.workspace_id) > 0
  )
$function$
;

CREATE OR REPLACE FUNCTION public.is_platform_admin()
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select coalesce((select p.is_platform_admin from public.profiles p where p.id = (select auth.uid())), false)
    and platform.token_rank(null) = 4
$function$
;

CREATE OR REPLACE FUNCTION public.is_workspace_member(workspace_id uuid, role text DEFAULT 'viewer'::text)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select exists (
    select from public.workspace_members m
    where m.workspace_id = is_workspace_member.workspace_id
      and m.user_id = (select auth.uid())
      and least(platform.workspace_rank(m.role), platform.token_rank(m.workspace_id))
        >= platform.workspace_rank(is_workspace_member.role)
  )
$function$
;

CREATE OR REPLACE FUNCTION public.persona_role(persona_id uuid)
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select (array['viewer', 'user', 'editor', 'owner'])[least(platform.persona_rank(role), platform.token_rank(workspace_id))]
  from (
    select p.workspace_id, case
        when m.role in ('owner', 'admin') then 'owner'
        when p.visibility = 'workspace' and m.role = 'member' then 'user'
        when p.visibility = 'workspace' then 'viewer'
      end as role
    from public.personas p
    join public.workspace_members m on m.workspace_id = p.workspace_id and m.user_id = (select auth.uid())
    where p.id = persona_role.persona_id
    union all
    select pm.workspace_id, pm.role
    from public.persona_members pm
    join public.workspace_members m on m.workspace_id = pm.workspace_id and m.user_id = pm.user_id
    where pm.persona_id = persona_role.persona_id and pm.user_id = (select auth.uid())
  ) roles
  where role is not null
  order by platform.persona_rank(role) desc
  limit 1
$function$
;

CREATE OR REPLACE FUNCTION public.remove_member(workspace_id uuid, user_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform platform.require_workspace(workspace_id, case when user_id = auth.uid() then 'viewer' else 'admin' end);
  perform platform.require_scope('admin', workspace_id);
  perform platform.require_member_change(workspace_id, user_id, null);
  delete from public.persona_members m
  where m.workspace_id = remove_member.workspace_id and m.user_id = remove_member.user_id;
  delete from public.workspace_members m
  where m.workspace_id = remove_member.workspace_id and m.user_id = remove_member.user_id;
  perform platform.audit_as_me(workspace_id, 'member.removed', jsonb_build_object('user_id', user_id));
end
$function$
;

CREATE OR REPLACE FUNCTION public.resolve_alert(alert_id uuid)
 RETURNS public.alerts
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  a public.alerts;
begin
  select * into a from public.alerts where id = resolve_alert.alert_id;
  if a.id is null or not (public.is_workspace_member(a.workspace_id) or public.is_platform_admin()) then
    perform platform.refuse(404, 'alert_not_found', 'This alert does not exist, or you may not see it.');
  end if;
  perform platform.require_scope('admin', a.workspace_id);
  if not (public.is_workspace_member(a.workspace_id, 'admin') or public.is_platform_admin()
    or coalesce(public.can_edit_persona(a.persona_id), false)) then
    perform platform.refuse(403, 'not_allowed', 'Only an admin of the workspace or an editor of the persona may resolve this alert.');
  end if;
  if a.resolved_at is not null then
    return a;
  end if;
  update public.alerts set resolved_at = platform.now(), resolved_by = auth.uid() where id = a.id returning * into a;
  perform platform.audit_as_me(a.workspace_id, 'alert.resolved', jsonb_build_object('alert_id', alert_id, 'kind', a.kind), a.persona_id);
  return a;
end
$function$
;

CREATE OR REPLACE FUNCTION public.revoke_api_key(key_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  k public.api_keys;
begin
  perform platform.require_session();
  select * into k from public.api_keys a where a.id = revoke_api_key.key_id and a.user_id = auth.uid() for update;
  if not found then
    perform platform.refuse(404, 'key_not_found', 'This API key does not exist, or it is not yours.');
  end if;
  if k.revoked_at is null then
    update public.api_keys set revoked_at = platform.now() where id = k.id;
    perform platform.audit_as_me(k.workspace_id, 'api_key.revoked',
      jsonb_build_object('key_id', k.id, 'name', k.name, 'prefix', k.prefix));
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION public.save_schedule(persona_id uuid, definition jsonb, schedule_id uuid DEFAULT NULL::uuid)
 RETURNS public.schedules
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  p public.personas := platform.require_persona(persona_id, 'user');
  s public.schedules;
begin
  perform platform.require_scope('runs:write', p.workspace_id);
  perform platform.require_valid(definition, case when schedule_id is null then 'schedule' else 'schedule_changes' end);
  perform platform.require_times(definition ->> 'time_zone', definition ->> 'next_at');
  if save_schedule.schedule_id is not null then
    definition := to_jsonb(platform.require_schedule(save_schedule.schedule_id, p.id)) || definition;
  end if;
  if jsonb_array_length(coalesce(definition -> 'approved_in_advance', '[]')) > 0 and not public.can_edit_persona(p.id) then
    perform platform.refuse(403, 'not_allowed', 'Only editors of this persona may approve calls in advance.');
  end if;
  insert into public.schedules as old (
    id, workspace_id, persona_id, name, cron, time_zone, input, missed, approved_in_advance, is_paused, next_at, created_by)
  values (
    coalesce(save_schedule.schedule_id, platform.uuid_v7()), p.workspace_id, p.id, btrim(definition ->> 'name'),
    definition ->> 'cron', coalesce(definition ->> 'time_zone', 'UTC'), definition ->> 'input',
    coalesce(definition ->> 'missed', 'once'), coalesce(definition -> 'approved_in_advance', '[]'),
    coalesce((definition ->> 'is_paused')::boolean, false), (definition ->> 'next_at')::timestamptz, auth.uid())
  on conflict on constraint schedules_pkey do update set
    name = excluded.name, cron = excluded.cron, time_zone = excluded.time_zone, input = excluded.input,
    missed = excluded.missed, approved_in_advance = excluded.approved_in_advance, is_paused = excluded.is_paused,
    next_at = excluded.next_at, created_by = excluded.created_by
  returning * into s;
  perform platform.audit_as_me(p.workspace_id, 'schedule.saved', jsonb_build_object('schedule_id', s.id, 'name', s.name,
    'cron', s.cron, 'time_zone', s.time_zone, 'is_paused', s.is_paused, 'approved_in_advance', s.approved_in_advance), p.id);
  return s;
end
$function$
;

CREATE OR REPLACE FUNCTION public.unshare_persona(persona_id uuid, user_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  p public.personas := platform.require_persona(persona_id,
    case when unshare_persona.user_id = auth.uid() then 'viewer' else 'owner' end);
begin
  perform platform.require_scope('admin', p.workspace_id);
  delete from public.persona_members m where m.persona_id = p.id and m.user_id = unshare_persona.user_id;
  perform platform.audit_as_me(p.workspace_id, 'persona.unshared', jsonb_build_object('user_id', user_id), p.id);
end
$function$
;

CREATE OR REPLACE FUNCTION public.update_profile(display_name text DEFAULT NULL::text, notify_by_mail boolean DEFAULT NULL::boolean)
 RETURNS public.profiles
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  p public.profiles;
begin
  perform platform.require_scope('admin', null);
  if length(btrim(coalesce(display_name, 'x'))) not between 1 and 80 then
    perform platform.refuse(422, 'invalid_input', 'A name must have 1 to 80 characters.');
  end if;
  update public.profiles old set
    display_name = coalesce(btrim(update_profile.display_name), old.display_name),
    notify_by_mail = coalesce(update_profile.notify_by_mail, old.notify_by_mail)
  where id = auth.uid() returning * into p;
  perform platform.audit_as_me(null, 'person.updated');
  return p;
end
$function$
;

CREATE OR REPLACE FUNCTION public.use_api_key(prefix text, key_hash text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  k public.api_keys;
  blind bytea := decode(replace(gen_random_uuid()::text, '-', ''), 'hex');
begin
  select a.* into k
  from public.api_keys a
  join auth.users u on u.id = a.user_id and (u.banned_until is null or u.banned_until < platform.now())
  where a.prefix = use_api_key.prefix and a.revoked_at is null
    and (a.expires_at is null or a.expires_at > platform.now());
  if sha256(k.key_hash || blind) is distinct from sha256(decode(use_api_key.key_hash, 'hex') || blind) then
    return null;
  end if;
  update public.api_keys a set last_used_at = platform.now()
  where a.id = k.id and (a.last_used_at is null or a.last_used_at < platform.now() - interval '1 minute');
  return jsonb_build_object('id', k.id, 'user_id', k.user_id);
end
$function$
;

alter table public.api_keys add constraint api_keys_key_hash_check CHECK ((length(key_hash) = 32));

alter table public.api_keys add constraint api_keys_name_check CHECK (((length(btrim(name)) >= 1) AND (length(btrim(name)) <= 80)));

alter table public.api_keys add constraint api_keys_pkey PRIMARY KEY (id);

alter table public.api_keys add constraint api_keys_prefix_check CHECK ((prefix ~ '^ppk_[A-Za-z0-9]{8}$'::text));

alter table public.api_keys add constraint api_keys_prefix_key UNIQUE (prefix);

alter table public.api_keys add constraint api_keys_scopes_check CHECK (((cardinality(scopes) > 0) AND (scopes <@ ARRAY['runs:read'::text, 'runs:write'::text, 'approvals:decide'::text, 'admin'::text])));

alter table public.api_keys add constraint api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.profiles(id) ON DELETE CASCADE;

alter table public.api_keys add constraint api_keys_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id) ON DELETE CASCADE;

CREATE INDEX api_keys_user_id_idx ON public.api_keys USING btree (user_id);

CREATE INDEX api_keys_workspace_id_idx ON public.api_keys USING btree (workspace_id);

create policy "people who are signed in see their own keys" on public.api_keys as PERMISSIVE for SELECT to authenticated using (((user_id = ( SELECT auth.uid() AS uid)) AND (( SELECT (auth.jwt() ->> 'api_key'::text)) IS NULL)));

grant DELETE on table public.api_keys to service_role;

grant EXECUTE on function public.create_api_key(name text, scopes text[], prefix text, key_hash text, workspace_id uuid, expires_at timestamp with time zone) to authenticated;

grant EXECUTE on function public.revoke_api_key(key_id uuid) to authenticated;

grant EXECUTE on function public.use_api_key(prefix text, key_hash text) to service_role;

grant INSERT on table public.api_keys to service_role;

grant MAINTAIN on table public.api_keys to service_role;

grant REFERENCES on table public.api_keys to service_role;

grant SELECT (created_at) on table public.api_keys to authenticated;

grant SELECT (expires_at) on table public.api_keys to authenticated;

grant SELECT (id) on table public.api_keys to authenticated;

grant SELECT (last_used_at) on table public.api_keys to authenticated;

grant SELECT (name) on table public.api_keys to authenticated;

grant SELECT (prefix) on table public.api_keys to authenticated;

grant SELECT (revoked_at) on table public.api_keys to authenticated;

grant SELECT (scopes) on table public.api_keys to authenticated;

grant SELECT (user_id) on table public.api_keys to authenticated;

grant SELECT (workspace_id) on table public.api_keys to authenticated;

grant SELECT on table public.api_keys to service_role;

grant TRIGGER on table public.api_keys to service_role;

grant TRUNCATE on table public.api_keys to service_role;

grant UPDATE on table public.api_keys to service_role;
