/** Databases and data folders that an earlier version of the platform left. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, inject } from 'vitest'
import type { EmbeddedDatabase, ScriptConnection } from '../../supabase/embedded/database/embedded-database.ts'
import { openPglite } from '../../supabase/embedded/database/pglite.ts'
import { openPostgresDatabase } from '../../supabase/embedded/database/postgres.ts'
import { migrate, prepareServices } from '../../supabase/embedded/prepare.ts'
import { createDatabase } from '../support/database.ts'
import type { databases } from '../support/embedded/instance.ts'

export const BASELINE = '20261128000000_baseline.sql'
const repository = join(import.meta.dirname, '../..')

export interface OldData {
  /** Empty, or with the database in `pgdata/`. */
  folder: string
  /** Of a PostgreSQL. */
  databaseUrl: string | undefined
  open(): Promise<EmbeddedDatabase>
  remove(): Promise<void>
}

export const connectionTo = (database: EmbeddedDatabase): ScriptConnection => ({
  exec: database.exec,
  ...database.handle,
})

/** A database with the services of a Supabase, and nothing of the platform. */
export async function emptyDatabase(kind: (typeof databases)[number]): Promise<OldData> {
  const folder = await mkdtemp(join(tmpdir(), 'persona-upgrade-'))
  const old = kind === 'PGlite' ? oldPglite(folder) : await oldPostgres(folder)
  await using(old.open, (database) => prepareServices(connectionTo(database)))
  return old
}

const oldPglite = (folder: string): OldData => ({
  folder,
  databaseUrl: undefined,
  open: () => openPglite(join(folder, 'pgdata')),
  remove: () => rm(folder, { recursive: true, force: true }),
})

async function oldPostgres(folder: string): Promise<OldData> {
  const { url, drop } = await createDatabase(inject('postgresUrl'), { template: 'template0' })
  const remove = async () => {
    await drop()
    await rm(folder, { recursive: true, force: true })
  }
  return { folder, databaseUrl: url, open: () => openPostgresDatabase(url), remove }
}

/** A database that has only the baseline, filled by baseline-data.sql. */
export async function baselineData(kind: (typeof databases)[number]): Promise<OldData> {
  if (kind === 'PostgreSQL') return makeBaselineData(kind)
  pgliteTemplate ??= makeBaselineData('PGlite')
  const made = await pgliteTemplate
  const folder = await mkdtemp(join(tmpdir(), 'persona-upgrade-'))
  await cp(made.folder, folder, { recursive: true })
  return oldPglite(folder)
}

/** It takes seconds to make a PGlite, so tests get copies of one. */
let pgliteTemplate: Promise<OldData> | undefined
afterAll(async () => (await pgliteTemplate)?.remove())

async function makeBaselineData(kind: (typeof databases)[number]): Promise<OldData> {
  const old = await emptyDatabase(kind)
  const migrations = await migrationsFolder(old.folder)
  const data = await readFile(join(import.meta.dirname, 'baseline-data.sql'), 'utf8')
  await using(old.open, (database) => migrate(connectionTo(database), undefined, migrations))
  await using(old.open, (database) => database.exec(data))
  return old
}

/** A folder of migrations in `parent`: the baseline, and `more` by name. */
export async function migrationsFolder(parent: string, more: Record<string, string> = {}): Promise<string> {
  const folder = join(parent, 'old-migrations')
  await mkdir(folder, { recursive: true })
  await cp(join(repository, 'supabase/migrations', BASELINE), join(folder, BASELINE))
  for (const [name, sql] of Object.entries(more)) await writeFile(join(folder, name), sql)
  return folder
}

/** Opens the database for `work` and closes it again. */
export async function using<T>(
  open: () => Promise<EmbeddedDatabase>,
  work: (database: EmbeddedDatabase) => Promise<T>,
): Promise<T> {
  const database = await open()
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

/** Every row of every table, by table. */
export async function allRows({ handle }: Pick<EmbeddedDatabase, 'handle'>): Promise<Map<string, Row[]>> {
  const tables = await handle.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname in ('public', 'platform', 'pgmq', 'storage', 'auth') order by name`,
  )
  const rows = new Map<string, Row[]>()
  for (const { name } of tables) {
    const found = await handle.query<{ row: Row }>(
      `select to_jsonb(t) as row from ${name} t order by to_jsonb(t)::text`,
    )
    rows.set(
      name,
      found.map(({ row }) => row),
    )
  }
  return rows
}

export type Row = Record<string, unknown>
