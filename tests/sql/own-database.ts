/** A database for the test file, with one connection as superuser. Both end after the file's last test. */
import pg from 'pg'
import { afterAll, inject } from 'vitest'
import { createDatabase } from '../support/database.ts'

export async function ownDatabase(): Promise<{ client: pg.Client; url: string }> {
  const database = await createDatabase(inject('postgresUrl'))
  const client = new pg.Client({ connectionString: database.url })
  afterAll(async () => {
    await client.end()
    await database.drop()
  })
  await client.connect()
  return { client, url: database.url }
}
