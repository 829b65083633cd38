-- Lists every object of the platform's schemas, one per row. Two databases with the same rows work in the same way.
--
--   step        the position in a migration: objects that others need come first
--   object      the name
--   definition  two databases differ if this differs
--   make, undo  the statements that create and remove the object; null if a person has to write them. Functions are replaced
--               without being removed first.
with ours as (
  select n.oid, n.nspname from pg_namespace n where n.nspname in ('public', 'platform')
),
extension_objects as (
  select d.classid, d.objid from pg_depend d where d.deptype = 'e'
),
relations as (
  select format('%I.%I', n.nspname, c.relname) as name, c.*
  from pg_class c join ours n on n.oid = c.relnamespace
  where not exists (select from extension_objects e where e.classid = 'pg_class'::regclass and e.objid = c.oid)
),
tables as (
  select * from relations r where r.relkind in ('r', 'p')
),
routines as (
  select format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as name, p.*
  from pg_proc p join ours n on n.oid = p.pronamespace
  where not exists (select from extension_objects e where e.classid = 'pg_proc'::regclass and e.objid = p.oid)
),
columns as (
  select r.name as table_name, r.relkind, a.*, format_type(a.atttypid, a.atttypmod) as type,
    pg_get_expr(d.adbin, d.adrelid) as default_value,
    a.attnum - (select count(*) from pg_attribute g where g.attrelid = a.attrelid and g.attnum between 1 and a.attnum and g.attisdropped)
      as place
  from relations r
  join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
  where r.relkind in ('r', 'p', 'v', 'm', 'c')
)
select 0 as step, format('schema %s', n.nspname) as object, '' as definition, null as make, null as undo
from pg_namespace n where n.nspname in ('public', 'platform', 'extensions')
union all
select 1, format('domain %I.%I', n.nspname, t.typname), base.it,
  format('create domain %I.%I as %s;', n.nspname, t.typname, base.it), null
from pg_type t join ours n on n.oid = t.typnamespace
cross join lateral (select concat(format_type(t.typbasetype, t.typtypmod), ' default ' || t.typdefault) as it) base
where t.typtype = 'd'
union all
select 2, format('%s %s', case when r.relkind in ('r', 'p') then 'table' else 'relation' end, r.name),
  concat_ws(' ', r.relkind, r.relrowsecurity, r.relforcerowsecurity, r.reloptions::text),
  case when r.relkind = 'r' then format('create table %s ();', r.name)
    || case when r.relrowsecurity then format(E'\nalter table %s enable row level security;', r.name) else '' end end,
  null -- no generated statement throws data away
from relations r where r.relkind in ('r', 'p', 'v', 'm', 'S', 'c')
union all
select 3, format('column %s.%I', c.table_name, c.attname), concat_ws(' ', case when c.relkind = 'c' then c.place end, c.type,
    case when c.attnotnull then 'not null' end, 'default ' || c.default_value, nullif(c.attidentity, ''), nullif(c.attgenerated, '')),
  case when c.relkind = 'r' and c.attidentity = '' and c.attgenerated = '' then format('alter table %s add column %I %s%s%s;',
    c.table_name, c.attname, c.type, ' default ' || c.default_value, case when c.attnotnull then ' not null' end) end,
  null
from columns c
union all
select 4, format('function %s', p.name),
  case p.prokind when 'a' then (
    select concat_ws(' ', g.aggtransfn, g.aggfinalfn, g.aggtranstype::regtype, g.agginitval) from pg_aggregate g where g.aggfnoid = p.oid)
  else pg_get_functiondef(p.oid) end,
  case when p.prokind <> 'a' then rtrim(pg_get_functiondef(p.oid)) || ';' end,
  case when p.prokind <> 'a' then format('drop function %s;', p.name) end
from routines p
union all
select 5, format('constraint %I on %s', c.conname, coalesce(r.name, c.contypid::regtype::text)), pg_get_constraintdef(c.oid),
  format('alter %s add constraint %I %s;', on_what.it, c.conname, pg_get_constraintdef(c.oid)),
  format('alter %s drop constraint %I;', on_what.it, c.conname)
from pg_constraint c join ours n on n.oid = c.connamespace left join relations r on r.oid = c.conrelid
cross join lateral (select coalesce('table ' || r.name, 'domain ' || c.contypid::regtype::text) as it) on_what
where c.contype <> 'n' -- NOT NULL is part of the column
union all
select 6, format('index %s', r.name), pg_get_indexdef(r.oid), pg_get_indexdef(r.oid) || ';', format('drop index %s;', r.name)
from relations r
where r.relkind = 'i' and not exists (select from pg_constraint c where c.conindid = r.oid and c.contype in ('p', 'u', 'x'))
union all
select 7, format('trigger %I on %s', t.tgname, t.tgrelid::regclass), pg_get_triggerdef(t.oid), pg_get_triggerdef(t.oid) || ';',
  format('drop trigger %I on %s;', t.tgname, t.tgrelid::regclass)
from pg_trigger t join pg_proc p on p.oid = t.tgfoid join ours n on n.oid = p.pronamespace where not t.tgisinternal
union all
select 8, format('policy %I on %I.%I', p.policyname, p.schemaname, p.tablename), policy.it,
  format('create policy %I on %I.%I %s;', p.policyname, p.schemaname, p.tablename, policy.it),
  format('drop policy %I on %I.%I;', p.policyname, p.schemaname, p.tablename)
from pg_policies p
cross join lateral (select concat_ws(' ', 'as', p.permissive, 'for', p.cmd, 'to', array_to_string(p.roles, ', '),
  'using (' || p.qual || ')', 'with check (' || p.with_check || ')') as it) policy
union all
select 9, g.it, '', format('grant %s;', substr(g.it, 7)), format('revoke %s;', replace(substr(g.it, 7), ' to ', ' from '))
from (
  select format('grant %s on %s %s to %s', x.privilege_type, case when r.relkind = 'S' then 'sequence' else 'table' end, r.name, coalesce(nullif(x.grantee::regrole::text, '-'), 'public')) as it, x.grantee, r.relowner as owner
  from relations r cross join lateral aclexplode(r.relacl) x where r.relkind in ('r', 'p', 'v', 'm', 'S')
  union all
  select format('grant %s (%I) on table %s to %s', x.privilege_type, c.attname, c.table_name, coalesce(nullif(x.grantee::regrole::text, '-'), 'public')), x.grantee, 0
  from columns c cross join lateral aclexplode(c.attacl) x
  union all
  select format('grant %s on function %s to %s', x.privilege_type, p.name, coalesce(nullif(x.grantee::regrole::text, '-'), 'public')), x.grantee, p.proowner
  from routines p cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
  union all
  select format('grant %s on schema %I to %s', x.privilege_type, n.nspname, coalesce(nullif(x.grantee::regrole::text, '-'), 'public')), x.grantee, n.nspowner
  from pg_namespace n cross join lateral aclexplode(n.nspacl) x where n.nspname in ('public', 'platform', 'extensions')
) g
where g.grantee <> g.owner
union all
select 10, format('publication %I of %I.%I', p.pubname, p.schemaname, p.tablename), '',
  format('alter publication %I add table %I.%I;', p.pubname, p.schemaname, p.tablename),
  format('alter publication %I drop table %I.%I;', p.pubname, p.schemaname, p.tablename)
from pg_publication_tables p
union all
select 11, format('default privileges in %s for %s', coalesce(n.nspname, 'all schemas'), d.defaclobjtype), d.defaclacl::text, null, null
from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace
union all
select 12, format('comment on %s', c.it), c.description, format('comment on %s is %L;', c.it, c.description), format('comment on %s is null;', c.it)
from (
  select format('table %s', r.name) as it, d.description
  from pg_description d join tables r on r.oid = d.objoid where d.classoid = 'pg_class'::regclass and d.objsubid = 0
  union all
  select format('column %s.%I', c.table_name, c.attname), d.description
  from pg_description d join columns c on c.attrelid = d.objoid and c.attnum = d.objsubid where d.classoid = 'pg_class'::regclass
  union all
  select format('function %s', p.name), d.description
  from pg_description d join routines p on p.oid = d.objoid where d.classoid = 'pg_proc'::regclass and p.prokind <> 'a'
) c
union all
select 13, format('queue %s', q.queue_name), '', format('select pgmq.create(%L);', q.queue_name), format('select pgmq.drop_queue(%L);', q.queue_name)
from pgmq.list_queues() q
union all
select 14, format('bucket %s', b.id), b.public::text, null, null from storage.buckets b
union all
select 14, format('agent %s', a.id), to_jsonb(a)::text, null, null from public.agents a
union all
select 14, format('price of %s', p.model), (to_jsonb(p) - 'updated_at')::text, null, null from public.model_prices p
order by step, object
