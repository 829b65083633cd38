import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { DatabaseHandle } from '../../contracts/database-handle.ts'
import { createDatabase, type TestDatabase } from '../../tests/support/database.ts'
import { openPreparedPglite } from '../../tests/support/embedded/template.ts'
import { openPglite } from '../embedded/database/pglite.ts'
import { openPostgres } from './postgres.ts'

const opened: (() => Promise<unknown>)[] = []
let clone: TestDatabase
const open: Record<string, () => Promise<DatabaseHandle>> = {
  PGlite: async () => (await openPreparedPglite()).handle,
  PostgreSQL: async () => openPostgres(clone.url),
}
beforeAll(async () => {
  clone = await createDatabase(inject('postgresUrl'), { template: 'template0' })
  opened.push(() => clone.drop())
})
afterAll(async () => {
  for (const close of opened.reverse()) await close()
})

describe.each(Object.keys(open))('on %s', (kind) => {
  let database: DatabaseHandle
  beforeAll(async () => {
    database = await open[kind]!()
    opened.push(() => database.close())
  })

  test('values that are written are read back unchanged', async () => {
    const [row] = await database.query(
      `select $1::jsonb as json, $2::jsonb as text_as_json, $3::text[] as texts, 9007199254740991::int8 as big, 1.50::numeric as money,
         '2026-01-02'::date as day, '2026-01-02 03:04:05+00'::timestamptz as at, null as nothing, $4::boolean as yes, array[1,2]::int8[] as bigs, array[1.50]::numeric[] as moneys`,
      [{ a: [1] }, JSON.stringify([1, { b: 2 }]), ['x', 'y"z'], true],
    )
    expect(row).toEqual({
      json: { a: [1] },
      text_as_json: [1, { b: 2 }],
      texts: ['x', 'y"z'],
      big: 9007199254740991,
      money: '1.50',
      day: '2026-01-02',
      at: new Date('2026-01-02T03:04:05Z'),
      nothing: null,
      yes: true,
      bigs: [1, 2],
      moneys: ['1.50'],
    })
  })

  test('a transaction is all or nothing, and returns the result of its work', async () => {
    await database.query('create table things (id int)')
    const failed = database.transaction(async (query) => {
      await query('insert into things values (1)')
      throw new Error('changed my mind')
    })
    await expect(failed).rejects.toThrow('changed my mind')
    const done = await database.transaction(async (query) => {
      await query('insert into things values (2)')
      return 'done'
    })
    expect(done).toBe('done')
    expect(await database.query('select id from things')).toEqual([{ id: 2 }])
  })

  test('listeners get the notifications of others, until they stop', async () => {
    const heard: string[] = []
    const stop = await database.listen('a_channel', (payload) => heard.push(payload))
    const stopOther = await database.listen('a_channel', (payload) => heard.push(`too: ${payload}`))
    await database.query(`select pg_notify('a_channel', 'one')`)
    await expect.poll(() => heard).toEqual(['one', 'too: one'])
    await stop()
    await database.query(`select pg_notify('a_channel', 'two')`)
    await expect.poll(() => heard).toEqual(['one', 'too: one', 'too: two'])
    await stopOther()
  })
})

test('after a lost connection the listener listens again, and is told that it may have missed something', async () => {
  const database = openPostgres(clone.url)
  opened.push(() => database.close())
  const heard: string[] = []
  await database.listen('lost', (payload) => heard.push(payload))
  await database.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where query = \'listen "lost"\' and pid <> pg_backend_pid()',
  )
  await expect.poll(() => heard, { timeout: 5_000 }).toEqual([''])
  await database.query(`select pg_notify('lost', 'back')`)
  await expect.poll(() => heard).toEqual(['', 'back'])
})

test.each(['PostgreSQL', 'PGlite'] as const)('%s: warnings of functions are heard, notices are not', async (kind) => {
  const warnings: string[] = []
  const onWarning = (message: string) => void warnings.push(message)
  const database =
    kind === 'PGlite' ? (await openPglite(undefined, onWarning)).handle : openPostgres(clone.url, { onWarning })
  opened.push(() => database.close())
  await database.query(`do $$ begin raise notice 'by the way'; raise warning 'beware'; end $$`)
  expect(warnings).toEqual(['beware'])
})

test('a server that cannot be reached is an error at once', async () => {
  const database = openPostgres('postgres://nobody@127.0.0.1:1/nothing')
  await expect(database.query('select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await expect(database.listen('x', () => {})).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await database.close()
})
