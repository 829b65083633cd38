-- Raising and resolving an alert.

-- Raises an alert, unless the same alert is open.
create function platform.raise_alert(
  workspace_id uuid, persona_id uuid, kind text, message text, details jsonb default '{}'
) returns void
language sql
as $$
  insert into public.alerts (workspace_id, persona_id, kind, message, details)
  values (raise_alert.workspace_id, raise_alert.persona_id, raise_alert.kind, raise_alert.message, raise_alert.details)
  on conflict (kind, coalesce(persona_id, workspace_id)) where resolved_at is null do nothing
$$;

-- Resolves an alert on behalf of a person. Refuses: alert_not_found, not_allowed.
create function public.resolve_alert(alert_id uuid) returns public.alerts
language plpgsql security definer set search_path = ''
as $$
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
$$;

grant execute on function public.resolve_alert(uuid) to authenticated;
