-- signed audit
set check_function_bodies = off;

revoke EXECUTE on function public.verify_audit() from service_role;

revoke EXECUTE on function platform.verify_audit() from platform_executor;

drop function public.verify_audit();

drop function platform.verify_audit();

create table public.audit_statements ();
alter table public.audit_statements enable row level security;

alter table platform.audit_heads add column signed_seq bigint default 0 not null;

alter table public.audit_events add column content_hash bytea;

alter table public.audit_events add column content_salt uuid;

alter table public.audit_events add column erased_at timestamp with time zone;

alter table public.audit_statements add column n bigint not null;

alter table public.audit_statements add column published_at timestamp with time zone;

alter table public.audit_statements add column signature text not null;

alter table public.audit_statements add column statement text not null;

CREATE OR REPLACE FUNCTION platform.audit_bytes(event public.audit_events)
 RETURNS bytea
 LANGUAGE sql
 STABLE
RETURN convert_to((json_build_array((event).workspace_id, (event).seq, (event).id, EXTRACT(epoch FROM (event).at), (event).actor_type, (event).actor_id, (event).action, encode((event).content_hash, 'hex'::text), (event).persona_id, (event).run_id, (event).trace_id))::text, 'UTF8'::name)
;

CREATE OR REPLACE FUNCTION platform.audit_content_hash(salt uuid, data jsonb)
 RETURNS bytea
 LANGUAGE sql
 STABLE
RETURN sha256(convert_to(((salt)::text || (data)::text), 'UTF8'::name))
;

CREATE OR REPLACE FUNCTION platform.is_event_of_person(event public.audit_events, person_id uuid, email text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
RETURN (((event).actor_id = person_id) OR (strpos(((event).data)::text, (person_id)::text) > 0) OR ((email <> ''::text) AND (strpos(lower(((event).data)::text), lower(email)) > 0)))
;

CREATE OR REPLACE FUNCTION platform.mark_statement_published(n bigint)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update public.audit_statements s set published_at = platform.now() where s.n = mark_statement_published.n
$function$
;

CREATE OR REPLACE FUNCTION platform.refuse_audit_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  -- an erasure leaves everything else as it is
  if tg_op = 'UPDATE' and tg_level = 'ROW' then
    if old.erased_at is null and new.erased_at is not null and new.data = '{}' and new.content_salt is null
      and to_jsonb(new) - '{data,content_salt,erased_at}'::text[] = to_jsonb(old) - '{data,content_salt,erased_at}'::text[] then
      return new;
    end if;
  end if;
  raise exception 'audit_events is append-only' using errcode = 'PP002';
end
$function$
;

CREATE OR REPLACE FUNCTION platform.save_audit_statement(n bigint, statement text, signature text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  insert into public.audit_statements (n, statement, signature) values (n, statement, signature) on conflict do nothing;
  if not found then
    return false;
  end if;
  update platform.audit_heads a set signed_seq = greatest(a.signed_seq, s.seq)
  from jsonb_to_recordset(statement::jsonb -> 'heads') as s (workspace_id uuid, seq bigint)
  where a.workspace_id = s.workspace_id;
  return true;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.seal_audit(max_events integer DEFAULT 1000)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION platform.seal_whole_queue()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_advisory_xact_lock(hashtext('platform.seal_audit'));
  while platform.seal_audit() > 0 loop end loop;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.unpublished_statements(max_statements integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select coalesce(jsonb_agg(to_jsonb(s) order by s.n), '[]') from (
    select u.n, u.statement, u.signature from public.audit_statements u
    where u.published_at is null order by u.n limit max_statements
  ) s
$function$
;

CREATE OR REPLACE FUNCTION platform.unsigned_heads(max_heads integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select jsonb_build_object(
    'previous', (
      select jsonb_build_object('n', s.n, 'statement', s.statement) from public.audit_statements s order by s.n desc limit 1),
    'heads', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'workspace_id', h.workspace_id, 'seq', h.seq, 'hash', encode(h.hash, 'hex')) order by h.workspace_id), '[]')
      from (
        select * from platform.audit_heads a where a.seq > a.signed_seq order by a.workspace_id limit max_heads
      ) h))
$function$
;

CREATE OR REPLACE FUNCTION public.audit_heads()
 RETURNS TABLE(workspace_id uuid, seq bigint, hash text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform platform.seal_whole_queue();
  return query select h.workspace_id, h.seq, '\x' || encode(h.hash, 'hex') from platform.audit_heads h order by h.workspace_id;
end
$function$
;

CREATE OR REPLACE FUNCTION public.erase_audit_content(of_workspace uuid DEFAULT NULL::uuid, of_person uuid DEFAULT NULL::uuid)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  email text := coalesce((select p.email from public.profiles p where p.id = of_person), '');
  chain record;
  erased bigint := 0;
begin
  if num_nonnulls(of_workspace, of_person) <> 1 then
    perform platform.refuse(422, 'invalid_input', 'Give either a workspace or a person.');
  end if;
  perform platform.seal_whole_queue();
  for chain in
    with emptied as (
      update public.audit_events e set data = '{}', content_salt = null, erased_at = platform.now()
      where e.erased_at is null and e.data <> '{}' and e.action <> 'audit.erased'
        and (e.workspace_id = of_workspace or platform.is_event_of_person(e, of_person, email))
      returning e.workspace_id, e.seq
    ), spans as (
      select r.workspace_id, min(r.seq) as first, max(r.seq) as last
      from (
        select d.workspace_id, d.seq, d.seq - row_number() over (partition by d.workspace_id order by d.seq) as span
        from emptied d
      ) r
      group by r.workspace_id, r.span
    )
    select s.workspace_id, sum(s.last - s.first + 1)::bigint as events,
      jsonb_agg(jsonb_build_array(s.first, s.last) order by s.first) as spans
    from spans s group by s.workspace_id
  loop
    perform platform.audit(chain.workspace_id, 'system', null, 'audit.erased',
      jsonb_build_object('events', chain.events, 'spans', chain.spans));
    erased := erased + chain.events;
  end loop;
  return erased;
end
$function$
;

alter table public.audit_statements add constraint audit_statements_pkey PRIMARY KEY (n);

CREATE INDEX audit_statements_n_idx ON public.audit_statements USING btree (n) WHERE (published_at IS NULL);

grant EXECUTE on function platform.mark_statement_published(n bigint) to platform_executor;

grant EXECUTE on function platform.save_audit_statement(n bigint, statement text, signature text) to platform_executor;

grant EXECUTE on function platform.unpublished_statements(max_statements integer) to platform_executor;

grant EXECUTE on function platform.unsigned_heads(max_heads integer) to platform_executor;

grant EXECUTE on function public.audit_heads() to service_role;

grant EXECUTE on function public.erase_audit_content(of_workspace uuid, of_person uuid) to service_role;

grant SELECT on table public.audit_statements to service_role;
