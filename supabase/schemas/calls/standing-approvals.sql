-- "Always allow this": rules by which calls run that would ask a person. A rule never lifts a denial: it only stands for the
-- person who would be asked. It is bound to one tool of one persona, to the arguments that the approved call had, and to exact
-- values of those that the person chose.

-- Whether a call equals the rule in everything that the rule fixes.
create function platform.standing_approval_fits(s public.standing_approvals, arguments jsonb) returns boolean
language plpgsql immutable
as $$
begin
  if jsonb_typeof(arguments) <> 'object' then
    return false;
  end if;
  return not exists (select from jsonb_object_keys(arguments) k where k <> all (s.argument_names))
    and not exists (
      select from jsonb_array_elements(s.conditions) c
      where not case
        when c ->> 'argument' = 'recipients'
          then platform.condition_fits(platform.argument_of(arguments, 'recipients'), 'equals', c -> 'value', true)
        else coalesce(arguments -> (c ->> 'argument') = c -> 'value', false)
      end
    );
end
$$;

-- Uses up one use of a rule that fits the call; false if none does. The row's lock makes the count exact. A rule that another
-- transaction is using at this moment is passed over, because waiting for it could close a circle of locks with
-- write_transitions; then the call asks a person, as it would without the rule.
create function platform.use_standing_approval(r public.runs, tool public.tools, arguments jsonb) returns boolean
language plpgsql
as $$
declare
  s public.standing_approvals;
begin
  select * into s from public.standing_approvals x
  where x.persona_id = r.persona_id and x.tool_id = tool.id and x.revoked_at is null
    and x.uses < x.max_uses and x.expires_at > platform.now()
    and platform.is_editor(x.persona_id, x.created_by) and platform.standing_approval_fits(x, arguments)
  order by x.expires_at, x.id limit 1
  for update skip locked;
  if not found then
    return false;
  end if;
  update public.standing_approvals set uses = uses + 1, last_used_at = platform.now() where id = s.id returning * into s;
  perform platform.audit(r.workspace_id, 'persona', r.persona_id, 'standing_approval.used', jsonb_build_object(
    'standing_approval_id', s.id, 'tool', s.tool_name, 'arguments_hash', platform.hash_arguments(arguments),
    'uses', s.uses, 'max_uses', s.max_uses), r.persona_id, r.id, r.trace_id);
  return true;
end
$$;

-- Makes a rule from a call that the signed-in person has just approved. always = {arguments, max_uses, days}: the names of the
-- arguments whose values the rule fixes (`recipients` is to, cc and bcc together), how many calls it allows, and for how long.
-- The values are those of the approved call, so nobody can allow what they have not seen.
-- Refuses: session_needed (a rule would outlive an API key that is revoked), not_allowed, invalid_input.
create function platform.add_standing_approval(a public.approvals, t public.tool_runs, always jsonb) returns void
language plpgsql
as $$
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
$$;

-- Ends a rule at once. Refuses: standing_approval_not_found, not_allowed.
create function public.revoke_standing_approval(standing_approval_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  s public.standing_approvals;
begin
  select * into s from public.standing_approvals x where x.id = revoke_standing_approval.standing_approval_id for update;
  if s.id is null or not public.can_view_persona(s.persona_id) then
    perform platform.refuse(404, 'standing_approval_not_found', 'This rule does not exist, or you may not see it.');
  end if;
  if not public.can_edit_persona(s.persona_id) then
    perform platform.refuse(403, 'not_allowed', 'Only editors of the persona may revoke this.');
  end if;
  if s.revoked_at is not null then
    return;
  end if;
  update public.standing_approvals set revoked_at = platform.now(), revoked_by = auth.uid() where id = s.id;
  perform platform.audit_as_me(s.workspace_id, 'standing_approval.revoked', jsonb_build_object(
    'standing_approval_id', s.id, 'tool', s.tool_name), s.persona_id);
end
$$;

grant execute on function public.revoke_standing_approval(uuid) to authenticated;
