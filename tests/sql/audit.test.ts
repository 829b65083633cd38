/** Protects: the audit chain. What was changed, cut out or cut off behind the platform's back is found and named. */
import pg from 'pg'
import { beforeEach, expect, test } from 'vitest'
import { ownDatabase } from './own-database.ts'

const workspace = '10000000-0000-4000-8000-00000000000a'
const { client, url } = await ownDatabase()

beforeEach(async () => {
  await client.query(
    'alter table audit_events disable trigger all; delete from audit_events; delete from platform.audit_heads',
  )
  await client.query(
    `select platform.audit('${workspace}', 'system', null, 'test.event', jsonb_build_object('n', n)) from generate_series(1, 5) n`,
  )
  await client.query('select platform.seal_audit()')
})

/** Changes the log as somebody with the database's own rights could. */
const tamper = (sql: string) => client.query(`alter table audit_events disable trigger all; ${sql}`)
const verify = async () => (await client.query('select events::int, broken_seq::int from verify_audit()')).rows

test('a chain that nobody touched is whole', async () => {
  expect(await verify()).toEqual([{ events: 5, broken_seq: null }])
})

test.each([
  ['changed content', `update audit_events set data = '{"n": 9}' where seq = 3`, 3],
  ['a changed actor', `update audit_events set actor_type = 'person' where seq = 1`, 1],
  ['a row cut out', 'delete from audit_events where seq = 2', 3],
  ['rows cut off the end', 'delete from audit_events where seq >= 4', 4],
  ['the whole chain gone', 'delete from audit_events', 1],
  ['a chain without a head', 'delete from platform.audit_heads', 1],
  [
    'rows after the head',
    'update platform.audit_heads set seq = 3, hash = (select hash from audit_events where seq = 3)',
    4,
  ],
  ['a head of another chain', `update platform.audit_heads set hash = sha256('x')`, 5],
  ['a row that was hashed anew', `update audit_events set data = '{}', hash = sha256('x') where seq = 2`, 2],
])('%s is named', async (_what, sql, broken) => {
  await tamper(sql)
  expect((await verify())[0].broken_seq).toBe(broken)
})

test('events of several workspaces and sealers end in whole chains', async () => {
  const other = workspace.replace('a', 'b')
  const clients = await Promise.all(
    [1, 2, 3, 4].map(async () => {
      const one = new pg.Client({ connectionString: url })
      await one.connect()
      return one
    }),
  )
  await Promise.all(
    clients.map(async (one) => {
      for (let n = 0; n < 25; n++) {
        await one.query(`select platform.audit('${n % 2 ? workspace : other}', 'system', null, 'test.event')`)
        await one.query('select platform.seal_audit(7)')
      }
    }),
  )
  await Promise.all(clients.map((one) => one.end()))
  const chains = await verify()
  expect(chains.map((chain) => chain.broken_seq)).toEqual([null, null])
  expect(chains.map((chain) => chain.events).sort((a, b) => a - b)).toEqual([52, 53])
})
