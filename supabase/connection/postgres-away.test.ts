/** Protects: when the server closes a connection, the current query fails, but the process lives on. */
import { expect, inject, test } from 'vitest'
import { createDatabase } from '../../tests/support/database.ts'
import { openPostgres } from './postgres.ts'

test('a transaction whose connection is closed between two statements fails, and the next one works', async () => {
  const clone = await createDatabase(inject('postgresUrl'), { template: 'template0' })
  const database = openPostgres(clone.url)
  try {
    const ended = database.transaction(async (query) => {
      const [session] = await query<{ pid: number }>('select pg_backend_pid() as pid')
      await database.query('select pg_terminate_backend($1)', [session!.pid])
      // the server closes the connection while no query runs on it
      await expect.poll(() => database.query('select from pg_stat_activity where pid = $1', [session!.pid])).toEqual([])
      return query('select 1')
    })
    await expect(ended).rejects.toThrow()
    expect(await database.transaction((query) => query('select 1 as one'))).toEqual([{ one: 1 }])
  } finally {
    await database.close()
    await clone.drop()
  }
})
