-- The audit log as admins of a workspace read it, page by page, and the state of its chain.

-- One page of the log, newest first: {events, next}. `next` is what the next page is asked for as `before`; null at the end. A
-- page may hold fewer than `max_rows` events though more follow: a search looks through a bounded number of events at a time.
-- `kind` is the noun of the action, e.g. 'run'. `words` is looked for in the action and in the content.
create function public.activity(
  workspace_id uuid, actor_id uuid default null, persona_id uuid default null, kind text default null,
  since timestamptz default null, until timestamptz default null, words text default null,
  before bigint default null, max_rows int default 50
) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  max_looked_at constant int := 20000;
  page int := least(greatest(coalesce(max_rows, 50), 1), 200);
begin
  perform platform.require_workspace(activity.workspace_id, 'admin');
  return (
    with looked_at as materialized (
      select e as event from public.audit_events e
      where e.workspace_id = activity.workspace_id and (activity.before is null or e.seq < activity.before)
        and (activity.actor_id is null or e.actor_id = activity.actor_id)
        and (activity.persona_id is null or e.persona_id = activity.persona_id)
        and (activity.kind is null or split_part(e.action, '.', 1) = activity.kind)
        and (activity.since is null or e.at >= activity.since)
        and (activity.until is null or e.at < activity.until)
      order by e.seq desc limit max_looked_at
    ), found as (
      select l.event from looked_at l
      where activity.words is null
        or strpos(lower((l.event).action || ' ' || (l.event).data::text), lower(activity.words)) > 0
      order by (l.event).seq desc limit page
    ), ends as (
      select (select count(*) from found) as found, (select min((f.event).seq) from found f) as last_found,
        (select count(*) from looked_at) as looked_at, (select min((l.event).seq) from looked_at l) as last_looked_at
    )
    select jsonb_build_object(
      'events', coalesce((select jsonb_agg(platform.event_json(f.event) order by (f.event).seq desc) from found f), '[]'),
      'next', case
        when e.found = page then nullif(e.last_found, 1)
        when e.looked_at = max_looked_at then nullif(e.last_looked_at, 1)
      end)
    from ends e
  );
end
$$;

-- An event as people read it: with the names of who did it and of the persona, as far as they still exist.
create function platform.event_json(event public.audit_events) returns jsonb
language sql stable
return jsonb_build_object(
  'seq', event.seq, 'at', event.at, 'action', event.action, 'actor_type', event.actor_type, 'actor_id', event.actor_id,
  'actor_name', case event.actor_type
    when 'person' then (select coalesce(nullif(p.display_name, ''), p.email) from public.profiles p where p.id = event.actor_id)
    when 'persona' then (select p.name from public.personas p where p.id = event.actor_id)
  end,
  'persona_id', event.persona_id, 'persona_name', (select p.name from public.personas p where p.id = event.persona_id),
  'run_id', event.run_id, 'trace_id', event.trace_id, 'data', event.data, 'is_erased', event.erased_at is not null);

-- The state of a workspace's chain: {events, hash, signed_events, signed_at, check}. `events` are in the chain, `hash` is its
-- end in hex, and the first `signed_events` are covered by a statement that an executor signed. `check` is the last check,
-- {at, events, is_complete, broken_seq, why}, or null.
create function public.audit_chain(workspace_id uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform platform.require_workspace(audit_chain.workspace_id, 'admin');
  return (
    select jsonb_build_object(
      'events', coalesce(h.seq, 0), 'hash', encode(h.hash, 'hex'), 'signed_events', coalesce(h.signed_seq, 0),
      'signed_at', h.signed_at,
      'check', case when c.workspace_id is not null then jsonb_build_object(
        'at', c.checked_at, 'events', c.checked_seq, 'is_complete', c.is_complete, 'broken_seq', c.broken_seq, 'why', c.why)
      end)
    from (select audit_chain.workspace_id as id) w
    left join platform.audit_heads h on h.workspace_id = w.id
    left join platform.audit_checks c on c.workspace_id = w.id
  );
end
$$;

-- Checks the next events of a chain: computes their hashes again and compares them. With `restart` it begins at the first
-- event; otherwise it goes on where the last check stopped. Returns what audit_chain returns; the caller repeats the call until
-- `check.is_complete`. This check trusts the database's own functions; `npm run audit:verify` trusts nothing in it, and
-- verifies the signatures as well.
create function public.check_audit_chain(workspace_id uuid, restart boolean default true) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  max_checked constant int := 20000;
  c platform.audit_checks;
  h platform.audit_heads;
  found record;
begin
  perform platform.require_workspace(check_audit_chain.workspace_id, 'admin');
  insert into platform.audit_checks (workspace_id) values (check_audit_chain.workspace_id) on conflict do nothing;
  select * into c from platform.audit_checks a where a.workspace_id = check_audit_chain.workspace_id for update;
  if coalesce(check_audit_chain.restart, true) or c.is_complete then
    c.checked_seq := 0;
    c.checked_hash := decode(repeat('00', 32), 'hex');
  end if;
  select * into h from platform.audit_heads a where a.workspace_id = c.workspace_id;

  select count(*) as events, max(e.seq) as last_seq, (array_agg(e.hash order by e.seq desc))[1] as last_hash,
    min(e.seq) filter (where e.why is not null) as broken_seq,
    (array_agg(e.why order by e.seq) filter (where e.why is not null))[1] as why
  into found
  from platform.checked_events(c.workspace_id, c.checked_seq, c.checked_hash, max_checked) e;

  c.broken_seq := found.broken_seq;
  c.why := found.why;
  c.checked_seq := coalesce(found.last_seq, c.checked_seq);
  c.checked_hash := coalesce(found.last_hash, c.checked_hash);
  c.is_complete := c.broken_seq is not null or found.events < max_checked;
  if c.is_complete and c.broken_seq is null and c.checked_seq < coalesce(h.seq, 0) then
    c.broken_seq := c.checked_seq + 1;
    c.why := format('events up to %s are missing', h.seq);
  elsif c.is_complete and c.broken_seq is null and c.checked_seq = h.seq and c.checked_hash <> h.hash then
    c.broken_seq := c.checked_seq;
    c.why := 'it is not the end that the database noted';
  end if;
  update platform.audit_checks a set checked_at = platform.now(), checked_seq = c.checked_seq,
    checked_hash = c.checked_hash, is_complete = c.is_complete, broken_seq = c.broken_seq, why = c.why
  where a.workspace_id = c.workspace_id;
  if c.is_complete then
    perform platform.audit_as_me(c.workspace_id, 'audit.checked', jsonb_strip_nulls(jsonb_build_object(
      'events', c.checked_seq, 'broken_seq', c.broken_seq, 'why', c.why)));
  end if;
  return public.audit_chain(c.workspace_id);
end
$$;

-- The next events of a chain, each with what is wrong with it (null: nothing), in the words of scripts/audit/verify-chains.ts.
create function platform.checked_events(workspace_id uuid, after_seq bigint, after_hash bytea, max_events int)
returns table (seq bigint, hash bytea, why text)
language sql stable
as $$
  with slice as (
    select e as event, coalesce(lag(e.seq) over chain, after_seq) as last_seq, coalesce(lag(e.hash) over chain, after_hash) as last_hash
    from public.audit_events e
    where e.workspace_id = checked_events.workspace_id and e.seq > after_seq
    window chain as (order by e.seq)
    order by e.seq limit max_events
  ), told as materialized (
    select (span.value ->> 0)::bigint as first, (span.value ->> 1)::bigint as last
    from public.audit_events e, jsonb_array_elements(e.data -> 'spans') span
    where e.workspace_id = checked_events.workspace_id and e.action = 'audit.erased'
  )
  select (s.event).seq, (s.event).hash, case
    when (s.event).seq <> s.last_seq + 1 then 'the event before it is missing'
    when (s.event).prev_hash <> s.last_hash then 'it does not follow the event before it'
    when (s.event).erased_at is null and (s.event).content_hash is not null
      and (s.event).content_hash <> platform.audit_content_hash((s.event).content_salt, (s.event).data)
      then 'its content was changed'
    -- an event of the first release hashed the content itself, which is gone if it was erased
    when not ((s.event).content_hash is null and (s.event).erased_at is not null)
      and (s.event).hash <> sha256((s.event).prev_hash || platform.audit_bytes(s.event)) then 'it was changed'
    when (s.event).erased_at is not null
      and not exists (select from told t where (s.event).seq between t.first and t.last)
      then 'its content was erased, and no event says so'
  end
  from slice s
  order by (s.event).seq
$$;

grant execute on function
  public.activity(uuid, uuid, uuid, text, timestamptz, timestamptz, text, bigint, int),
  public.audit_chain(uuid),
  public.check_audit_chain(uuid, boolean)
  to authenticated;
