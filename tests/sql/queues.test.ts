/** Protects: a claim takes the right messages from the queues, and reads no others. */
import pg from 'pg'
import { beforeEach, expect, test } from 'vitest'
import { ownDatabase } from './own-database.ts'

const { client, url } = await ownDatabase()
beforeEach(async () => {
  await client.query('delete from pgmq.q_runs_interactive')
})

const send = async (delay = 0) =>
  (await client.query(`select platform.send('runs_interactive', '{}', $1) as id`, [delay])).rows[0].id
const read = async (most: number, on = client): Promise<{ msg_id: number; read_ct: number }[]> =>
  (await on.query(`select platform.read('runs_interactive', 30, $1) as messages`, [most])).rows[0].messages
const idsOf = (messages: { msg_id: number }[]) => messages.map(({ msg_id }) => String(msg_id)).sort()

test('the oldest due messages are read, and hidden from the next reader', async () => {
  const first = await send()
  await send(60)
  const second = await send()
  const third = await send()
  expect(idsOf(await read(2))).toEqual([first, second].sort())
  expect(await read(5)).toMatchObject([{ msg_id: Number(third), read_ct: 1 }])
  expect(await read(5)).toEqual([])
})

test('two simultaneous readers share the messages', async () => {
  const sent = [await send(), await send(), await send()]
  const other = new pg.Client({ connectionString: url })
  await other.connect()
  try {
    await client.query('begin')
    await other.query('begin')
    const taken = [await read(2), await read(2, other)]
    await Promise.all([client.query('commit'), other.query('commit')])
    expect(taken.map((messages) => messages.length)).toEqual([2, 1])
    expect(idsOf(taken.flat())).toEqual(sent.sort())
  } finally {
    await other.end()
  }
})

test('a reader uses the index and skips what was deleted', async () => {
  for (let message = 0; message < 200; message++) await send()
  await client.query('delete from pgmq.q_runs_interactive')
  await send()
  await client.query('begin')
  const before = await scans()
  expect(await read(50)).toHaveLength(1)
  expect(await scans()).toBe(before)
  await client.query('rollback')
})

/** Sequential scans of this session that are not reported to the server's statistics yet. */
async function scans(): Promise<string> {
  const { rows } = await client.query(
    `select seq_scan from pg_stat_xact_user_tables where schemaname = 'pgmq' and relname = 'q_runs_interactive'`,
  )
  return rows[0].seq_scan
}
