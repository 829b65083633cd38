/** Brings a database, new or known, to what the platform needs: system schemas, migrations, and on request demo data. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { App } from '@supabase/lite'
import { PostgresConnection } from '@supabase/lite/postgres'
import type { ScriptConnection } from './database/embedded-database.ts'

const embeddedFolder = import.meta.dirname
const supabaseFolder = dirname(embeddedFolder)
/** Of our own choice: two starts on one database must not migrate at once. */
const MIGRATION_LOCK = 7_305_914

/** Called with every migration that is applied, or that was changed after it had been. */
export type OnMigration = (file: string, state: 'applied' | 'changed') => void

/** Idempotent. Needs a user who may create roles and extensions; fails with the database's own error. */
export async function prepareDatabase(connection: ScriptConnection, onMigration: OnMigration = () => {}) {
  await connection.exec(await authSchema())
  for (const file of ['storage/schema.sql', 'bootstrap.sql', 'realtime/schema.sql']) {
    const path = join(embeddedFolder, file)
    if (existsSync(path)) await connection.exec(await readFile(path, 'utf8'))
  }
  await installPgmq(connection)
  await migrate(connection, onMigration)
}

/** lite holds GoTrue's tables as SQL text and hands it out with the configuration of an app; nothing connects here. */
async function authSchema(): Promise<string> {
  const connection = new PostgresConnection({ url: 'postgres://unused' })
  const auth = { enabled: true, jwt_secret: 'unused', publishable_key: 'unused', secret_key: 'unused' }
  await new App({ connection, auth }).init()
  const schema = connection.config.baseSchema ?? ''
  await connection.close()
  return schema
}

/** pgmq is plain SQL: where the server does not have it as an extension, the shipped script is run as it stands. */
async function installPgmq({ query, exec }: ScriptConnection) {
  const [found] = await query<{ there: boolean; extension: boolean }>(
    `select to_regnamespace('pgmq') is not null as there,
       exists (select from pg_available_extensions where name = 'pgmq') as extension`,
  )
  if (found?.there) return
  if (found?.extension) return exec('create extension if not exists pgmq')
  const archive = join(dirname(fileURLToPath(import.meta.resolve('@electric-sql/pglite-pgmq'))), 'pgmq.tar.gz')
  const tar = promisify(execFile)
  const { stdout: names } = await tar('tar', ['-tzf', archive])
  const script = names.split('\n').find((name) => /pgmq--[\d.]+\.sql$/.test(name))
  if (!script) throw new Error('the package @electric-sql/pglite-pgmq holds no install script')
  const { stdout: sql } = await tar('tar', ['-xzOf', archive, script], { maxBuffer: 16 * 1024 * 1024 })
  await exec(`create schema pgmq;\n${sql}`)
}

/** Applies `supabase/migrations` once each, recorded as the Supabase CLI does. All that a self-hosted Supabase needs. */
export async function migrate({ query, exec }: ScriptConnection, onMigration: OnMigration = () => {}) {
  await exec(`
    create schema if not exists supabase_migrations;
    create table if not exists supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
    create table if not exists supabase_migrations.seed_files (path text primary key, hash text not null);
  `)
  const rows = await query<{ version: string; statements: string[] | null }>(
    'select version, statements from supabase_migrations.schema_migrations',
  )
  const applied = new Map(rows.map((row) => [row.version, row.statements?.join('\n')]))
  const folder = join(supabaseFolder, 'migrations')
  for (const file of (await readdir(folder)).filter((name) => /^\d+_.+\.sql$/.test(name)).sort()) {
    const sql = await readFile(join(folder, file), 'utf8')
    const [, version = '', name = ''] = /^(\d+)_(.+)\.sql$/.exec(file) ?? []
    if (applied.has(version)) {
      if (applied.get(version) !== sql) onMigration(file, 'changed')
      continue
    }
    await applyOnce(exec, file, sql, [
      'insert into supabase_migrations.schema_migrations (version, statements, name)',
      `values (${literal(version)}, array[${literal(sql)}], ${literal(name)})`,
    ])
    onMigration(file, 'applied')
  }
}

const SEED = 'supabase/seed.sql'

/** Whether this database was given its seed already; what people then deleted stays deleted. */
export async function isSeeded({ query }: Pick<ScriptConnection, 'query'>): Promise<boolean> {
  return (await query('select from supabase_migrations.seed_files where path = $1', [SEED])).length > 0
}

/** Runs seed.sql once in a database's life. Its rows refer to the demo users, who must exist before. */
export async function applySeed(connection: ScriptConnection): Promise<boolean> {
  if (await isSeeded(connection)) return false
  const sql = await readFile(join(supabaseFolder, 'seed.sql'), 'utf8')
  const hash = createHash('sha256').update(sql).digest('hex')
  await applyOnce(connection.exec, SEED, sql, [
    `insert into supabase_migrations.seed_files (path, hash) values (${literal(SEED)}, ${literal(hash)})`,
  ])
  return true
}

/** One message of several statements is one transaction, so a script and its record are applied together or not at all. */
async function applyOnce(exec: ScriptConnection['exec'], name: string, sql: string, record: string[]) {
  const lock = `select pg_advisory_xact_lock(${MIGRATION_LOCK});`
  try {
    await exec([lock, sql, ';', ...record, ';'].join('\n'))
  } catch (error) {
    const { message, position } = error as Error & { position?: string }
    const before = position && sql.slice(0, Math.max(0, Number(position) - lock.length - 1))
    const place = before ? `${name}, line ${before.split('\n').length}` : name
    throw new Error(`${place}: ${message}`)
  }
}

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`
