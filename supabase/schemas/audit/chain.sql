-- The chain: hash = sha256(previous hash || canonical text of the event). The first previous hash of a chain is 32 zero
-- bytes. Events that belong to no workspace (sign-ins, platform settings) form the chain of the zero workspace.

-- The bytes that are hashed: a JSON array. jsonb's text form is the same for equal values on every server.
create function platform.audit_bytes(event public.audit_events) returns bytea
language sql stable
return convert_to(json_build_array(
  event.workspace_id, event.seq, event.id, extract(epoch from event.at), event.actor_type, event.actor_id, event.action,
  event.data, event.persona_id, event.run_id, event.trace_id
)::text, 'UTF8');

-- The hash of a chain's next event; `head` is where the chain ended before the first.
create function platform.link_event(previous bytea, head bytea, event bytea) returns bytea
language plpgsql immutable
as $$
begin
  return sha256(coalesce(previous, head) || event);
end
$$;

create aggregate platform.chain_hash(head bytea, event bytea) (sfunc = platform.link_event, stype = bytea);

-- Links up to `max_events` queued events into their chains. Returns how many; 0 when another sealer is at work.
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
    returning *
  ), placed as (
    select coalesce(h.hash, decode(repeat('00', 32), 'hex')) as head,
      row(t.workspace_id, coalesce(h.seq, 0) + row_number() over chain, t.id, t.at, t.actor_type, t.actor_id, t.action,
        t.persona_id, t.run_id, t.trace_id, t.data, null, null)::public.audit_events as event
    from taken t left join platform.audit_heads h on h.workspace_id = t.workspace_id
    window chain as (partition by t.workspace_id order by t.queue_id)
  ), linked as (
    select (p.event).*, p.head, platform.chain_hash(p.head, platform.audit_bytes(p.event)) over chain as link
    from placed p
    window chain as (partition by (p.event).workspace_id order by (p.event).seq)
  ), written as (
    insert into public.audit_events
    select l.workspace_id, l.seq, l.id, l.at, l.actor_type, l.actor_id, l.action, l.persona_id, l.run_id, l.trace_id, l.data,
      coalesce(lag(l.link) over (partition by l.workspace_id order by l.seq), l.head), l.link
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

-- Walks every chain. One row per workspace: how many events, and the first broken one (null when whole).
create function platform.verify_audit() returns table (workspace_id uuid, events bigint, broken_seq bigint)
language sql stable security definer set search_path = ''
as $$
  with walked as (
    select e.workspace_id, e.seq, e.hash,
      e.seq = row_number() over chain
      and e.prev_hash = coalesce(lag(e.hash) over chain, decode(repeat('00', 32), 'hex'))
      and e.hash = sha256(e.prev_hash || platform.audit_bytes(e)) as whole
    from public.audit_events e
    window chain as (partition by e.workspace_id order by e.seq)
  )
  select coalesce(h.workspace_id, w.workspace_id), coalesce(h.seq, max(w.seq)),
    least(
      min(w.seq) filter (where not w.whole),
      case
        -- rows cut off the end leave a whole chain that is shorter than its head
        when coalesce(max(w.seq), 0) < h.seq then coalesce(max(w.seq), 0) + 1
        -- rows after the head, or without one, were not sealed
        when max(w.seq) > coalesce(h.seq, 0) then coalesce(h.seq, 0) + 1
      end,
      -- rewriting a row and all hashes after it leads to another end than the head's
      case when not coalesce(bool_or(w.hash = h.hash) filter (where w.seq = h.seq), false) then h.seq end
    )
  from platform.audit_heads h full join walked w on w.workspace_id = h.workspace_id
  group by h.workspace_id, w.workspace_id, h.seq
$$;

-- Seals what waits, then walks every chain: for `npm run audit:verify`, by the service key.
-- Returns one row per chain; `broken_seq` names its first broken event, null when it is whole.
create function public.verify_audit() returns table (workspace_id uuid, events bigint, broken_seq bigint)
language plpgsql security definer set search_path = ''
as $$
begin
  while platform.seal_audit() > 0 loop end loop;
  return query select * from platform.verify_audit();
end
$$;

grant execute on function platform.seal_audit(int), platform.verify_audit() to platform_executor;

grant execute on function public.verify_audit() to service_role;
