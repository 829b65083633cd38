-- The database objects of the embedded stack's Realtime server.
--
-- For applications, as on Supabase: realtime.messages (with RLS), send(), broadcast_changes(), topic().
--
-- For the server: if somebody listens, a transaction appends its events to realtime.feed and wakes the server with an empty
-- NOTIFY. The triggers first look for the topic or table in realtime.listeners. If nobody listens, they write no row and send
-- no NOTIFY, which would take a global lock at commit. The server reads the feed by snapshots: what is visible now and was not
-- visible at the previous read. So it reads each entry once, whatever the order of commits, and a lost NOTIFY or connection
-- loses nothing.
--
-- Runs again at every start, after the roles anon, authenticated and service_role exist.

create schema if not exists realtime;
grant usage on schema realtime to anon, authenticated, service_role;

create table if not exists realtime.messages (
  topic text not null,
  extension text not null,
  payload jsonb,
  event text,
  private boolean default false,
  updated_at timestamp not null default (now() at time zone 'utc'),
  inserted_at timestamp not null default (now() at time zone 'utc'),
  id uuid not null default gen_random_uuid(),
  primary key (id, inserted_at)
);
create index if not exists messages_topic_inserted_at_index on realtime.messages (topic, inserted_at)
  where extension = 'broadcast' and private;
alter table realtime.messages enable row level security;
grant select, insert, update on realtime.messages to anon, authenticated, service_role;

-- The running Realtime servers. A server that does not renew its lease counts as dead.
create table if not exists realtime.servers (
  id uuid primary key,
  expires_at timestamptz not null
);

-- What each server listens to: 'private:<topic>', 'public:<topic>' or 'table:<oid>'.
create table if not exists realtime.listeners (
  key text not null,
  server uuid not null references realtime.servers on delete cascade,
  primary key (key, server)
);
create index if not exists listeners_server_index on realtime.listeners (server);

-- The events to deliver: rows of realtime.messages and changed rows of tables.
create table if not exists realtime.feed (
  seq bigint generated always as identity primary key,
  transaction xid8 not null default pg_current_xact_id(),
  written_at timestamptz not null default clock_timestamp(),
  message uuid,
  relation oid,
  operation text,
  record jsonb,
  old_record jsonb
);
create index if not exists feed_transaction_index on realtime.feed (transaction);

alter table realtime.servers enable row level security;
alter table realtime.listeners enable row level security;
alter table realtime.feed enable row level security;
revoke all on realtime.servers, realtime.listeners, realtime.feed from anon, authenticated, service_role;

do $$
begin
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
end
$$;

-- For applications

create or replace function realtime.topic() returns text language sql stable as $$
  select nullif(current_setting('realtime.topic', true), '')
$$;

-- As on Supabase, a message that cannot be stored raises a warning and never fails the sender's transaction. That needs a
-- subtransaction, except for roles that bypass RLS.
create or replace function realtime.send(payload jsonb, event text, topic text, private boolean default true)
returns void language plpgsql as $$
declare
  id uuid := gen_random_uuid();
  content jsonb := case
    when jsonb_typeof(payload) = 'object' and not payload ? 'id' then payload || jsonb_build_object('id', id)
    else payload
  end;
begin
  if topic is not null and not row_security_active('realtime.messages'::regclass) then
    insert into realtime.messages (id, payload, event, topic, private, extension)
    values (id, content, event, topic, private, 'broadcast');
    return;
  end if;
  perform set_config('realtime.topic', topic, true);
  begin
    insert into realtime.messages (id, payload, event, topic, private, extension)
    values (id, content, event, topic, private, 'broadcast');
  exception when others then
    raise warning 'ErrorSendingBroadcastMessage: %', sqlerrm;
  end;
end
$$;

create or replace function realtime.broadcast_changes(
  topic_name text, event_name text, operation text, table_name text, table_schema text,
  new record, old record, level text default 'ROW'
) returns void language plpgsql as $$
begin
  if level = 'STATEMENT' then
    raise exception 'function can only be triggered for each row, not for each statement';
  end if;
  if operation not in ('INSERT', 'UPDATE', 'DELETE') then
    raise exception 'Unexpected operation type: %', operation;
  end if;
  perform realtime.send(
    jsonb_build_object(
      'old_record', old, 'record', new, 'operation', operation, 'table', table_name, 'schema', table_schema
    ),
    event_name, topic_name
  );
end
$$;

-- Writing the feed

create or replace function realtime.feed_message() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  listened text := case when new.private then 'private:' else 'public:' end || new.topic;
begin
  -- usually there are no listeners, so the first query only checks that
  if exists (select from realtime.listeners l where l.key = listened) then
    if exists (
      select from realtime.listeners l join realtime.servers s on s.id = l.server
      where l.key = listened and s.expires_at > clock_timestamp()
    ) then
      insert into realtime.feed (message) values (new.id);
      notify realtime;
    end if;
  end if;
  return null;
end
$$;
create or replace trigger feed after insert on realtime.messages
  for each row when (new.payload is not null and new.event is not null) execute function realtime.feed_message();

create or replace function realtime.feed_change() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if exists (
    select from realtime.listeners l join realtime.servers s on s.id = l.server
    where l.key = 'table:' || tg_relid and s.expires_at > clock_timestamp()
  ) then
    insert into realtime.feed (relation, operation, record, old_record)
    values (
      tg_relid, tg_op,
      case when tg_op <> 'DELETE' then to_jsonb(new) end,
      case when tg_op <> 'INSERT' then to_jsonb(old) end
    );
    notify realtime;
  end if;
  return null;
end
$$;

-- Renews the lease of a server and cleans up. Returns false if the lease had expired: the server may have missed entries.
create or replace function realtime.renew_lease(server uuid, seconds int) returns boolean
language plpgsql as $$
declare
  alive boolean := coalesce((select s.expires_at > clock_timestamp() from realtime.servers s where s.id = server), false);
begin
  insert into realtime.servers (id, expires_at) values (server, clock_timestamp() + make_interval(secs => seconds))
  on conflict (id) do update set expires_at = excluded.expires_at;
  delete from realtime.servers where expires_at < clock_timestamp() - interval '1 minute';
  delete from realtime.feed where written_at < clock_timestamp() - interval '10 minutes';
  return alive;
end
$$;

-- Supabase keeps messages for three days.
create or replace function realtime.purge_messages() returns void language sql as $$
  delete from realtime.messages where inserted_at < (now() at time zone 'utc') - interval '3 days'
$$;

-- The transactions that may have written to these tables before they could see a new listener. The server waits for them
-- before it confirms a subscription, so that there is no gap between what a client then reads and what it receives.
create or replace function realtime.open_writers(relations oid[]) returns text[] language sql volatile as $$
  select coalesce(array_agg(distinct l.virtualtransaction), '{}')
  from pg_locks l
  where l.locktype = 'relation' and l.relation = any(relations) and l.mode = 'RowExclusiveLock' and l.granted
    and l.database = (select oid from pg_database where datname = current_database())
    and l.pid <> pg_backend_pid()
$$;

-- Acting as a user

-- What the user may do on a private topic according to the policies on realtime.messages. The exception at the end of the
-- block undoes the test rows, the role and the settings. `error` is set if a policy raises an error.
drop function if exists realtime.authorize(text, text, jsonb);
create function realtime.authorize(for_topic text, as_role text, claims jsonb)
returns table (
  read_broadcast boolean, read_presence boolean, write_broadcast boolean, write_presence boolean, error text
) language plpgsql as $$
declare
  broadcast_id uuid := gen_random_uuid();
  presence_id uuid := gen_random_uuid();
begin
  begin
    insert into realtime.messages (id, topic, extension, private)
    values (broadcast_id, for_topic, 'broadcast', true), (presence_id, for_topic, 'presence', true);
    perform set_config('realtime.topic', for_topic, true),
      set_config('request.jwt.claims', claims::text, true),
      set_config('request.jwt.claim.sub', coalesce(claims ->> 'sub', ''), true),
      set_config('request.jwt.claim.role', as_role, true),
      set_config('request.headers', '{}', true),
      set_config('role', as_role, true);
    select coalesce(bool_or(m.id = broadcast_id), false), coalesce(bool_or(m.id = presence_id), false)
      into read_broadcast, read_presence
      from realtime.messages m where m.topic = for_topic and m.id in (broadcast_id, presence_id);
    begin
      insert into realtime.messages (topic, extension, private) values (for_topic, 'broadcast', true);
      write_broadcast := true;
    exception when others then
      write_broadcast := false;
    end;
    begin
      insert into realtime.messages (topic, extension, private) values (for_topic, 'presence', true);
      write_presence := true;
    exception when others then
      write_presence := false;
    end;
    raise exception using errcode = 'RT000';
  exception
    when sqlstate 'RT000' then null;
    when others then
      error := sqlerrm;
      read_broadcast := false;
      read_presence := false;
      write_broadcast := false;
      write_presence := false;
  end;
  return next;
end
$$;

-- postgres_changes

-- Returns the published tables that a subscription names ('*' is any) and that `as_role` may read, each with the filters as
-- one SQL condition on the row `r` (null without filters). Also creates missing triggers on them. An invalid filter is an
-- error.
drop function if exists realtime.watch_tables(text, text, jsonb);
create or replace function realtime.watch_tables(in_schema text, named text, filters jsonb, as_role text)
returns table (relation oid, condition text) language plpgsql as $$
begin
  perform set_config('lock_timeout', '3s', true);
  for relation in
    select c.oid
    from pg_publication_tables p
    join pg_namespace n on n.nspname = p.schemaname
    join pg_class c on c.relnamespace = n.oid and c.relname = p.tablename
    where p.pubname = 'supabase_realtime' and in_schema in ('*', p.schemaname) and named in ('*', p.tablename)
      and has_schema_privilege(as_role, n.oid, 'USAGE') and has_any_column_privilege(as_role, c.oid, 'SELECT')
  loop
    condition := realtime.filter_condition(relation, filters, as_role);
    if not exists (select from pg_trigger t where t.tgrelid = relation and t.tgname = 'realtime_feed') then
      execute format(
        'create or replace trigger realtime_feed after insert or update or delete on %s
           for each row execute function realtime.feed_change()',
        relation::regclass
      );
    end if;
    return next;
  end loop;
end
$$;

-- Filters are [{column, operator, value, negate}]; a row must match all of them. The server evaluates them, so they may name
-- only columns that `as_role` may read: otherwise the delivered rows would reveal the value of a hidden column.
drop function if exists realtime.filter_condition(oid, jsonb);
create or replace function realtime.filter_condition(relation oid, filters jsonb, as_role text) returns text
language plpgsql as $$
declare
  filter record;
  type text;
  term text;
  terms text[] := '{}';
begin
  for filter in select * from jsonb_to_recordset(filters) as f("column" text, operator text, value text, negate boolean)
  loop
    select format_type(a.atttypid, null) into type
    from pg_attribute a
    where a.attrelid = relation and a.attname = filter.column and a.attnum > 0 and not a.attisdropped
      and has_column_privilege(as_role, relation, a.attnum, 'SELECT');
    if type is null then
      raise exception 'invalid column for filter %', filter.column;
    end if;
    term := case filter.operator
      when 'eq' then format('r.%I = %L::%s', filter.column, filter.value, type)
      when 'neq' then format('r.%I <> %L::%s', filter.column, filter.value, type)
      when 'lt' then format('r.%I < %L::%s', filter.column, filter.value, type)
      when 'lte' then format('r.%I <= %L::%s', filter.column, filter.value, type)
      when 'gt' then format('r.%I > %L::%s', filter.column, filter.value, type)
      when 'gte' then format('r.%I >= %L::%s', filter.column, filter.value, type)
      when 'in' then format('r.%I = any(%L::%s[])', filter.column, filter.value, type)
      when 'like' then format('r.%I::text like %L', filter.column, filter.value)
      when 'ilike' then format('r.%I::text ilike %L', filter.column, filter.value)
      when 'match' then format('r.%I::text ~ %L', filter.column, filter.value)
      when 'imatch' then format('r.%I::text ~* %L', filter.column, filter.value)
      when 'is' then
        case when lower(filter.value) in ('null', 'true', 'false', 'unknown')
          then format('r.%I is %s', filter.column, lower(filter.value)) end
      when 'isdistinct' then format(
        'r.%I is distinct from %s', filter.column,
        case when lower(filter.value) = 'null' then 'null' else format('%L::%s', filter.value, type) end
      )
    end;
    if term is null then
      raise exception 'invalid value for filter %', filter.column;
    end if;
    terms := terms || case when filter.negate then format('not (%s)', term) else format('(%s)', term) end;
  end loop;
  if terms = '{}' then
    return null;
  end if;
  perform realtime.try_condition(relation, array_to_string(terms, ' and '), filters, as_role);
  return array_to_string(terms, ' and ');
end
$$;

-- Evaluates all filters once as the subscriber, to find an invalid value, operator or pattern now and not at the first
-- change. The exception at the end of the block resets the role.
create or replace function realtime.try_condition(relation oid, condition text, filters jsonb, as_role text)
returns void language plpgsql as $$
declare
  filter record;
begin
  begin
    perform set_config('role', as_role, true);
    execute format('select %s from jsonb_populate_record(null::%s, ''{}'') r', condition, relation::regclass);
    -- the row above is empty, and PostgreSQL does not check a pattern without a text to match
    for filter in select * from jsonb_to_recordset(filters) as f(operator text, value text) loop
      if filter.operator in ('match', 'imatch') then
        perform '' ~ filter.value;
      elsif filter.operator in ('like', 'ilike') and filter.value ~ '(^|[^\\])(\\\\)*\\$' then
        raise exception 'LIKE pattern must not end with escape character';
      end if;
    end loop;
    raise exception using errcode = 'RT000';
  exception when sqlstate 'RT000' then null;
  end;
end
$$;

-- The columns that identify a changed row: its primary key, or its replica identity.
create or replace function realtime.key_columns(relation oid, identity boolean) returns text[] language sql stable as $$
  select coalesce(array_agg(a.attname::text order by a.attnum), '{}')
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  left join pg_index i on i.indrelid = a.attrelid and a.attnum = any(i.indkey)
    and case when identity and c.relreplident = 'i' then i.indisreplident else i.indisprimary end
  where a.attrelid = relation and a.attnum > 0 and not a.attisdropped
    and case when identity and c.relreplident = 'f' then true
             when identity and c.relreplident = 'n' then false
             else i.indexrelid is not null end
$$;

-- The part of a change that a role may see, which the client gets as `data`; null if the role may see nothing of it.
create or replace function realtime.change_data(change realtime.feed, as_role text, rls boolean, keys text[])
returns jsonb language plpgsql stable as $$
declare
  head jsonb;
  columns jsonb;
  visible text[];
  record jsonb := '{}';
  too_large boolean;
begin
  select jsonb_build_object(
      'schema', n.nspname, 'table', c.relname, 'type', change.operation,
      'commit_timestamp', to_char(change.written_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    )
    into head
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = change.relation;
  if head is null then
    return null;
  end if;
  select coalesce(jsonb_agg(jsonb_build_object('name', a.attname, 'type', t.typname) order by a.attnum), '[]'),
      coalesce(array_agg(a.attname::text), '{}')
    into columns, visible
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    where a.attrelid = change.relation and a.attnum > 0 and not a.attisdropped
      and has_column_privilege(as_role, change.relation, a.attnum, 'SELECT');

  if rls and keys = '{}' and change.operation <> 'DELETE' then
    return head || '{"columns": [], "errors": ["Error 400: Bad Request, no primary key"]}';
  end if;
  if visible = '{}' or not keys <@ visible then
    return head || '{"columns": [], "errors": ["Error 401: Unauthorized"]}';
  end if;

  too_large := octet_length(coalesce(change.record, '{}')::text) + octet_length(coalesce(change.old_record, '{}')::text)
    > 1024 * 1024;
  if change.operation <> 'DELETE' then
    record := jsonb_build_object('record', realtime.pick(change.record, visible, too_large));
  end if;
  if change.operation <> 'INSERT' then
    record := record || jsonb_build_object('old_record', realtime.pick(
      change.old_record,
      case when change.operation = 'DELETE' and rls then keys
           else array(select unnest(realtime.key_columns(change.relation, true)) intersect select unnest(visible)) end,
      too_large
    ));
  end if;
  return head || record || jsonb_build_object(
    'columns', columns,
    'errors', case when too_large then '["Error 413: Payload Too Large"]'::jsonb else 'null'::jsonb end
  );
end
$$;

create or replace function realtime.pick(record jsonb, names text[], small_only boolean) returns jsonb
language sql immutable as $$
  select coalesce(jsonb_object_agg(key, value), '{}')
  from jsonb_each(record)
  where key = any(names) and (not small_only or octet_length(value::text) <= 64)
$$;

-- Who may see which change. `checks` is [{seq, conditions: [text], viewers: [{role, claims}]}]. The answer has for each check
-- {seq, passes: [boolean], sees: [boolean], data: {<role>: text}}, or {seq, error}. A condition that raises an error is null
-- in `passes` and does not affect the others. RLS cannot check a deleted row any more: as on Supabase, everybody who may read
-- the table learns its primary key.
create or replace function realtime.check_changes(checks jsonb) returns jsonb language plpgsql as $$
declare
  one jsonb;
  answers jsonb := '[]';
begin
  for one in select value from jsonb_array_elements(checks) loop
    begin
      answers := answers || jsonb_build_array(realtime.check_change(one));
    exception when others then
      answers := answers || jsonb_build_array(jsonb_build_object('seq', one -> 'seq', 'error', sqlerrm));
    end;
  end loop;
  return answers;
end
$$;

-- Whether the row matches each condition. Evaluates all in one statement, or one by one if that raises an error, so that a
-- wrong condition (null) affects only its own subscribers.
create or replace function realtime.conditions_hold(relation oid, record jsonb, conditions text[]) returns boolean[]
language plpgsql as $$
declare
  one text;
  passes boolean[] := '{}';
begin
  if conditions = '{}' then
    return passes;
  end if;
  execute format(
    'select array[%s] from jsonb_populate_record(null::%s, $1) r',
    (select string_agg(format('coalesce((%s), false)', c.value), ', ' order by c.n)
     from unnest(conditions) with ordinality as c(value, n)),
    relation::regclass
  ) into passes using record;
  return passes;
exception when others then
  if cardinality(conditions) = 1 then
    return array[null::boolean];
  end if;
  passes := '{}';
  foreach one in array conditions loop
    passes := passes || realtime.conditions_hold(relation, record, array[one]);
  end loop;
  return passes;
end
$$;

create or replace function realtime.check_change(one jsonb) returns jsonb language plpgsql as $$
declare
  change realtime.feed;
  rls boolean;
  keys text[];
  passes boolean[];
  sees boolean[] := '{}';
  data jsonb := '{}';
  row_exists text;
  viewer jsonb;
  seen boolean;
begin
  select * into strict change from realtime.feed f where f.seq = (one ->> 'seq')::bigint;
  select c.relrowsecurity into strict rls from pg_class c where c.oid = change.relation;
  keys := realtime.key_columns(change.relation, false);

  passes := realtime.conditions_hold(
    change.relation,
    case when change.operation = 'DELETE'
      then realtime.pick(change.old_record, realtime.key_columns(change.relation, true), false)
      else change.record end,
    array(select value from jsonb_array_elements_text(one -> 'conditions') with ordinality as c(value, n) order by n)
  );

  for viewer in select value from jsonb_array_elements(one -> 'viewers') loop
    if not data ? (viewer ->> 'role') then
      data := data || jsonb_build_object(
        viewer ->> 'role', realtime.change_data(change, viewer ->> 'role', rls, keys)::text
      );
    end if;
  end loop;

  if not rls or change.operation = 'DELETE' or keys = '{}' then
    sees := array_fill(true, array[jsonb_array_length(one -> 'viewers')]);
  else
    select format('select exists (select from %s t where %s)', change.relation::regclass, string_agg(
        format('t.%I = %L::%s', a.attname, change.record ->> a.attname, format_type(a.atttypid, a.atttypmod)), ' and '))
      into row_exists
      from pg_attribute a where a.attrelid = change.relation and a.attname = any(keys);
    begin
      for viewer in select value from jsonb_array_elements(one -> 'viewers') loop
        perform set_config('request.jwt.claims', (viewer -> 'claims')::text, true),
          set_config('request.jwt.claim.sub', coalesce(viewer -> 'claims' ->> 'sub', ''), true),
          set_config('request.jwt.claim.role', viewer ->> 'role', true),
          set_config('role', viewer ->> 'role', true);
        begin
          execute row_exists into seen;
        exception when others then
          seen := false; -- this user has no right to the table, or a policy fails
        end;
        sees := sees || seen;
      end loop;
      raise exception using errcode = 'RT000';
    exception when sqlstate 'RT000' then null; -- gives role and settings back
    end;
  end if;
  return jsonb_build_object('seq', change.seq, 'passes', passes, 'sees', sees, 'data', data);
end
$$;

revoke execute on function
  realtime.feed_message(), realtime.feed_change(), realtime.renew_lease(uuid, int), realtime.purge_messages(),
  realtime.open_writers(oid[]), realtime.authorize(text, text, jsonb), realtime.watch_tables(text, text, jsonb, text),
  realtime.filter_condition(oid, jsonb, text), realtime.try_condition(oid, text, jsonb, text),
  realtime.conditions_hold(oid, jsonb, text[]), realtime.key_columns(oid, boolean),
  realtime.change_data(realtime.feed, text, boolean, text[]), realtime.pick(jsonb, text[], boolean),
  realtime.check_changes(jsonb), realtime.check_change(jsonb)
from public;
