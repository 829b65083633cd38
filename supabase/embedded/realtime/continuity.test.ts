/** Protects: no event is lost or sent twice, on a PostgreSQL whose connections and servers come and go. */

import pg from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createDatabase, type TestDatabase } from '../../../tests/support/database.ts'
import { Inbox, keys, startTestServer, type TestServer } from '../../../tests/support/embedded/realtime-server.ts'

let database: TestDatabase
let server: TestServer
beforeAll(async () => {
  database = await createDatabase(inject('postgresUrl'), { template: 'template0' })
  server = await startTestServer(database.url)
})
afterAll(async () => {
  await server.close()
  await database.drop()
})

type Message = { payload: { n: number } }

async function follow(topic: string) {
  const inbox = new Inbox<Message>()
  const statuses = new Inbox<string>()
  const channel = (await server.client({ key: keys.secret }))
    .channel(topic, { config: { private: true } })
    .on('broadcast', { event: '*' }, inbox.add)
  const subscribed = new Promise<void>((resolve) => {
    channel.subscribe((status) => {
      statuses.add(status)
      if (status === 'SUBSCRIBED') resolve()
    })
  })
  return { inbox, statuses, subscribed, channel }
}

const send = (topic: string, n: number) =>
  server.database.handle.query(`select realtime.send(jsonb_build_object('n', $1::int), 'e', $2)`, [n, topic])

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url })
  client.on('error', () => {})
  await client.connect()
  return client
}

async function breakListen(): Promise<number> {
  const ended = await server.database.handle.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and query ilike 'listen%'`,
  )
  return ended.length
}

test('events that are written while LISTEN is broken arrive once and in order', async () => {
  const { inbox, subscribed } = await follow('broken')
  await subscribed
  await send('broken', 0)
  await inbox.until(1)
  for (let round = 0; round < 3; round++) {
    await expect.poll(breakListen, { timeout: 10_000 }).toBe(1)
    for (let n = 1; n <= 5; n++) await send('broken', round * 5 + n)
  }
  expect((await inbox.until(16)).map(({ payload }) => payload.n)).toEqual(Array.from({ length: 16 }, (_, n) => n))
})

test('transactions that commit out of order are all delivered', async () => {
  const { inbox, subscribed } = await follow('late commit')
  await subscribed
  const slow = await connect()
  await slow.query(`begin; select realtime.send('{"n": 1}', 'e', 'late commit')`)
  await send('late commit', 2)
  await inbox.until(1)
  await slow.query('commit')
  await slow.end()
  expect((await inbox.until(2)).map(({ payload }) => payload.n)).toEqual([2, 1])
})

test('a subscription is confirmed after the transactions that did not see it have ended', async () => {
  const writer = await connect()
  await writer.query(`begin; select realtime.send('{"n": 1}', 'e', 'in flight')`)
  const { statuses, subscribed } = await follow('in flight')
  const listening = () => server.database.handle.query(`select from realtime.listeners where key like '%in flight'`)
  await expect.poll(listening).toHaveLength(1) // from here on the server waits for the writer
  expect(statuses.items).toEqual([])
  await writer.query('commit')
  await subscribed
  const rows = await server.database.handle.query(`select from realtime.messages where topic = 'in flight'`)
  expect(rows).toHaveLength(1)

  const blocked = await connect()
  await blocked.query(`begin; select realtime.send('{"n": 1}', 'e', 'elsewhere')`)
  const patient = await follow('never ends')
  await patient.subscribed // it waits for two seconds at most
  await blocked.query('rollback')
  await Promise.all([writer.end(), blocked.end()])
})

test('concurrent writers: each subscriber gets each message of its topic once', async () => {
  const topics = ['w1', 'w2', 'w3']
  const followers = await Promise.all(topics.map(follow))
  await Promise.all(followers.map(({ subscribed }) => subscribed))
  const counts = Array.from({ length: 100 }, (_, n) => n)
  await Promise.all(
    topics.map(async (topic) => {
      for (const n of counts) await send(topic, n)
    }),
  )
  for (const { inbox } of followers) {
    expect((await inbox.until(100)).map(({ payload }) => payload.n)).toEqual(counts)
  }
})

test('listeners of a dead server are ignored, and a server that lost its lease makes its clients join again', async () => {
  const { handle } = server.database
  await handle.query(
    `insert into realtime.servers values ('00000000-0000-0000-0000-000000000001', now() - interval '1 hour')`,
  )
  await handle.query(`insert into realtime.listeners values ('private:dead', '00000000-0000-0000-0000-000000000001')`)
  await send('dead', 1)
  expect(
    await handle.query(
      `select from realtime.feed f join realtime.messages m on m.id = f.message where m.topic = 'dead'`,
    ),
  ).toEqual([])

  const { statuses, subscribed, inbox } = await follow('lease')
  await subscribed
  await handle.query('delete from realtime.servers')
  await expect.poll(() => statuses.items, { timeout: 28_000 }).toEqual(['SUBSCRIBED', 'CHANNEL_ERROR', 'SUBSCRIBED'])
  await send('lease', 1)
  await inbox.until(1)
})
