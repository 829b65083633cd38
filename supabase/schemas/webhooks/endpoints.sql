-- Commands on webhooks.

-- How long an endpoint may fail before it is switched off.
create function platform.max_webhook_failure() returns interval language sql immutable as $$ select interval '3 days' $$;

-- Creates a webhook, or changes the one with this id: fields that are missing then stay as they are, the direction always
-- stays, and the record of failures is cleared.
-- definition = {id?, direction, name, persona_id?, url?, scheme?, events?, input_template?, is_enabled?, secret} with
-- secret = {ciphertext, nonce, key_id}, which is stored as the secret `webhook.<end of the endpoint's id>`. The ciphertext
-- is bound to that name, so the caller that seals it chooses the id of a new webhook.
-- Direction 'in' needs a persona, 'out' needs a URL.
create function public.save_webhook_endpoint(workspace_id uuid, definition jsonb, endpoint_id uuid default null)
returns public.webhook_endpoints
language plpgsql security definer set search_path = ''
as $$
declare
  e public.webhook_endpoints;
  saved_id uuid := endpoint_id;
  secret_id uuid;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  perform platform.require_valid(definition, case when endpoint_id is null then 'webhook' else 'webhook_changes' end);
  if endpoint_id is null then
    saved_id := coalesce((definition ->> 'id')::uuid, platform.uuid_v7());
  else
    select * into e from public.webhook_endpoints w where w.id = endpoint_id and w.workspace_id = save_webhook_endpoint.workspace_id;
    if e.id is null then
      perform platform.refuse(404, 'webhook_not_found', 'This webhook does not exist, or you may not see it.');
    end if;
    definition := to_jsonb(e) || definition || jsonb_build_object('direction', e.direction);
    secret_id := e.secret_id;
  end if;
  if definition ->> 'persona_id' is not null and not exists (
    select from public.personas p
    where p.id = (definition ->> 'persona_id')::uuid and p.workspace_id = save_webhook_endpoint.workspace_id
  ) then
    perform platform.refuse(404, 'persona_not_found', 'This persona does not exist in this workspace.');
  end if;
  if not coalesce(case definition ->> 'direction'
      when 'in' then definition ->> 'persona_id' is not null
      when 'out' then definition ->> 'url' ~* '^https?://'
    end, false) then
    perform platform.refuse(422, 'invalid_input', 'An inbound webhook needs a persona, an outbound webhook needs a URL.');
  end if;
  if definition ->> 'direction' = 'out' and not (
    coalesce(definition ->> 'scheme', 'standard') in ('standard', 'github', 'hmac')
    and coalesce(definition -> 'events', '[]') <@ '["run.completed", "run.failed", "run.cancelled", "approval.requested", "approval.decided"]'
  ) then
    perform platform.refuse(422, 'invalid_input', 'Outbound webhooks do not support this scheme or event.');
  end if;
  if definition ? 'secret' then
    secret_id := platform.save_sealed(workspace_id, 'webhook.' || right(saved_id::text, 12), definition -> 'secret');
  end if;
  if secret_id is null then
    perform platform.refuse(422, 'invalid_input', 'A webhook needs a secret.');
  end if;
  insert into public.webhook_endpoints as old (
    id, workspace_id, persona_id, direction, name, url, scheme, events, input_template, secret_id, is_enabled, created_by)
  values (
    saved_id, save_webhook_endpoint.workspace_id, (definition ->> 'persona_id')::uuid,
    definition ->> 'direction', definition ->> 'name', definition ->> 'url', coalesce(definition ->> 'scheme', 'standard'),
    array(select jsonb_array_elements_text(coalesce(definition -> 'events', '[]'))), definition ->> 'input_template',
    secret_id, coalesce((definition ->> 'is_enabled')::boolean, true), auth.uid())
  on conflict on constraint webhook_endpoints_pkey do update set
    persona_id = excluded.persona_id, name = excluded.name, url = excluded.url, scheme = excluded.scheme,
    events = excluded.events, input_template = excluded.input_template, secret_id = excluded.secret_id,
    is_enabled = excluded.is_enabled, disabled_reason = null, failing_since = null, created_by = excluded.created_by
  where old.id = endpoint_id
  returning * into e;
  if not found then
    perform platform.refuse(422, 'invalid_input', 'Another webhook has this id.');
  end if;
  perform platform.audit_as_me(e.workspace_id, 'webhook.saved', jsonb_build_object('endpoint_id', e.id, 'name', e.name,
    'direction', e.direction, 'url', e.url, 'events', e.events, 'is_enabled', e.is_enabled), e.persona_id);
  return e;
end
$$;

create function platform.require_webhook(endpoint_id uuid) returns public.webhook_endpoints
language plpgsql stable
as $$
declare
  e public.webhook_endpoints;
begin
  select * into e from public.webhook_endpoints where id = require_webhook.endpoint_id;
  if e.id is null or not public.is_workspace_member(e.workspace_id, 'admin') then
    perform platform.refuse(404, 'webhook_not_found', 'This webhook does not exist, or you may not see it.');
  end if;
  return e;
end
$$;

create function public.delete_webhook_endpoint(endpoint_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  e public.webhook_endpoints := platform.require_webhook(endpoint_id);
begin
  delete from public.webhook_endpoints where id = e.id;
  delete from public.secrets where id = e.secret_id;
  perform platform.audit_as_me(e.workspace_id, 'webhook.deleted', jsonb_build_object('endpoint_id', e.id, 'name', e.name), e.persona_id);
end
$$;

-- Switches a webhook off, and gives the reason in its row and in an alert. `reason` is the end of a sentence.
create function platform.disable_webhook(e public.webhook_endpoints, kind text, reason text) returns void
language plpgsql
as $$
begin
  update public.webhook_endpoints w set is_enabled = false, disabled_reason = upper(left(reason, 1)) || substr(reason, 2)
  where w.id = e.id;
  perform platform.raise_alert(e.workspace_id, e.persona_id, kind,
    format('The webhook "%s" was switched off: %s', e.name, reason), jsonb_build_object('endpoint_id', e.id));
  perform platform.audit(e.workspace_id, 'system', null, 'webhook.disabled',
    jsonb_build_object('endpoint_id', e.id, 'reason', kind), e.persona_id);
end
$$;

grant execute on function
  public.save_webhook_endpoint(uuid, jsonb, uuid),
  public.delete_webhook_endpoint(uuid)
  to authenticated;
