/** Protects: tenancy. Tries every table and every function from every role, on a real PostgreSQL. */
import type pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { ownDatabase } from './own-database.ts'
import { acme, globex, idOf, type Person, people, personas, populate } from './people.ts'
import {
  commands,
  executorFunctions,
  hiddenColumns,
  personaColumn,
  type Role,
  roles,
  serviceFunctions,
  tables,
} from './permissions.ts'

const { client } = await ownDatabase()

beforeAll(() => populate(client))

const databaseRole = (role: Role) =>
  ({ anon: 'anon', service: 'service_role', executor: 'platform_executor' })[role as string] ?? 'authenticated'

/** Runs `sql` as that role and rolls it back. Returns its rows, or the SQLSTATE with which it was refused. */
async function as(role: Role, sql: string): Promise<Record<string, unknown>[] | string> {
  await client.query('begin')
  try {
    const name = databaseRole(role)
    const sub = (people as readonly string[]).includes(role) ? idOf(role as Person) : undefined
    await client.query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify({ sub, role: name })])
    await client.query(`set local role ${name}`)
    return (await client.query(sql)).rows
  } catch (error) {
    return (error as pg.DatabaseError).code ?? String(error)
  } finally {
    await client.query('rollback')
  }
}

const DENIED = '42501'

async function expectSight(role: Role, table: string, where: string, sees: boolean) {
  const result = await as(role, `select 1 from ${table} where ${where} limit 1`)
  expect(typeof result === 'string' ? [] : result, `${role} reading ${table}`).toHaveLength(sees ? 1 : 0)
  if (role === 'anon' || table.startsWith('platform.')) expect(result).toBe(DENIED)
}

test('every table has a line in the matrix, and RLS', async () => {
  const { rows } = await client.query(`
    select n.nspname || '.' || c.relname as name, c.relrowsecurity as rls
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'platform') and c.relkind in ('r', 'p') order by 1`)
  expect(rows.map((row) => row.name)).toEqual(Object.keys(tables).sort())
  expect(rows.filter((row) => !row.rls)).toEqual([])
})

test('views, if any, run with the rights of the caller', async () => {
  const { rows } = await client.query(`
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('v', 'm')
      and not coalesce(c.reloptions @> '{security_invoker=true}', false)`)
  expect(rows).toEqual([])
})

describe.each(Object.entries(tables))('%s', (table, sees) => {
  test('can be read by those in the matrix, and by nobody else', async () => {
    const { rows } = await client.query(`select count(*)::int as n from ${table}`)
    expect(rows[0].n, `the fixture has no row in ${table}`).toBeGreaterThan(0)
    for (const role of roles.filter((one) => one !== 'service' && one !== 'executor')) {
      if ('rows' in sees) {
        await expectSight(role, table, 'true', sees.rows.includes(role))
        continue
      }
      const column = personaColumn[table] ?? 'persona_id'
      await expectSight(role, table, `${column} = '${personas.open}'`, sees.open.includes(role))
      await expectSight(role, table, `${column} = '${personas.closed}'`, sees.closed.includes(role))
    }
  })

  test('is written by nobody but the service', async () => {
    for (const role of roles.filter((one) => one !== 'service')) {
      expect(await as(role, `insert into ${table} default values`), `${role} inserts`).toBe(DENIED)
      expect(await as(role, `delete from ${table}`), `${role} deletes`).toBe(DENIED)
      expect(await as(role, `truncate ${table} cascade`), `${role} truncates`).toBe(DENIED)
    }
    const { rows } = await client.query(
      `select grantee, privilege_type, column_name from information_schema.column_privileges
       where table_schema || '.' || table_name = $1 and privilege_type <> 'SELECT'
         and grantee in ('PUBLIC', 'anon', 'authenticated', 'platform_executor')`,
      [table],
    )
    expect(rows, 'no column may be written either').toEqual([])
  })

  test('hides what must not be read', async () => {
    for (const column of hiddenColumns[table] ?? []) {
      for (const person of people) expect(await as(person, `select ${column} from ${table}`)).toBe(DENIED)
    }
  })
})

test('another tenant sees none of Acme, in any table that names a workspace', async () => {
  const { rows } = await client.query(`
    select table_name as name from information_schema.columns
    where table_schema = 'public' and column_name = 'workspace_id'`)
  expect(rows.length).toBeGreaterThan(15)
  for (const { name } of rows) {
    expect(await as('otherTenant', `select 1 from public.${name} where workspace_id = '${acme}'`)).toEqual([])
  }
  expect(await as('otherTenant', 'select id from workspaces')).toEqual([{ id: globex }])
})

test('nobody can change the audit log, not even the service or the owner of the database', async () => {
  for (const role of ['service', 'executor'] as const) {
    expect(await as(role, 'delete from public.audit_events')).toBe(DENIED)
    expect(await as(role, "update public.audit_events set action = 'x'")).toBe(DENIED)
  }
  await expect(client.query('delete from audit_events')).rejects.toThrow(/append-only/)
  await expect(client.query("update audit_events set action = 'x'")).rejects.toThrow(/append-only/)
  await expect(client.query('truncate audit_events')).rejects.toThrow(/append-only/)
})

describe('files', () => {
  test.each([
    ['open', ['workspaceOwner', 'workspaceMember', 'workspaceViewer'], ['otherTenant', 'platformAdmin']],
    ['closed', ['workspaceAdmin', 'personaViewer'], ['workspaceMember', 'workspaceViewer', 'otherTenant']],
  ] as const)('of the %s persona can be read by those who may see it', async (persona, may, mayNot) => {
    const sql = `select 1 from storage.objects where name like '%${personas[persona]}%'`
    for (const role of may) expect(await as(role, sql), role).toHaveLength(1)
    for (const role of mayNot) expect(await as(role, sql), role).toHaveLength(0)
  })

  test.each([
    ['attachments', `${acme}/${personas.open}/a.txt`, ['workspaceMember'], ['workspaceViewer', 'otherTenant', 'anon']],
    ['documents', `${acme}/${personas.closed}/a.txt`, ['personaEditor'], ['personaUser', 'workspaceMember']],
    ['artifacts', `${acme}/${personas.open}/a.txt`, [], ['workspaceOwner']],
    ['attachments', `${globex}/${personas.open}/a.txt`, [], ['workspaceOwner', 'otherTenant']],
    ['attachments', 'a.txt', [], ['workspaceOwner']],
  ] as [string, string, Role[], Role[]][])(
    'can be put into %s at %s by those in the matrix',
    async (bucket, name, may, mayNot) => {
      const sql = `insert into storage.objects (bucket_id, name) values ('${bucket}', '${name}')`
      for (const role of may) expect(await as(role, sql), role).toEqual([])
      for (const role of mayNot) expect(await as(role, sql), role).toBe(DENIED)
    },
  )
})

describe('functions', () => {
  const names = async (schema: string, role: string) => {
    const { rows } = await client.query(
      `select distinct p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where n.nspname = $1 and has_function_privilege($2, p.oid, 'execute') and has_schema_privilege($2, n.oid, 'usage')
       order by 1`,
      [schema, role],
    )
    return rows.map((row) => row.name as string)
  }

  test('a person may call those in the matrix, and no others', async () => {
    const known = [...new Set(commands.map(({ call }) => call.slice(0, call.indexOf('('))))].sort()
    expect(await names('public', 'authenticated')).toEqual(known)
    expect(await names('public', 'anon')).toEqual([])
    expect(await names('platform', 'authenticated')).toEqual([])
    expect(await names('platform', 'anon')).toEqual([])
  })

  test('the executor may call those in its list, and no others', async () => {
    expect(await names('platform', 'platform_executor')).toEqual([...executorFunctions].sort())
  })

  test('some are for the service key alone', async () => {
    const forPeople = new Set(await names('public', 'authenticated'))
    const forService = (await names('public', 'service_role')).filter((name) => !forPeople.has(name))
    expect(forService).toEqual(serviceFunctions)
  })

  test('those that others can call, or that run with the rights of their owner, have a fixed search path', async () => {
    const { rows } = await client.query(`
      select p.oid::regprocedure::text as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname in ('public', 'platform') and not coalesce(p.proconfig @> '{"search_path=\\"\\""}', false)
        and p.prokind <> 'a' and p.prosqlbody is null -- a body of the form \`return …\` was resolved when it was made
        and (n.nspname = 'public' or p.prosecdef or p.prorettype = 'trigger'::regtype or exists (
          select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee <> p.proowner)
          or exists (
            select from pg_depend d join pg_constraint c on c.oid = d.objid
            where d.classid = 'pg_constraint'::regclass and d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid))`)
    expect(rows).toEqual([])
  })

  test.each(commands)('$call', async ({ call, may }) => {
    for (const role of roles.filter((one) => one !== 'service' && one !== 'executor')) {
      const result = await as(role, `select public.${call}`)
      if (may.includes(role)) expect(result, `${role} may`).toBeInstanceOf(Array)
      else expect(result, `${role} may not`).toMatch(role === 'anon' ? /^42501$/ : /^PT4(03|04|09)$/)
    }
  })
})
