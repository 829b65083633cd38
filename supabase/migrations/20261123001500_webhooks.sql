-- Webhooks. In: a signed request starts a run (functions/webhooks checks the signature, then calls accept_webhook).
-- Out: events are written here as deliveries in the transaction that caused them, and sent by the executor.
--
-- Life of a delivery out: queued -> delivered | failed (after the last try). In: received.

alter table public.webhook_endpoints
  add column created_by uuid references public.profiles (id) on delete set null,
  -- Since when every try has failed; a working one clears it.
  add column failing_since timestamptz,
  -- In: how many requests of that minute were turned away and noted.
  add column rejected_in timestamptz,
  add column rejected int not null default 0;
create index on public.webhook_endpoints (created_by);
alter table public.webhook_deliveries
  add column msg_id bigint,
  -- In: SHA-256 of what was signed, where no id tells the delivery for sure; for half an hour (accept_webhook).
  add column fingerprint text;
create unique index webhook_deliveries_once on public.webhook_deliveries (endpoint_id, fingerprint) where fingerprint is not null;
do $$
begin
  perform pgmq.create('webhooks');
end
$$;

-- How long an endpoint may fail before it is switched off.
create function platform.max_webhook_failure() returns interval language sql immutable as $$ select interval '3 days' $$;

-- definition = {direction, name, persona_id?, url?, scheme?, events?, input_template?, is_enabled?, secret},
-- secret = {ciphertext, nonce, key_id}: kept as the secret `webhook.<end of the endpoint's id>`.
-- 'in' needs a persona; 'out' needs a url. With an endpoint_id it changes that one: what is missing stays, the direction
-- always, and its failures are forgotten.
create function public.save_webhook_endpoint(workspace_id uuid, definition jsonb, endpoint_id uuid default null)
returns public.webhook_endpoints
language plpgsql security definer set search_path = ''
as $$
declare
  e public.webhook_endpoints;
  saved_id uuid := coalesce(endpoint_id, platform.uuid_v7());
  secret_id uuid;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  perform platform.require_valid(definition, case when endpoint_id is null then 'webhook' else 'webhook_changes' end);
  if endpoint_id is not null then
    select * into e from public.webhook_endpoints w where w.id = endpoint_id and w.workspace_id = save_webhook_endpoint.workspace_id;
    if e.id is null then
      perform platform.refuse(404, 'webhook_not_found', 'There is no such webhook.');
    end if;
    definition := to_jsonb(e) || definition || jsonb_build_object('direction', e.direction);
    secret_id := e.secret_id;
  end if;
  if definition ->> 'persona_id' is not null and not exists (
    select from public.personas p
    where p.id = (definition ->> 'persona_id')::uuid and p.workspace_id = save_webhook_endpoint.workspace_id
  ) then
    perform platform.refuse(404, 'persona_not_found', 'There is no such persona in this workspace.');
  end if;
  if not coalesce(case definition ->> 'direction'
      when 'in' then definition ->> 'persona_id' is not null
      when 'out' then definition ->> 'url' ~ '^https?://'
    end, false) then
    perform platform.refuse(422, 'invalid_input', 'A webhook in needs a persona, a webhook out a URL.');
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
  returning * into e;
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
    perform platform.refuse(404, 'webhook_not_found', 'There is no such webhook.');
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

-- ── in: for functions/webhooks, by the service key ──────────────────────────────────────────────────────────────

-- What checking a request needs: {id, scheme, input_template, secret} with the secret encrypted, or null.
create function public.inbound_webhook(endpoint_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('id', e.id, 'scheme', e.scheme, 'input_template', e.input_template,
    'secret', platform.sealed_secret(s))
  from public.webhook_endpoints e join public.secrets s on s.id = e.secret_id
  where e.id = inbound_webhook.endpoint_id and e.direction = 'in' and e.is_enabled
$$;

-- Switches a webhook off, and says why in its row and in an alert. `reason` is the end of a sentence.
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

-- Starts the run of a request whose signature is good; a known delivery id or fingerprint returns the first run, so that
-- neither a sender's retry nor a replay under another id starts a second one. Returns {run, created}. Runs are started in
-- the name of who opened the webhook: when they have left the workspace it is switched off, and `run` is null.
create function public.accept_webhook(
  endpoint_id uuid, delivery_id text, event text, payload jsonb, input text, fingerprint text default null
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
    perform platform.refuse(404, 'webhook_not_found', 'There is no such webhook.');
  end if;
  if not exists (
    select from public.workspace_members m where m.workspace_id = e.workspace_id and m.user_id = e.created_by
  ) then
    perform platform.disable_webhook(e, 'webhook_without_owner', 'who opened it has left the workspace.');
    return jsonb_build_object('run', null, 'created', false);
  end if;
  update public.webhook_deliveries w set fingerprint = null
  where w.endpoint_id = e.id and w.fingerprint = accept_webhook.fingerprint
    and w.created_at < platform.now() - interval '30 minutes';
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
  update public.webhook_deliveries set run_id = r.id where id = d.id;
  return jsonb_build_object('run', platform.run_json(r), 'created', true);
end
$$;

-- Notes a request that was turned away, and nothing else: up to ten a minute, so that nobody can fill the log.
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
      'reason', reason || case when e.rejected = 10 then '. More are not noted in this minute.' else '' end), e.persona_id);
  end if;
end
$$;

-- ── out ─────────────────────────────────────────────────────────────────────────────────────────────────────────

-- Writes one delivery for each endpoint that listens to the event. Events: run.completed, run.failed, run.cancelled,
-- approval.requested, approval.decided; data holds ids and states, no content.
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

-- Ends one try. result = {delivered, response_status?, error?, retry_seconds?}: without retry_seconds a failure is final.
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
  perform platform.note_endpoint(d.endpoint_id, delivered);
end
$$;

-- Keeps since when an endpoint fails, and switches it off after `max_webhook_failure`, with an alert.
create function platform.note_endpoint(endpoint_id uuid, delivered boolean) returns void
language plpgsql
as $$
declare
  e public.webhook_endpoints;
begin
  update public.webhook_endpoints w set failing_since = case when not delivered then coalesce(failing_since, platform.now()) end
  where w.id = note_endpoint.endpoint_id and (failing_since is null) = not delivered;
  select * into e from public.webhook_endpoints w where w.id = note_endpoint.endpoint_id;
  if e.is_enabled and e.failing_since < platform.now() - platform.max_webhook_failure() then
    perform platform.disable_webhook(e, 'webhook_disabled', 'it has not answered for three days.');
  end if;
end
$$;

-- Sends a delivery out once more, with the same id, so that the receiver can tell. Refuses: delivery_not_found, webhook_disabled.
create function public.redeliver(delivery_id uuid) returns public.webhook_deliveries
language plpgsql security definer set search_path = ''
as $$
declare
  d public.webhook_deliveries;
  e public.webhook_endpoints;
begin
  select * into d from public.webhook_deliveries w where w.id = redeliver.delivery_id for update;
  if d.id is null or not public.is_workspace_member(d.workspace_id, 'admin') then
    perform platform.refuse(404, 'delivery_not_found', 'There is no such delivery.');
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

grant execute on function
  platform.claim_deliveries(int, int), platform.finish_delivery(uuid, int, jsonb)
  to platform_executor;
grant execute on function
  public.save_webhook_endpoint(uuid, jsonb, uuid), public.delete_webhook_endpoint(uuid), public.redeliver(uuid)
  to authenticated;
grant execute on function
  public.inbound_webhook(uuid), public.accept_webhook(uuid, text, text, jsonb, text, text), public.reject_webhook(uuid, text)
  to service_role;
