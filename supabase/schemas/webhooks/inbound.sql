-- Inbound webhooks. functions/webhooks checks the signature of a request and calls these functions with the service key.

-- What functions/webhooks needs to check a request: {id, scheme, events, input_template, secret}, where the secret is
-- encrypted. Null if there is no such webhook, or it is switched off.
create function public.inbound_webhook(endpoint_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('id', e.id, 'scheme', e.scheme, 'events', e.events, 'input_template', e.input_template,
    'secret', platform.sealed_secret(s))
  from public.webhook_endpoints e join public.secrets s on s.id = e.secret_id
  where e.id = inbound_webhook.endpoint_id and e.direction = 'in' and e.is_enabled
$$;

-- Starts a run for a request with a valid signature. Returns {run, created}. A repeated delivery id or fingerprint returns
-- the first run, so that neither a sender's retry nor a replay under another id starts a second run. The run belongs to the
-- person who created the webhook; if they have left the workspace, the webhook is switched off and `run` is null. `title` says
-- what came, in a few words.
create function public.accept_webhook(
  endpoint_id uuid, delivery_id text, event text, payload jsonb, input text, fingerprint text default null,
  title text default null
) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  e public.webhook_endpoints;
  d public.webhook_deliveries;
  p public.personas;
  r public.runs;
  refusal jsonb;
begin
  select * into e from public.webhook_endpoints w where w.id = endpoint_id and w.direction = 'in' and w.is_enabled;
  if e.id is null then
    perform platform.refuse(404, 'webhook_not_found', 'This webhook does not exist, or you may not see it.');
  end if;
  if not exists (
    select from public.workspace_members m where m.workspace_id = e.workspace_id and m.user_id = e.created_by
  ) then
    perform platform.disable_webhook(e, 'webhook_without_owner', 'the person who created it has left the workspace.');
    return jsonb_build_object('run', null, 'created', false);
  end if;
  insert into public.webhook_deliveries as w (endpoint_id, workspace_id, delivery_id, fingerprint, event, payload, status)
  values (e.id, e.workspace_id, accept_webhook.delivery_id, accept_webhook.fingerprint, accept_webhook.event,
    accept_webhook.payload, 'received')
  on conflict do nothing
  returning * into d;
  if d.id is null then
    select run.* into r from public.webhook_deliveries w join public.runs run on run.id = w.run_id
    where w.endpoint_id = e.id
      and (w.delivery_id = accept_webhook.delivery_id or w.fingerprint = accept_webhook.fingerprint)
    limit 1;
    return jsonb_build_object('run', platform.run_json(r), 'created', false);
  end if;
  select * into p from public.personas where id = e.persona_id;
  refusal := platform.run_refusal(p, e.created_by);
  if refusal is not null then
    perform platform.refuse((refusal ->> 'status')::int, refusal ->> 'code', refusal ->> 'message');
  end if;
  r := platform.start_run(e.persona_id, e.created_by, 'webhook', left(accept_webhook.input, 100000), '[]', 'normal');
  update public.runs set title = nullif(left(accept_webhook.title, 200), '') where id = r.id returning * into r;
  update public.webhook_deliveries set run_id = r.id where id = d.id;
  return jsonb_build_object('run', platform.run_json(r), 'created', true);
end
$$;

-- Logs a rejected request, up to ten times a minute, so that nobody can flood the audit log.
create function public.reject_webhook(endpoint_id uuid, reason text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  e public.webhook_endpoints;
begin
  update public.webhook_endpoints w set
    rejected_in = date_trunc('minute', platform.now()),
    rejected = case when w.rejected_in = date_trunc('minute', platform.now()) then w.rejected + 1 else 1 end
  where w.id = reject_webhook.endpoint_id
    and (w.rejected < 10 or w.rejected_in is distinct from date_trunc('minute', platform.now()))
  returning * into e;
  if e.id is not null then
    perform platform.audit(e.workspace_id, 'system', null, 'webhook.rejected', jsonb_build_object('endpoint_id', e.id,
      'reason', reason || case when e.rejected = 10 then '. Further rejections in this minute are not logged.' else '' end), e.persona_id);
  end if;
end
$$;

grant execute on function
  public.inbound_webhook(uuid),
  public.accept_webhook(uuid, text, text, jsonb, text, text, text),
  public.reject_webhook(uuid, text)
  to service_role;
