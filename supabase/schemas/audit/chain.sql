-- The hash chains: hash = sha256(previous hash || bytes of the event). The first event of a chain has 32 zero bytes as its
-- previous hash. Events without a workspace (sign-ins, platform settings) form the chain of the zero workspace.

-- The hash of an event's content. The chain covers this hash instead of the content, so that the content can be erased.
create function platform.audit_content_hash(salt uuid, data jsonb) returns bytea
language sql stable
return sha256(convert_to(salt::text || data::text, 'UTF8'));

-- The bytes of an event that are hashed: a JSON array. scripts/audit/verify-chains.ts builds the same bytes.
create function platform.audit_bytes(event public.audit_events) returns bytea
language sql stable
return convert_to(json_build_array(
  event.workspace_id, event.seq, event.id, extract(epoch from event.at), event.actor_type, event.actor_id, event.action,
  -- the first release hashed the content itself
  coalesce(to_json(encode(event.content_hash, 'hex')), event.data::json), event.persona_id, event.run_id, event.trace_id
)::text, 'UTF8');

-- The hash of the next event of a chain. `head` is the hash at the end of the chain before the first new event.
create function platform.link_event(previous bytea, head bytea, event bytea) returns bytea
language plpgsql immutable
as $$
begin
  return sha256(coalesce(previous, head) || event);
end
$$;

create aggregate platform.chain_hash(head bytea, event bytea) (sfunc = platform.link_event, stype = bytea);

-- Links up to `max_events` queued events into their chains. Returns their number; 0 if another sealer is at work.
create function platform.seal_audit(max_events int default 1000) returns int
language plpgsql security definer set search_path = ''
as $$
declare
  sealed int;
begin
  if not pg_try_advisory_xact_lock(hashtext('platform.seal_audit')) then
    return 0;
  end if;
  with taken as (
    delete from platform.audit_queue q
    where q.queue_id in (select o.queue_id from platform.audit_queue o order by o.queue_id limit max_events)
    returning *, gen_random_uuid() as salt
  ), placed as (
    select coalesce(h.hash, decode(repeat('00', 32), 'hex')) as head,
      row(t.workspace_id, coalesce(h.seq, 0) + row_number() over chain, t.id, t.at, t.actor_type, t.actor_id, t.action,
        t.persona_id, t.run_id, t.trace_id, t.data, null, null,
        platform.audit_content_hash(t.salt, t.data), t.salt, null
      )::public.audit_events as event
    from taken t left join platform.audit_heads h on h.workspace_id = t.workspace_id
    window chain as (partition by t.workspace_id order by t.queue_id)
  ), linked as (
    select (p.event).*, p.head, platform.chain_hash(p.head, platform.audit_bytes(p.event)) over chain as link
    from placed p
    window chain as (partition by (p.event).workspace_id order by (p.event).seq)
  ), written as (
    insert into public.audit_events
    select l.workspace_id, l.seq, l.id, l.at, l.actor_type, l.actor_id, l.action, l.persona_id, l.run_id, l.trace_id, l.data,
      coalesce(lag(l.link) over (partition by l.workspace_id order by l.seq), l.head), l.link,
      l.content_hash, l.content_salt
    from linked l
    returning workspace_id, seq, hash
  ), moved as (
    insert into platform.audit_heads
    select distinct on (w.workspace_id) w.workspace_id, w.seq, w.hash from written w order by w.workspace_id, w.seq desc
    on conflict (workspace_id) do update set seq = excluded.seq, hash = excluded.hash
  )
  select count(*) into sealed from written;
  return sealed;
end
$$;

-- Seals everything that was queued before this call. Waits for another sealer.
create function platform.seal_whole_queue() returns void
language plpgsql
as $$
begin
  perform pg_advisory_xact_lock(hashtext('platform.seal_audit'));
  while platform.seal_audit() > 0 loop end loop;
end
$$;

-- Seals the queued events and returns the end of each chain, with the hash as \x and hex. `npm run audit:verify` calls it with
-- the service key.
create function public.audit_heads() returns table (workspace_id uuid, seq bigint, hash text)
language plpgsql security definer set search_path = ''
as $$
begin
  perform platform.seal_whole_queue();
  return query select h.workspace_id, h.seq, '\x' || encode(h.hash, 'hex') from platform.audit_heads h order by h.workspace_id;
end
$$;

grant execute on function platform.seal_audit(int) to platform_executor;

grant execute on function public.audit_heads() to service_role;
