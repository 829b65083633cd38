/** Databases for tests: one template is prepared per server, and each test file works on a clone of its own. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'

const TEMPLATE = 'persona_template'

export interface TestDatabase {
  /** Superuser connection string. */
  readonly url: string
  /** Removes the database, ending whatever is still connected to it. */
  drop(): Promise<void>
}

/** Makes the template on the server at `serverUrl`: all extensions, and the platform's schema without any data. */
export async function prepareTemplate(serverUrl: string): Promise<void> {
  await query(serverUrl, `create database ${TEMPLATE}`)
  await query(databaseUrl(serverUrl, TEMPLATE), 'create extension vector; create extension pgmq')
  await query(serverUrl, `alter database ${TEMPLATE} with is_template true allow_connections false`)
}

/** Clones the template, or the database named by `template` (`template0` is an empty one). Takes about 0.1 s. */
export async function createDatabase(serverUrl: string, { template = TEMPLATE } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  await query(serverUrl, `create database ${name} template ${pg.escapeIdentifier(template)}`)
  return {
    url: databaseUrl(serverUrl, name),
    drop: () => query(serverUrl, `drop database if exists ${name} with (force)`),
  }
}

function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
