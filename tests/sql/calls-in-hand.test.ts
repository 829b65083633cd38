/** Protects: calls that a worker claims with the segment that made them. The run's message is their lease. */
import pg from 'pg'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { committed, DEFAULT_MODEL, finished } from '../support/transition.ts'
import { ownDatabase } from './own-database.ts'
import { idOf, personas, populate } from './people.ts'

const { client, url } = await ownDatabase()
const LEASE_SECONDS = 60
const SUCCEEDED = { status: 'succeeded', output: { found: 1 } }

beforeAll(async () => {
  await populate(client)
  await client.query(`
    delete from approvals; delete from runs;
    insert into tools (name, description, group_name, input_schema, output_schema, effect, runs, timeout_seconds)
      values ('look', '', 'tests', '{}', '{}', 'pure', 'sandbox', 10)`)
})
afterEach(() =>
  client.query(`
    delete from runs;
    select pgmq.purge_queue(q) from unnest(array['runs_interactive', 'tools_interactive']) q`),
)

const one = async (sql: string, params: unknown[] = []) => (await client.query(sql, params)).rows[0]
const write = async ([transition]: string[]) =>
  (
    await one(`select platform.write_transitions($1, 'w', ${LEASE_SECONDS}, $2) -> 0 as answer`, [
      transition,
      DEFAULT_MODEL,
    ])
  ).answer
const claimRuns = async () =>
  (await one(`select platform.claim_runs('w', 10, ${LEASE_SECONDS}, $1) as claims`, [DEFAULT_MODEL])).claims
const claimTools = async () => (await one(`select platform.claim_tools('w', 10, ${LEASE_SECONDS}) as claims`)).claims
const expireLeases = () =>
  client.query(`
    update pgmq.q_runs_interactive set vt = now() - interval '1 s';
    update pgmq.q_tools_interactive set vt = now() - interval '1 s'`)
const messages = async (kind: string) =>
  (await client.query(`select read_ct, vt > now() + interval '50 s' as hidden from pgmq.q_${kind}_interactive`)).rows

async function claimedRun() {
  await client.query(`select platform.start_run($1, $2, 'person', 'work')`, [personas.open, idOf('workspaceOwner')])
  const [run] = await claimRuns()
  return run
}

/** A run that waits for `calls` of the tool, `inHand` of them claimed with the segment. */
async function waiting(calls: number, inHand: number, run?: Awaited<ReturnType<typeof claimedRun>>) {
  run ??= await claimedRun()
  const outcome = {
    next: 'tools',
    model_call: {
      id: run.reserved.llm_call_id,
      text: '',
      tool_calls: [],
      input_tokens: 1,
      output_tokens: 1,
      latency_ms: 1,
    },
    calls: Array.from({ length: calls }, (_, n) => ({ call_id: `c${n}`, tool: 'look', arguments: { n } })),
  }
  const state = await write(committed(run.run_id, run.fence, outcome, 'k1', inHand))
  expect(state.calls).toHaveLength(inHand)
  return { run, calls: state.calls }
}

test('a call in hand has no message of its own, and the run continues under its own message', async () => {
  const { run, calls } = await waiting(1, 1)
  expect(await messages('tools')).toEqual([])
  expect(await messages('runs')).toEqual([{ read_ct: 0, hidden: true }])
  const { run: next } = await write(finished(run.run_id, calls[0].tool_run_id, 1, SUCCEEDED, true))
  expect(next).toMatchObject({
    run_id: run.run_id,
    segment: 1,
    tool_results: [{ call_id: 'c0', output: { found: 1 } }],
  })
  expect(await messages('runs')).toEqual([{ read_ct: 0, hidden: true }])
  await expireLeases()
  expect(await claimRuns(), 'a lost worker loses it to the next claim').toMatchObject([
    { run_id: run.run_id, segment: 1 },
  ])
})

test('a worker that still has the run gets only what is new, and its next call is reserved', async () => {
  const { run, calls } = await waiting(1, 1)
  const known = { provider: 'theirs', model: 'demo', prompt_bytes: 1000, max_output_tokens: 50 }
  const { run: next } = await write(finished(run.run_id, calls[0].tool_run_id, 1, SUCCEEDED, true, known))
  expect(Object.keys(next).sort()).toEqual(['fence', 'messages', 'reserved', 'segment', 'tool_results'])
  expect(next.fence).toBe(run.fence + 1)
  expect(next.reserved.input_tokens).toBeGreaterThan(1000)
  const reserved = await one('select provider, model, segment, status from llm_calls where id = $1', [
    next.reserved.llm_call_id,
  ])
  expect(reserved).toEqual({ provider: 'theirs', model: 'demo', segment: 1, status: 'started' })
})

test('heartbeats keep calls in hand; without them the calls go to the queue, and run again', async () => {
  const { run, calls } = await waiting(2, 2)
  const held = JSON.stringify(calls.map((call: { tool_run_id: string }) => ({ id: call.tool_run_id, attempt: 1 })))
  await expireLeases()
  await client.query(`select platform.heartbeat('[]', $1, ${LEASE_SECONDS})`, [held])
  expect(await messages('runs')).toMatchObject([{ hidden: true }])
  expect(await claimRuns()).toEqual([])

  await write(finished(run.run_id, calls[0].tool_run_id, 1, SUCCEEDED))
  await expireLeases()
  expect(await claimRuns()).toEqual([])
  expect(await messages('runs')).toEqual([])
  const again = await claimTools()
  expect(again).toMatchObject([{ tool_run_id: calls[1].tool_run_id, attempt: 2, recovering: true }])
  await expect(write(finished(run.run_id, calls[1].tool_run_id, 1, SUCCEEDED))).rejects.toMatchObject({ code: 'PP001' })
  expect(await write(finished(run.run_id, calls[1].tool_run_id, 2, SUCCEEDED))).toEqual({ resumed: true })
  expect(await claimRuns()).toMatchObject([{ run_id: run.run_id, tool_results: [{}, {}] }])
})

test('the sweep leaves calls in hand alone, and sends them when their lease is lost', async () => {
  const { run, calls } = await waiting(1, 1)
  await client.query(`update runs set progress_at = now() - interval '1 hour'`)
  await client.query('select platform.sweep()')
  expect(await messages('tools')).toEqual([])
  await client.query(`select pgmq.purge_queue('runs_interactive')`)
  await client.query('select platform.sweep()')
  expect(await claimTools()).toMatchObject([
    { tool_run_id: calls[0].tool_run_id, run_id: run.run_id, recovering: true },
  ])
})

test('calls in hand and calls in the queue end in any order', async () => {
  for (const lastIsInHand of [true, false]) {
    const { run, calls } = await waiting(2, 1)
    const [queued] = await claimTools()
    const [first, last] = lastIsInHand ? [queued, calls[0]] : [calls[0], queued]
    expect(await write(finished(run.run_id, first.tool_run_id, 1, SUCCEEDED, true))).toEqual({ resumed: false })
    const { run: next } = await write(finished(run.run_id, last.tool_run_id, 1, SUCCEEDED, true))
    expect(next).toMatchObject({ segment: 1 })
    expect((await messages('runs')).every(({ hidden }) => hidden)).toBe(true)
    await client.query('delete from runs')
    await client.query(`select pgmq.purge_queue('runs_interactive')`)
  }
})

test('losses are counted separately for each segment', async () => {
  const run = await claimedRun()
  await client.query('update pgmq.q_runs_interactive set read_ct = 10')
  await waiting(1, 1, run)
  expect(await messages('runs')).toMatchObject([{ read_ct: 0 }])
})

test('answering the last call does not wait for a claim that has read the message of calls in hand', async () => {
  const { run, calls } = await waiting(2, 1)
  const [queued] = await claimTools()
  await write(finished(run.run_id, calls[0].tool_run_id, 1, SUCCEEDED))
  await expireLeases()
  const claim = new pg.Client({ connectionString: url })
  await claim.connect()
  try {
    await claim.query('begin')
    await claim.query(`select platform.read('runs_interactive', ${LEASE_SECONDS}, 10)`)
    await client.query("set lock_timeout = '2s'")
    expect(await write(finished(run.run_id, queued.tool_run_id, 1, SUCCEEDED))).toEqual({ resumed: true })
    await claim.query('rollback')
  } finally {
    await claim.end()
    await client.query('reset lock_timeout')
  }
  expect(await claimRuns(), 'by its new message').toMatchObject([{ run_id: run.run_id, segment: 1 }])
  expect(await messages('runs'), 'the old one is dropped').toHaveLength(1)
})
