/** Databases for tests: one template is prepared per server, and each test file works on a clone of its own. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { openPostgresDatabase } from '../../supabase/embedded/database/postgres.ts'
import { prepareDatabase } from '../../supabase/embedded/prepare.ts'

const TEMPLATE = 'persona_template'
/** An arbitrary number. Under this lock, the first test files prepare the template only once. */
const TEMPLATE_LOCK = 7_305_915

export interface TestDatabase {
  /** Superuser connection string. */
  readonly url: string
  /** Removes the database and ends all connections to it. */
  drop(): Promise<void>
}

/**
 * A new database on the server at `serverUrl`, with system schemas and migrations but without demo data. It takes about
 * 0.1 s; the first one on a server also takes the time of the migrations. `template` names another one to clone
 * (`template0`: empty).
 */
export async function createDatabase(serverUrl: string, { template = TEMPLATE } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  await withClient(serverUrl, async (client) => {
    if (template === TEMPLATE) await ensureTemplate(client, serverUrl)
    await client.query(`create database ${name} template ${pg.escapeIdentifier(template)}`)
  })
  return {
    url: databaseUrl(serverUrl, name),
    drop: () =>
      withClient(serverUrl, async (client) => {
        await client.query(`drop database if exists ${name} with (force)`)
      }),
  }
}

/** The template gets its name only when it is complete, so everybody who needs it sees a failed migration. */
async function ensureTemplate(client: pg.Client, serverUrl: string): Promise<void> {
  await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK])
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [TEMPLATE])
    if (rowCount) return
    const draft = `${TEMPLATE}_draft`
    await client.query(`drop database if exists ${draft} with (force)`)
    await client.query(`create database ${draft}`)
    await prepare(databaseUrl(serverUrl, draft))
    await client.query(`alter database ${draft} with is_template true allow_connections false`)
    await client.query(`alter database ${draft} rename to ${TEMPLATE}`)
  } finally {
    await client.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK])
  }
}

async function prepare(url: string): Promise<void> {
  const database = await openPostgresDatabase(url)
  try {
    await prepareDatabase({ ...database.handle, exec: database.exec })
  } finally {
    await database.close()
  }
}

function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
