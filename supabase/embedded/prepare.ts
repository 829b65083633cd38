/** Prepares a new or existing database for the platform: system schemas, migrations, and demo data if wanted. */
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
const MIGRATIONS = join(supabaseFolder, 'migrations')
/** The key of an advisory lock, so that two starts on one database do not migrate at the same time. */
const MIGRATION_LOCK = 7_305_914

/** Called with each migration that was applied. */
export type OnMigration = (file: string) => void

/** Idempotent. Needs a user who may create roles and extensions. Throws the database's own error. */
export async function prepareDatabase(connection: ScriptConnection, onMigration: OnMigration = () => {}) {
  await prepareServices(connection)
  await migrate(connection, onMigration)
}

/** Creates what a self-hosted Supabase has already: roles, extensions, and the schemas of its services. */
export async function prepareServices(connection: ScriptConnection) {
  await connection.exec(await authSchema())
  for (const file of ['storage/schema.sql', 'bootstrap.sql', 'realtime/schema.sql']) {
    const path = join(embeddedFolder, file)
    if (existsSync(path)) await connection.exec(await readFile(path, 'utf8'))
  }
  await installPgmq(connection)
}

/** lite contains GoTrue's tables as SQL text, and returns it with the configuration of an app. This opens no connection. */
async function authSchema(): Promise<string> {
  const connection = new PostgresConnection({ url: 'postgres://unused' })
  const auth = { enabled: true, jwt_secret: 'unused', publishable_key: 'unused', secret_key: 'unused' }
  await new App({ connection, auth }).init()
  const schema = connection.config.baseSchema ?? ''
  await connection.close()
  return schema
}

/** pgmq is plain SQL: if the server does not have the extension, the script of the npm package is run. */
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
  if (!script) throw new Error('The package @electric-sql/pglite-pgmq contains no install script')
  const { stdout: sql } = await tar('tar', ['-xzOf', archive, script], { maxBuffer: 16 * 1024 * 1024 })
  await exec(`create schema pgmq;\n${sql}`)
}

/**
 * Applies the missing migrations of `folder` in one transaction, and records them like the Supabase CLI. A self-hosted Supabase
 * needs nothing else. Throws OtherVersion, before it changes anything, if the database was made by other migrations. If a
 * migration fails, nothing changes, and the error names the file and line.
 */
export async function migrate(
  { query, exec }: ScriptConnection,
  onMigration: OnMigration = () => {},
  folder = MIGRATIONS,
) {
  await exec(`
    create schema if not exists supabase_migrations;
    create table if not exists supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
    create table if not exists supabase_migrations.seed_files (path text primary key, hash text not null);
  `)
  const { missing } = await migrationState({ query }, folder)
  if (missing.length === 0) return
  await applyTogether(
    exec,
    missing.map(({ file, version, name, sql }) => ({
      name: file,
      sql,
      record: `insert into supabase_migrations.schema_migrations (version, statements, name)
        values (${literal(version)}, array[${literal(sql)}], ${literal(name)})`,
    })),
  )
  for (const { file } of missing) onMigration(file)
}

interface Migration {
  file: string
  version: string
  name: string
  sql: string
}

/** The database was made by migrations that are unknown to this version of the platform, or have changed. */
export class OtherVersion extends Error {
  override name = 'OtherVersion'
}

export interface MigrationState {
  /** The migrations that `migrate` would apply. */
  missing: Migration[]
  /** True if migrations were applied before, so that there may be data. */
  hasData: boolean
}

/** Throws OtherVersion. */
export async function migrationState(
  { query }: Pick<ScriptConnection, 'query'>,
  folder = MIGRATIONS,
): Promise<MigrationState> {
  const applied = await appliedMigrations(query)
  const migrations = await readMigrations(folder)
  const known = new Map(migrations.map((migration) => [migration.version, migration.sql]))
  const foreign = [...applied].find(([version, sql]) => known.get(version) !== sql)
  if (foreign)
    throw new OtherVersion(
      `The data belongs to another version of the platform, which has the migration ${foreign[0]}.`,
    )
  return { missing: migrations.filter(({ version }) => !applied.has(version)), hasData: applied.size > 0 }
}

async function appliedMigrations(query: ScriptConnection['query']): Promise<Map<string, string>> {
  const [found] = await query<{ there: boolean }>(
    "select to_regclass('supabase_migrations.schema_migrations') is not null as there",
  )
  if (!found?.there) return new Map()
  const rows = await query<{ version: string; statements: string[] | null }>(
    'select version, statements from supabase_migrations.schema_migrations order by version',
  )
  return new Map(rows.map(({ version, statements }) => [version, statements?.join('\n') ?? '']))
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((name) => /^\d+_.+\.sql$/.test(name)).sort()
  return Promise.all(
    files.map(async (file) => {
      const [, version = '', name = ''] = /^(\d+)_(.+)\.sql$/.exec(file) ?? []
      return { file, version, name, sql: await readFile(join(folder, file), 'utf8') }
    }),
  )
}

const SEED = 'supabase/seed.sql'

/** Whether seed.sql has run on this database. It runs once, so that what people delete stays deleted. */
export async function isSeeded({ query }: Pick<ScriptConnection, 'query'>): Promise<boolean> {
  return (await query('select from supabase_migrations.seed_files where path = $1', [SEED])).length > 0
}

/** Runs seed.sql, unless it has run before. Its rows refer to the demo users, who must exist. */
export async function applySeed(connection: ScriptConnection): Promise<boolean> {
  if (await isSeeded(connection)) return false
  const sql = await readFile(join(supabaseFolder, 'seed.sql'), 'utf8')
  const hash = createHash('sha256').update(sql).digest('hex')
  const record = `insert into supabase_migrations.seed_files (path, hash) values (${literal(SEED)}, ${literal(hash)})`
  await applyTogether(connection.exec, [{ name: SEED, sql, record }])
  return true
}

interface Script {
  name: string
  sql: string
  /** The statement that records the script as applied. */
  record: string
}

/** Several statements in one message are one transaction, so the scripts and their records are applied together or not at all. */
async function applyTogether(exec: ScriptConnection['exec'], scripts: Script[]) {
  try {
    await exec(messageOf(scripts))
  } catch (error) {
    throw new Error(`${await placeOf(error as DatabaseError, exec, scripts)}: ${(error as Error).message}`)
  }
}

/** `position` is where in the message the error is, starting at 1; many errors have none. */
type DatabaseError = Error & { position?: string }

const LOCK = `select pg_advisory_xact_lock(${MIGRATION_LOCK});\n`
const messageOf = (scripts: Script[]) => LOCK + scripts.map(({ sql, record }) => `${sql}\n;\n${record};\n`).join('')

/** The file of an error, and its line if the error has a position. */
async function placeOf({ position }: DatabaseError, exec: ScriptConnection['exec'], scripts: Script[]) {
  if (!position) return (await findFailing(exec, scripts)).name
  const before = (count: number) => messageOf(scripts.slice(0, count)).length
  const index = scripts.findLastIndex((_, count) => before(count) < Number(position))
  const { name, sql } = scripts[Math.max(index, 0)] as Script
  const line = sql.slice(0, Number(position) - 1 - before(Math.max(index, 0))).split('\n').length
  return `${name}, line ${line}`
}

/** Finds the failing script: tries the first one, the first two, and so on. An error at the end rolls back each try. */
async function findFailing(exec: ScriptConnection['exec'], scripts: Script[]): Promise<Script> {
  const end = 'every statement before this one was run'
  for (const [index, script] of scripts.entries()) {
    const tried = `${messageOf(scripts.slice(0, index + 1))} do $$ begin raise exception '${end}'; end $$;`
    const reason = await exec(tried).catch((error: Error) => error.message)
    if (reason !== end) return script
  }
  return scripts.at(-1) as Script
}

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`
