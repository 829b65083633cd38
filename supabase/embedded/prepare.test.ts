import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createDatabase } from '../../tests/support/database.ts'
import { databases } from '../../tests/support/embedded/instance.ts'
import { openPreparedPglite } from '../../tests/support/embedded/template.ts'
import type { EmbeddedDatabase, ScriptConnection } from './database/embedded-database.ts'
import { openPostgresDatabase } from './database/postgres.ts'
import { demoAccounts, seedDemo } from './demo.ts'
import { startEmbedded } from './main.ts'
import { OtherVersion, prepareDatabase } from './prepare.ts'

async function openPrepared(kind: (typeof databases)[number]): Promise<EmbeddedDatabase> {
  if (kind === 'PGlite') return openPreparedPglite()
  return openClone()
}

async function openClone(template?: string): Promise<EmbeddedDatabase> {
  const clone = await createDatabase(inject('postgresUrl'), template ? { template } : {})
  const database = await openPostgresDatabase(clone.url)
  const close = async () => {
    await database.close()
    await clone.drop()
  }
  return { ...database, close }
}

const connectionTo = (database: EmbeddedDatabase): ScriptConnection => ({ exec: database.exec, ...database.handle })

/** Every right that the API's roles have, on every table and function. */
const RIGHTS = `
  select grantee, table_schema || '.' || table_name as thing, privilege_type from information_schema.role_table_grants
  where grantee in ('anon', 'authenticated', 'service_role', 'PUBLIC')
  union all
  select grantee, routine_schema || '.' || specific_name, privilege_type from information_schema.role_routine_grants
  where grantee in ('anon', 'authenticated', 'service_role', 'PUBLIC') and routine_schema not in ('pg_catalog', 'information_schema')
  order by 1, 2, 3`

describe.each(databases)('on %s', (kind) => {
  let database: EmbeddedDatabase
  beforeAll(async () => {
    database = await openPrepared(kind)
  })
  afterAll(() => database.close())

  test('preparing again changes nothing: no migration runs twice, and no revoked right returns', async () => {
    const before = await database.handle.query(RIGHTS)
    expect(before.length).toBeGreaterThan(0)
    const seen: string[] = []
    await prepareDatabase(connectionTo(database), (file) => seen.push(file))
    expect(seen).toEqual([])
    expect(await database.handle.query(RIGHTS)).toEqual(before)
  })

  test('the roles of the API cannot read accounts, migrations and queues', async () => {
    const reachable = await database.handle.query<{ thing: string }>(
      `select c.oid::regclass::text as thing from pg_class c cross join unnest(array['anon', 'authenticated']) as role
       where c.relnamespace::regnamespace::text in ('auth', 'supabase_migrations', 'pgmq') and c.relkind in ('r', 'v')
         and has_schema_privilege(role, c.relnamespace, 'usage')
         and has_table_privilege(role, c.oid, 'select, insert, update, delete')`,
    )
    expect(reachable).toEqual([])
  })

  test('nobody may use a table or function without a grant', async () => {
    await database.exec(`
      create table public.not_granted (id int);
      create function public.not_granted() returns int language sql return 1;`)
    const open = await database.handle.query<{ role: string }>(
      `select role from unnest(array['anon', 'authenticated', 'service_role']) role
       where has_table_privilege(role, 'public.not_granted', 'select, insert, update, delete')
         or has_function_privilege(role, 'public.not_granted()', 'execute')`,
    )
    expect(open).toEqual([])
  })

  test('a changed migration is refused', async () => {
    await database.handle.query(
      "update supabase_migrations.schema_migrations set statements = statements || array['select 1']",
    )
    await expect(prepareDatabase(connectionTo(database))).rejects.toThrow(OtherVersion)
    await database.handle.query('update supabase_migrations.schema_migrations set statements = statements[1:1]')
  })

  test('demo data is created once: what people delete stays deleted', async () => {
    expect(await seedDemo(connectionTo(database))).toBe(true)
    const emails = await database.handle.query<{ email: string }>('select email from auth.users order by id')
    expect(emails.map(({ email }) => email)).toEqual(demoAccounts.map(({ email }) => email))
    await database.handle.query('delete from public.personas')
    expect(await seedDemo(connectionTo(database))).toBe(false)
    expect(await database.handle.query('select id from public.personas')).toEqual([])
  })
})

test('a PostgreSQL that does not offer pgmq as an extension gets it from its script', async () => {
  const database = await openClone('template0')
  const { query } = database.handle
  const withoutExtension: ScriptConnection = {
    ...connectionTo(database),
    query: async <T>(sql: string, params?: unknown[]) =>
      sql.includes('pg_available_extensions') ? ([{ there: false, extension: false }] as T[]) : query<T>(sql, params),
  }
  try {
    await prepareDatabase(withoutExtension)
    expect(await query(`select extname from pg_extension where extname = 'pgmq'`)).toEqual([])
    await query(`select pgmq.create('letters')`)
    await query(`select pgmq.send('letters', '{"n": 1}')`)
    expect(await query(`select message from pgmq.read('letters', 5, 1)`)).toEqual([{ message: { n: 1 } }])
  } finally {
    await database.close()
  }
})

test('data of another version is refused at the start and does not change', async () => {
  const clone = await createDatabase(inject('postgresUrl'))
  const database = await openPostgresDatabase(clone.url)
  const dataDir = await mkdtemp(join(tmpdir(), 'persona-version-'))
  try {
    const { query } = database.handle
    await query("update supabase_migrations.schema_migrations set statements = array['select 1']")
    const options = { dataDir, databaseUrl: clone.url, apiPort: 0, functionsDir: dataDir, demo: false, log: pino() }
    await expect(startEmbedded(options)).rejects.toThrow(/another version of the platform.*use an empty database/)
    const known = await query('select distinct statements from supabase_migrations.schema_migrations')
    expect(known).toEqual([{ statements: ['select 1'] }])
  } finally {
    await database.close()
    await clone.drop()
    await rm(dataDir, { recursive: true })
  }
})
