-- Audit: append-only, hash-chained per workspace.
--
-- A transition writes its event to `platform.audit_queue` in its own transaction. `seal_audit()` moves queued events
-- into `audit_events` and links the chain, in batches, one sealer at a time. Linking in the transition itself would
-- make every transaction of a workspace wait for the commit of the one before (docs/adr/0002-audit-chain.md).
--
-- hash = sha256(prev_hash || canonical text of the event); the first prev_hash of a chain is 32 zero bytes.
-- Events that belong to no workspace (sign-ins, platform settings) form the chain of the zero workspace.

create domain platform.actor_type as text check (value in ('person', 'persona', 'system'));

create table platform.audit_queue (
  queue_id bigint generated always as identity primary key,
  workspace_id uuid not null,
  id uuid not null default gen_random_uuid(),
  at timestamptz not null default platform.now(),
  actor_type platform.actor_type not null,
  actor_id uuid,
  action text not null,
  persona_id uuid,
  run_id uuid,
  trace_id text,
  data jsonb not null
);

create table public.audit_events (
  workspace_id uuid not null,
  seq bigint not null,
  id uuid not null,
  at timestamptz not null,
  actor_type platform.actor_type not null,
  actor_id uuid,
  -- noun.verb, e.g. run.created, tool.started, person.signed_in
  action text not null,
  persona_id uuid,
  run_id uuid,
  trace_id text,
  data jsonb not null,
  prev_hash bytea not null,
  hash bytea not null,
  primary key (workspace_id, seq)
);
create index on public.audit_events (run_id, seq) where run_id is not null;
-- appended in the order of time, so that a few blocks a range are enough
create index on public.audit_events using brin (at);

create table platform.audit_heads (
  workspace_id uuid primary key,
  seq bigint not null,
  hash bytea not null
);

alter table platform.audit_queue enable row level security;
alter table platform.audit_heads enable row level security;
alter table public.audit_events enable row level security;
create policy "admins read their workspace's audit log" on public.audit_events
  for select to authenticated using (public.is_workspace_member(workspace_id, 'admin'));
grant select on public.audit_events to authenticated;
revoke insert, update, delete, truncate on public.audit_events from service_role;

create function platform.refuse_audit_change() returns trigger
language plpgsql set search_path = ''
as $$
begin
  raise exception 'audit_events is append-only' using errcode = 'PP002';
end
$$;
create trigger audit_events_append_only before update or delete on public.audit_events
  for each row execute function platform.refuse_audit_change();
create trigger audit_events_no_truncate before truncate on public.audit_events
  for each statement execute function platform.refuse_audit_change();

-- Queues one event. `data` must hold no secret: only names, ids, counts, hashes and what people may read.
create function platform.audit(
  workspace_id uuid, actor_type text, actor_id uuid, action text,
  data jsonb default '{}', persona_id uuid default null, run_id uuid default null, trace_id text default null
) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into platform.audit_queue (workspace_id, actor_type, actor_id, action, data, persona_id, run_id, trace_id)
  values (coalesce(workspace_id, '00000000-0000-0000-0000-000000000000'), actor_type, actor_id, action, data, persona_id,
    run_id, trace_id);
end
$$;

-- An event as a transition of a run notes it, to be written with its steps (platform.save).
create type platform.new_event as (actor_type text, actor_id uuid, action text, data jsonb);

create function platform.audit_event(actor_type text, actor_id uuid, action text, data jsonb default '{}')
returns platform.new_event
language sql stable
return row(actor_type, actor_id, action, data)::platform.new_event;

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
    select e.workspace_id, e.seq,
      e.seq = row_number() over chain
      and e.prev_hash = coalesce(lag(e.hash) over chain, decode(repeat('00', 32), 'hex'))
      and e.hash = sha256(e.prev_hash || platform.audit_bytes(e)) as whole
    from public.audit_events e
    window chain as (partition by e.workspace_id order by e.seq)
  )
  select h.workspace_id, h.seq,
    coalesce(
      min(w.seq) filter (where not w.whole),
      -- rows cut off the end leave a whole chain that is shorter than its head
      case when coalesce(max(w.seq), 0) < h.seq then coalesce(max(w.seq), 0) + 1 end
    )
  from platform.audit_heads h left join walked w using (workspace_id)
  group by h.workspace_id, h.seq
$$;

-- A profile for each account, and an audit event for each sign-in. Triggers on auth.users are Supabase's documented way.
create function platform.on_user_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    insert into public.profiles (id, email, display_name)
    values (new.id, coalesce(new.email, ''),
      coalesce(new.raw_user_meta_data ->> 'display_name', initcap(split_part(coalesce(new.email, ''), '@', 1))));
    perform platform.audit(null, 'person', new.id, 'person.created');
  elsif new.email is distinct from old.email then
    update public.profiles set email = coalesce(new.email, '') where id = new.id;
  end if;
  if new.last_sign_in_at is not null and (tg_op = 'INSERT' or new.last_sign_in_at is distinct from old.last_sign_in_at) then
    perform platform.audit(null, 'person', new.id, 'person.signed_in');
  end if;
  return new;
end
$$;
create trigger platform_on_user_change after insert or update of email, last_sign_in_at on auth.users
  for each row execute function platform.on_user_change();

grant execute on function platform.seal_audit(int), platform.verify_audit() to platform_executor;
