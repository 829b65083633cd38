-- Outbound webhooks: recording an event, and sending it.

-- Writes one delivery for each endpoint that listens to the event. Events: run.completed, run.failed, run.cancelled,
-- approval.requested, approval.decided. `data` contains ids and states, but no content.
create function platform.emit(workspace_id uuid, persona_id uuid, event text, data jsonb) returns void
language plpgsql
as $$
declare
  delivery record;
begin
  for delivery in
    insert into public.webhook_deliveries (id, endpoint_id, workspace_id, delivery_id, event, payload, status)
    select new.id, new.endpoint_id, emit.workspace_id, new.id::text, emit.event,
      jsonb_build_object('type', emit.event, 'timestamp', platform.now(), 'data', emit.data), 'queued'
    from (
      select platform.uuid_v7() as id, e.id as endpoint_id
      from public.webhook_endpoints e
      where e.workspace_id = emit.workspace_id and e.direction = 'out' and e.is_enabled
        and (e.persona_id is null or e.persona_id = emit.persona_id)
        and (e.events = '{}' or emit.event = any (e.events))
    ) new
    returning id
  loop
    perform pgmq.send('webhooks', jsonb_build_object('delivery_id', delivery.id), 0);
  end loop;
end
$$;

-- Claims deliveries to send: [{delivery_id, attempt, url, scheme, event, payload, secret}].
create function platform.claim_deliveries(max_deliveries int, lease_seconds int) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  m record;
  work jsonb;
  claimed jsonb := '[]';
begin
  for m in select * from pgmq.read('webhooks', lease_seconds, max_deliveries) loop
    update public.webhook_deliveries d set attempts = d.attempts + 1, msg_id = m.msg_id
    from public.webhook_endpoints e join public.secrets s on s.id = e.secret_id
    where d.id = (m.message ->> 'delivery_id')::uuid and d.status = 'queued' and e.id = d.endpoint_id and e.is_enabled
    returning jsonb_build_object('delivery_id', d.id, 'attempt', d.attempts, 'url', e.url, 'scheme', e.scheme,
      'event', d.event, 'payload', d.payload, 'secret', platform.sealed_secret(s))
    into work;
    if work is null then
      perform pgmq.delete('webhooks', m.msg_id);
      update public.webhook_deliveries set status = 'failed', error = 'The webhook was switched off.'
      where id = (m.message ->> 'delivery_id')::uuid and status = 'queued';
    else
      claimed := claimed || work;
    end if;
  end loop;
  return claimed;
end
$$;

-- Records the result of one try. result = {delivered, response_status?, error?, retry_seconds?}: without `retry_seconds` a
-- failure is final.
create function platform.finish_delivery(delivery_id uuid, attempt int, result jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  d public.webhook_deliveries;
  delivered boolean := (result ->> 'delivered')::boolean;
  again int := (result ->> 'retry_seconds')::int;
begin
  select * into d from public.webhook_deliveries w where w.id = finish_delivery.delivery_id for update;
  if d.status is distinct from 'queued' or d.attempts <> attempt then
    perform platform.refuse_stale('The delivery');
  end if;
  if not delivered and again is not null then
    perform pgmq.set_vt('webhooks', d.msg_id, again);
  else
    perform pgmq.delete('webhooks', d.msg_id);
  end if;
  update public.webhook_deliveries w set
    status = case when delivered then 'delivered' when again is null then 'failed' else 'queued' end,
    response_status = (result ->> 'response_status')::int, error = result ->> 'error',
    next_at = case when not delivered and again is not null then platform.now() + make_interval(secs => again) end
  where w.id = d.id;
  perform platform.record_endpoint_state(d.endpoint_id, delivered);
end
$$;

-- Records since when an endpoint has been failing. After `max_webhook_failure` switches it off and raises an alert.
create function platform.record_endpoint_state(endpoint_id uuid, delivered boolean) returns void
language plpgsql
as $$
declare
  e public.webhook_endpoints;
begin
  update public.webhook_endpoints w set failing_since = case when not delivered then coalesce(failing_since, platform.now()) end
  where w.id = record_endpoint_state.endpoint_id and (failing_since is null) = not delivered;
  select * into e from public.webhook_endpoints w where w.id = record_endpoint_state.endpoint_id;
  if e.is_enabled and e.failing_since < platform.now() - platform.max_webhook_failure() then
    perform platform.disable_webhook(e, 'webhook_disabled', 'it has not answered for three days.');
  end if;
end
$$;

-- Sends a delivery again with the same id, so that the receiver can recognise it. Refuses: delivery_not_found,
-- webhook_disabled.
create function public.redeliver(delivery_id uuid) returns public.webhook_deliveries
language plpgsql security definer set search_path = ''
as $$
declare
  d public.webhook_deliveries;
  e public.webhook_endpoints;
begin
  select * into d from public.webhook_deliveries w where w.id = redeliver.delivery_id for update;
  if d.id is null or not public.is_workspace_member(d.workspace_id, 'admin') then
    perform platform.refuse(404, 'delivery_not_found', 'This delivery does not exist, or you may not see it.');
  end if;
  select * into e from public.webhook_endpoints w where w.id = d.endpoint_id;
  if e.direction <> 'out' or not e.is_enabled then
    perform platform.refuse(409, 'webhook_disabled', 'This webhook is switched off. Switch it on first.');
  end if;
  if d.status <> 'queued' then
    perform pgmq.send('webhooks', jsonb_build_object('delivery_id', d.id), 0);
    update public.webhook_deliveries w set status = 'queued', attempts = 0, next_at = null where w.id = d.id returning * into d;
    perform platform.audit_as_me(d.workspace_id, 'webhook.redelivered', jsonb_build_object('delivery_id', d.id, 'endpoint_id', e.id));
  end if;
  return d;
end
$$;

-- Sends a test event to an endpoint, signed and delivered like every other. Refuses: webhook_not_found, webhook_disabled.
create function public.test_webhook(endpoint_id uuid) returns public.webhook_deliveries
language plpgsql security definer set search_path = ''
as $$
declare
  e public.webhook_endpoints := platform.require_webhook(endpoint_id);
  d public.webhook_deliveries;
begin
  if e.direction <> 'out' or not e.is_enabled then
    perform platform.refuse(409, 'webhook_disabled', 'This webhook is switched off. Switch it on first.');
  end if;
  d.id := platform.uuid_v7();
  insert into public.webhook_deliveries (id, endpoint_id, workspace_id, delivery_id, event, payload, status)
  values (d.id, e.id, e.workspace_id, d.id::text, 'webhook.test', jsonb_build_object('type', 'webhook.test',
    'timestamp', platform.now(), 'data', jsonb_build_object('webhook_id', e.id, 'name', e.name)), 'queued')
  returning * into d;
  perform pgmq.send('webhooks', jsonb_build_object('delivery_id', d.id), 0);
  perform platform.wake('webhooks');
  perform platform.audit_as_me(e.workspace_id, 'webhook.tested', jsonb_build_object('delivery_id', d.id, 'endpoint_id', e.id));
  return d;
end
$$;

grant execute on function
  platform.claim_deliveries(int, int),
  platform.finish_delivery(uuid, int, jsonb)
  to platform_executor;

grant execute on function public.redeliver(uuid), public.test_webhook(uuid) to authenticated;
