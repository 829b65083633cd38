-- review mends
set check_function_bodies = off;

CREATE OR REPLACE FUNCTION platform.add_standing_approval(a public.approvals, t public.tool_runs, always jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  s public.standing_approvals;
  names text[];
begin
  perform platform.require_session();
  if not public.can_edit_persona(a.persona_id) then
    perform platform.refuse(403, 'not_allowed', 'Only editors of the persona may always allow a call. You can approve this one.');
  end if;
  perform platform.require_valid(always, 'always_allow');
  names := array(select distinct n.value from jsonb_array_elements_text(always -> 'arguments') n);
  if a.kind <> 'approval' or a.decision <> 'approve' or t.tool_id is null or jsonb_typeof(t.arguments) <> 'object' then
    perform platform.refuse(422, 'invalid_input', 'Only a call that you approve can be allowed from now on.');
  end if;
  if names = '{}' and t.arguments <> '{}' then
    perform platform.refuse(422, 'invalid_input', 'Choose at least one value that must be the same.');
  end if;
  s.conditions := coalesce((
    select jsonb_agg(jsonb_build_object('argument', n.name, 'value', platform.argument_of(t.arguments, n.name)))
    from unnest(names) n (name)), '[]');
  if exists (
    select from jsonb_array_elements(s.conditions) c
    where coalesce(c -> 'value', 'null') = 'null' or (c ->> 'argument' = 'recipients' and c -> 'value' = '[]')
  ) then
    perform platform.refuse(422, 'invalid_input', 'The call has no such argument. Choose among those that it has.');
  end if;
  if octet_length(s.conditions::text) > 20000 then
    perform platform.refuse(422, 'invalid_input', 'The values that must be the same are too long. Choose fewer of them.');
  end if;
  insert into public.standing_approvals (
    workspace_id, persona_id, tool_id, tool_name, argument_names, conditions, max_uses, expires_at, approval_id, created_by)
  values (a.workspace_id, a.persona_id, t.tool_id, t.tool_name, array(select jsonb_object_keys(t.arguments)), s.conditions,
    (always ->> 'max_uses')::int, platform.now() + make_interval(days => (always ->> 'days')::int), a.id, auth.uid())
  returning * into s;
  perform platform.audit(s.workspace_id, 'person', auth.uid(), 'standing_approval.created', jsonb_build_object(
    'standing_approval_id', s.id, 'approval_id', a.id, 'tool', s.tool_name,
    'fixed', to_jsonb(names), 'max_uses', s.max_uses, 'expires_at', s.expires_at), s.persona_id, a.run_id);
end
$function$
;

CREATE OR REPLACE FUNCTION platform.contains_email(content text, email text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
RETURN ((email <> ''::text) AND (lower(content) ~ (('(?<![[:alnum:]._%+-])'::text || regexp_replace(lower(email), '([^[:alnum:]])'::text, '\\\1'::text, 'g'::text)) || '(?!\.?[[:alnum:]-])'::text)))
;

CREATE OR REPLACE FUNCTION platform.decide_call(r public.runs, tool public.tools, pt public.persona_tools, arguments jsonb, ask_effects boolean)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare
  policy text := platform.policy_for(tool, pt, arguments);
begin
  if ask_effects then
    return case when policy = 'allow' and tool.effect = 'effect' then 'ask' else policy end;
  end if;
  if policy <> 'ask' then
    return policy;
  end if;
  if r.schedule_id is not null and not platform.was_told_more(r) and platform.approved_in_advance(r, tool.name, arguments) then
    return 'allow';
  end if;
  return case when platform.use_standing_approval(r, tool, arguments) then 'allow' else 'ask' end;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.is_event_of_person(event public.audit_events, person_id uuid, email text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
RETURN (((event).actor_id = person_id) OR (strpos(((event).data)::text, (person_id)::text) > 0) OR platform.contains_email(((event).data)::text, email))
;

CREATE OR REPLACE FUNCTION platform.is_session_complete()
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select auth.jwt() ->> 'session_id' is null or (
    exists (
      select from auth.sessions s where s.id = (auth.jwt() ->> 'session_id')::uuid
      -- the session says it, and not only the token: a factor that was removed leaves tokens behind
      and (auth.jwt() ->> 'aal' = 'aal2' and s.aal::text = 'aal2' or not exists (
        select from auth.mfa_factors f where f.user_id = auth.uid() and f.status = 'verified'
      ))
    )
  )
$function$
;

CREATE OR REPLACE FUNCTION platform.require_key_for(workspace_id uuid, definition jsonb)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  if not definition ? 'api_key' and exists (
    select from public.llm_providers p
    where p.workspace_id = require_key_for.workspace_id and p.name = definition ->> 'name' and p.api_key_secret_id is not null
      and platform.server_of(p.base_url) is distinct from platform.server_of(definition ->> 'base_url')
  ) then
    perform platform.refuse(422, 'invalid_input',
      'This address is another server than before. Enter the API key again, because the stored one belongs to the old server.');
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.server_of(base_url text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
RETURN lower("substring"(base_url, '^[A-Za-z]+://[^/?#]+'::text))
;

CREATE OR REPLACE FUNCTION platform.was_told_more(r public.runs)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select exists (
    select from public.conversation_messages m where m.run_id = r.id and m.id <> r.id and m.taken_at is not null)
$function$
;

CREATE OR REPLACE FUNCTION public.save_provider(workspace_id uuid, definition jsonb)
 RETURNS public.llm_providers
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  l public.llm_providers;
  key_secret_id uuid;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  perform platform.require_valid(definition, 'provider');
  perform platform.require_key_for(workspace_id, definition);
  if definition ? 'api_key' then
    key_secret_id := platform.save_sealed(workspace_id, 'provider.' || (definition ->> 'name'), definition -> 'api_key');
  end if;
  if coalesce((definition ->> 'is_default')::boolean, false) then
    update public.llm_providers p set is_default = false where p.workspace_id = save_provider.workspace_id and p.is_default;
  end if;
  insert into public.llm_providers as old (
    workspace_id, name, base_url, models, vision_models, leave_out, is_default, api_key_secret_id)
  values (save_provider.workspace_id, definition ->> 'name', definition ->> 'base_url',
    array(select jsonb_array_elements_text(definition -> 'models')),
    array(select jsonb_array_elements_text(definition -> 'vision_models')),
    array(select jsonb_array_elements_text(definition -> 'leave_out')),
    coalesce((definition ->> 'is_default')::boolean, false), key_secret_id)
  on conflict on constraint llm_providers_workspace_id_name_key do update set
    base_url = excluded.base_url, models = excluded.models, vision_models = excluded.vision_models,
    leave_out = excluded.leave_out, is_default = excluded.is_default,
    api_key_secret_id = coalesce(excluded.api_key_secret_id, old.api_key_secret_id)
  returning * into l;
  perform platform.audit_as_me(workspace_id, 'provider.saved', jsonb_build_object('name', l.name, 'base_url', l.base_url));
  return l;
end
$function$
;

CREATE OR REPLACE FUNCTION public.test_provider(workspace_id uuid, definition jsonb)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  test_id uuid;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  perform platform.require_valid(definition, 'provider_test');
  perform platform.require_key_for(workspace_id, definition);
  delete from public.provider_tests t
  where t.workspace_id = test_provider.workspace_id and t.created_at < platform.now() - interval '1 day';
  if (select count(*) from public.provider_tests t where t.workspace_id = test_provider.workspace_id and t.result is null)
    >= platform.max_open_tests() then
    perform platform.refuse(429, 'too_many_tests', 'Several tests are still under way. Wait until they are over.');
  end if;
  insert into public.provider_tests (workspace_id, created_by, name, base_url, model, leave_out, api_key)
  values (test_provider.workspace_id, auth.uid(), definition ->> 'name', definition ->> 'base_url', definition ->> 'model',
    array(select jsonb_array_elements_text(definition -> 'leave_out')),
    coalesce(
      jsonb_build_object('workspace_id', test_provider.workspace_id, 'name', 'provider.' || (definition ->> 'name'))
        || (definition -> 'api_key'),
      (select platform.sealed_secret(s) from public.llm_providers p join public.secrets s on s.id = p.api_key_secret_id
       where p.workspace_id = test_provider.workspace_id and p.name = definition ->> 'name')))
  returning id into test_id;
  perform platform.audit_as_me(workspace_id, 'provider.tested',
    jsonb_build_object('name', definition ->> 'name', 'base_url', definition ->> 'base_url'));
  perform platform.wake('provider_tests');
  return test_id;
end
$function$
;
