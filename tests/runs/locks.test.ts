/** Protects: there is no deadlock if a person and a worker change one run at the same moment. */
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { owner, type Platform, startPlatform } from './support/platform.ts'

let platform: Platform
let worker: pg.Client
beforeAll(async () => {
  platform = await startPlatform(inject('postgresUrl'))
  worker = new pg.Client({ connectionString: platform.databaseUrl })
  await worker.connect()
})
afterAll(async () => {
  await worker?.end()
  await platform?.close()
})

it('a run can be cancelled after a claim has read its message', async () => {
  const persona = await platform.persona([{ text: 'never asked' }])
  const runId = await platform.createRun(persona.id)
  await worker.query('begin')
  const { rows } = await worker.query("select platform.read('runs_interactive', 30, 1) as messages")
  // it does not wait for the transaction that has read the message
  await platform.asUser(owner, 'cancel_run(run_id => $1)', [runId])
  const claim = await worker.query("select platform.claim_messages('runs', $1, 'worker', null) as claimed", [
    JSON.stringify(rows[0].messages),
  ])
  await worker.query('commit')
  expect(claim.rows).toEqual([{ claimed: [] }])
  expect(await platform.run(runId)).toMatchObject({ status: 'cancelled' })
  expect((await worker.query('select from pgmq.q_runs_interactive')).rows).toEqual([])
})
