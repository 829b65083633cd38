import { setImmediate } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPreparedPglite } from '../../../tests/support/embedded/template.ts'
import type { EmbeddedDatabase } from './embedded-database.ts'

let database: EmbeddedDatabase
beforeAll(async () => {
  database = await openPreparedPglite()
  await database.exec('create table public.rows (id int primary key)')
})
afterAll(() => database.close())

const whoami = sql<{ sub: string }>`select current_setting('request.jwt.claim.sub', true) as sub`

/** Runs a query as lite does for a request of the user `uid`. */
const asUser = <T>(uid: string, work: Parameters<EmbeddedDatabase['lite']['withContext']>[1]) =>
  database.lite.withContext({ auth: { uid, role: 'authenticated', jwt: { sub: uid } } }, work) as Promise<T>

test('simultaneous requests keep their own identity', async () => {
  const ask = (uid: string) =>
    asUser<string[]>(uid, async (db) => {
      const seen = []
      for (let n = 0; n < 3; n++) seen.push((await whoami.execute(db)).rows[0]?.sub)
      return seen
    })
  expect(await Promise.all(['a', 'b', 'c'].map(ask))).toEqual(['a', 'b', 'c'].map((uid) => [uid, uid, uid]))
})

test('our own queries never run inside a request', async () => {
  const started = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const request = asUser('a', async (db) => {
    await whoami.execute(db)
    started.resolve()
    await asked.promise
    await setImmediate() // our query would have reached the database by now
    await whoami.execute(db)
  })
  await started.promise
  const asking = database.handle.query<{ sub: string | null }>(
    "select nullif(current_setting('request.jwt.claim.sub', true), '') as sub",
  )
  asked.resolve()
  const [row] = await asking
  expect(row?.sub).toBeNull()
  await request
})

test('a failed request is rolled back, and a query of its root connection runs inside it', async () => {
  const { kysely } = database.lite
  const failed = kysely.transaction().execute(async (transaction) => {
    await sql`insert into public.rows values (1)`.execute(transaction)
    const inside = await sql<{ count: number }>`select count(*)::int as count from public.rows`.execute(kysely)
    expect(inside.rows[0]?.count).toBe(1)
    await sql`select 1 / 0`.execute(transaction)
  })
  await expect(failed).rejects.toMatchObject({ code: '22012' })
  expect(await database.handle.query('select id from public.rows')).toEqual([])
})

test('errors do not contain the values of the statement', async () => {
  const failures = [
    sql`select ${'secret'}::int`.execute(database.lite.kysely),
    database.handle.query('select $1::int', ['secret']),
    database.handle.transaction((query) => query('select $1::int', ['secret'])),
  ]
  for (const failure of failures) {
    const error = await failure.catch((error) => error)
    expect(error).toMatchObject({ code: '22P02' })
    expect(Object.keys(error)).not.toEqual(expect.arrayContaining(['params']))
  }
})
