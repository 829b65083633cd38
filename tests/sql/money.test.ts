/** Protects: money. A cap holds even for many simultaneous calls, ends runs with its reason, and warns before. */
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { createDatabase, type TestDatabase } from '../support/database.ts'
import { begun, committed, WRITE_ONE } from '../support/transition.ts'
import { acme, idOf, personas, populate } from './people.ts'

let database: TestDatabase
let pool: pg.Pool

beforeAll(async () => {
  database = await createDatabase(inject('postgresUrl'))
  pool = new pg.Pool({ connectionString: database.url, max: 20 })
  pool.on('error', () => {}) // dropping the database ends idle connections
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await populate(client)
  await client.end()
  // a call of 1,000 tokens out costs at most 0.10
  await pool.query(`insert into model_prices values ('dear', 0, 100, 'EUR', 'test')`)
})
beforeEach(() =>
  pool.query(
    "delete from platform.spend; delete from alerts; delete from runs; select pgmq.purge_queue('runs_interactive')",
  ),
)
afterAll(async () => {
  await pool?.end()
  await database?.drop()
})

async function limit(limits: { persona?: object; workspace?: object }) {
  await pool.query('update persona_versions set limits = $1', [
    JSON.stringify({ max_parallel_runs: 1000, ...limits.persona }),
  ])
  await pool.query('update workspaces set limits = $1 where id = $2', [JSON.stringify(limits.workspace ?? {}), acme])
}

interface Claim {
  run_id: string
  fence: number
}
async function claimedRuns(count: number): Promise<Claim[]> {
  for (let n = 0; n < count; n++) {
    await pool.query(`select platform.start_run($1, $2, 'person', 'work')`, [personas.open, idOf('workspaceOwner')])
  }
  return (await pool.query('select platform.claim_runs($1, $2, 60) as claims', ['w', count])).rows[0].claims
}

const begin = async ({ run_id, fence }: Claim, tokens = 1000) =>
  (await pool.query(WRITE_ONE, begun(run_id, fence, 'dear', 0, tokens))).rows[0].answer as {
    llm_call_id?: string
    stopped?: string
  }

async function writeTransitions(transitions: object[]): Promise<{ llm_call_id?: string }[]> {
  const { rows } = await pool.query("select platform.write_transitions($1, 'w', 60) as answers", [
    JSON.stringify(transitions),
  ])
  return rows[0].answers
}

async function settle(claim: Claim, llmCallId: string, tokens: number) {
  const call = { id: llmCallId, text: '', tool_calls: [], input_tokens: 0, output_tokens: tokens, latency_ms: 1 }
  const outcome = { next: 'continue', lease_seconds: 60, model_call: call }
  await pool.query(WRITE_ONE, committed(claim.run_id, claim.fence, outcome, llmCallId))
}

const spent = async (scope: string) =>
  (await pool.query('select cost::float, reserved::float, calls from platform.spend where scope like $1', [scope]))
    .rows[0]

describe.each([
  ['persona', 'cost_per_day', 'persona_day_budget', 'persona:%:____-__-__'],
  ['persona', 'cost_per_month', 'persona_month_budget', 'persona:%:____-__'],
  ['workspace', 'cost_per_day', 'workspace_day_budget', 'workspace:%:____-__-__'],
  ['workspace', 'cost_per_month', 'workspace_month_budget', 'workspace:%:____-__'],
] as const)("the %s's %s", (whose, cap, reason, scope) => {
  test('is not exceeded by forty simultaneous calls; the runs beyond it end with the reason', async () => {
    await limit({ [whose]: { [cap]: 1 } })
    const claims = await claimedRuns(40)
    const answers = await Promise.all(claims.map((claim) => begin(claim)))
    expect(answers.filter((answer) => answer.llm_call_id)).toHaveLength(10)
    expect(answers.filter((answer) => answer.stopped === reason)).toHaveLength(30)
    expect(await spent(scope)).toEqual({ cost: 0, reserved: 1, calls: 10 })
    const { rows } = await pool.query("select count(*)::int as n from runs where status = 'failed' and reason = $1", [
      reason,
    ])
    expect(rows[0].n).toBe(30)
    const { rows: alerts } = await pool.query(
      "select kind from alerts where resolved_at is null and kind like '%_budget'",
    )
    expect(alerts, 'one alert, though the cap was reached thirty times').toEqual([{ kind: reason }])
  })
})

test('batches that use the same caps in any order never deadlock', async () => {
  await limit({ persona: { cost_per_day: 1000 } })
  for (let n = 0; n < 120; n++) {
    const persona = n % 2 ? personas.open : personas.closed
    await pool.query(`select platform.start_run($1, $2, 'person', 'work')`, [persona, idOf('workspaceOwner')])
  }
  const claims = (await pool.query('select platform.claim_runs($1, 120, 60) as claims', ['w'])).rows[0]
    .claims as Claim[]
  const batches = Array.from({ length: 20 }, (_, n) => {
    const batch = claims.slice(n * 6, n * 6 + 6)
    return n % 2 ? batch : batch.reverse()
  })
  await Promise.all(
    batches.map(async (batch) => {
      const call = { kind: 'begin_model_call', provider: 'p', model: 'dear', input_tokens: 0, max_output_tokens: 1000 }
      const begun = await writeTransitions(batch.map(({ run_id, fence }) => ({ ...call, run_id, fence })))
      const segments = batch.map(({ run_id, fence }, place) => {
        const settled = {
          id: begun[place]!.llm_call_id,
          text: '',
          tool_calls: [],
          input_tokens: 0,
          output_tokens: 10,
        }
        const outcome = { next: 'finish', output: 'done', model_call: settled }
        const checkpoint = { checkpoint_id: 'c', parent_id: null, checkpoint: '{}' }
        return { kind: 'commit_segment', run_id, fence, outcome, ...checkpoint, max_calls: 0 }
      })
      await writeTransitions(segments)
    }),
  )
  expect(await spent(`persona:${personas.open}:%`)).toEqual({ cost: 0.06, reserved: 0, calls: 60 })
})

test('a run’s own cap ends that run alone', async () => {
  await limit({ persona: { cost_per_run: 0.15 } })
  const [one, two] = await claimedRuns(2)
  expect(await begin(one!)).toHaveProperty('llm_call_id')
  expect(await begin(one!)).toEqual({ stopped: 'run_budget' })
  expect(await begin(two!)).toHaveProperty('llm_call_id')
})

test('a cap in calls counts calls', async () => {
  await limit({ persona: { calls_per_run: 2 } })
  const [run] = await claimedRuns(1)
  expect(await begin(run!, 0)).toHaveProperty('llm_call_id')
  expect(await begin(run!, 0)).toHaveProperty('llm_call_id')
  expect(await begin(run!, 0)).toEqual({ stopped: 'run_budget' })
})

describe('a claim that reserves the model call', () => {
  const own = JSON.stringify({ provider: 'p', model: 'dear', max_output_tokens: 1000, prompt_bytes: 0 })
  async function claimed() {
    await pool.query(`select platform.start_run($1, $2, 'person', 'work')`, [personas.open, idOf('workspaceOwner')])
    const { rows } = await pool.query(`select platform.claim_runs('w', 1, 60, $1) as claims`, [own])
    return rows[0].claims[0] as Claim & { reserved: { llm_call_id: string } | null }
  }

  test('holds its worst case under the caps', async () => {
    await limit({ persona: { cost_per_day: 1 } })
    const { reserved } = await claimed()
    expect(await spent('persona:%')).toEqual({ cost: 0, reserved: 0.1, calls: 1 })
    const { rows } = await pool.query('select status, model from llm_calls where id = $1', [reserved?.llm_call_id])
    expect(rows).toEqual([{ status: 'started', model: 'dear' }])
  })

  test('leaves no trace if the call is not made', async () => {
    await limit({ persona: { calls_per_run: 1 } })
    const run = await claimed()
    await pool.query('select platform.release_model_call($1)', [run.reserved?.llm_call_id])
    expect(await spent('run:%')).toEqual({ cost: 0, reserved: 0, calls: 0 })
    expect(await begin(run), 'the one call is still to be had').toHaveProperty('llm_call_id')
  })

  test('does not end the run if it exceeds a cap: the worker asks again with its own bound', async () => {
    await limit({ persona: { cost_per_run: 0.05 } })
    const run = await claimed()
    expect(run.reserved).toBeNull()
    expect(await begin(run, 400)).toHaveProperty('llm_call_id')
    expect(await begin(run, 1000)).toEqual({ stopped: 'run_budget' })
  })

  test('is settled when the run ends, even if its worker forgot it', async () => {
    await limit({ persona: { cost_per_day: 1 } })
    const run = await claimed()
    await pool.query(WRITE_ONE, committed(run.run_id, run.fence, { next: 'finish', output: 'done' }))
    expect(await spent('persona:%')).toEqual({ cost: 0.1, reserved: 0, calls: 1 })
    const { rows } = await pool.query('select status, cost::float from runs where id = $1', [run.run_id])
    expect(rows).toEqual([{ status: 'completed', cost: 0.1 }])
  })
})

test('the unused part of a reservation is free again', async () => {
  await limit({ persona: { cost_per_day: 0.15 } })
  const [run] = await claimedRuns(1)
  const { llm_call_id } = await begin(run!)
  await settle(run!, llm_call_id!, 100)
  expect(await spent('persona:%')).toEqual({ cost: 0.01, reserved: 0, calls: 1 })
  expect(await begin(run!)).toHaveProperty('llm_call_id')
})

test('a cap that is set in the middle of a day includes what was already spent that day', async () => {
  await limit({})
  const [run] = await claimedRuns(1)
  const first = await begin(run!)
  await settle(run!, first.llm_call_id!, 4000) // 0.40
  const open = await begin(run!) // holds 0.10
  await limit({ persona: { cost_per_day: 0.3 }, workspace: { calls_per_month: 100 } })
  expect(await refusalAtTheDoor()).toBe('budget_exhausted')
  expect(await begin(run!)).toEqual({ stopped: 'persona_day_budget' })
  // the run's end settled the open call at its worst case
  expect(open).toHaveProperty('llm_call_id')
  await limit({ persona: { cost_per_day: 0.7 }, workspace: { calls_per_month: 100 } })
  const [next] = await claimedRuns(1)
  expect(await begin(next!)).toHaveProperty('llm_call_id')
  expect(await spent('persona:%')).toEqual({ cost: 0.5, reserved: 0.1, calls: 3 })
  expect(await spent('workspace:%')).toEqual({ cost: 0.5, reserved: 0.1, calls: 3 })
})

test('a call that was open when the cap was set is settled under it', async () => {
  await limit({})
  const [one, two] = await claimedRuns(2)
  const { llm_call_id } = await begin(one!)
  await limit({ persona: { cost_per_day: 0.3 } })
  await begin(two!)
  expect(await spent('persona:%')).toEqual({ cost: 0, reserved: 0.2, calls: 2 })
  await settle(one!, llm_call_id!, 100)
  expect(await spent('persona:%')).toEqual({ cost: 0.01, reserved: 0.1, calls: 2 })
})

test('a cap that is set while calls are open is not exceeded by twenty more simultaneous calls', async () => {
  await limit({})
  const claims = await claimedRuns(40)
  await Promise.all(claims.slice(0, 20).map((claim) => begin(claim)))
  await limit({ workspace: { cost_per_day: 2.5 } })
  const answers = await Promise.all(claims.slice(20).map((claim) => begin(claim)))
  expect(answers.filter((answer) => answer.llm_call_id)).toHaveLength(5)
  expect(await spent('workspace:%')).toEqual({ cost: 0, reserved: 2.5, calls: 25 })
})

test('a run of an old version obeys the current caps per day and month of its persona', async () => {
  await limit({ persona: { cost_per_run: 0.25 } })
  const [run] = await claimedRuns(1)
  const { rows: versions } = await pool.query(
    `insert into persona_versions (persona_id, workspace_id, number, agent_id, instructions, model, limits, allowed_hosts)
     select persona_id, workspace_id, 99, agent_id, instructions, model, '{"cost_per_day": 0.15}', allowed_hosts
     from persona_versions where id = (select current_version_id from personas where id = $1)
     returning id, (select current_version_id from personas where id = $1) as old`,
    [personas.open],
  )
  const use = (id: string) =>
    pool.query('update personas set current_version_id = $1 where id = $2', [id, personas.open])
  await use(versions[0].id)
  try {
    expect(await begin(run!)).toHaveProperty('llm_call_id')
    expect(await begin(run!)).toEqual({ stopped: 'persona_day_budget' })
  } finally {
    await use(versions[0].old)
    await pool.query('delete from runs; delete from persona_versions where number = 99')
  }
})

test('a call that failed costs nothing; one whose worker was lost costs its worst case', async () => {
  await limit({ persona: { cost_per_day: 10 } })
  const [failed, lost] = await claimedRuns(2)
  const { llm_call_id } = await begin(failed!)
  await pool.query(`select platform.fail_model_call($1, '{"code": "server_error", "message": ""}', 5)`, [llm_call_id])
  expect(await spent('persona:%')).toEqual({ cost: 0, reserved: 0, calls: 1 })
  await begin(lost!)
  await pool.query("update pgmq.q_runs_interactive set vt = now() - interval '1 s'")
  await pool.query("select platform.claim_runs('w2', 10, 60)")
  expect(await spent('persona:%')).toEqual({ cost: 0.1, reserved: 0, calls: 2 })
})

describe('the alert of a cap', () => {
  const open = async () =>
    (await pool.query("select kind from alerts where resolved_at is null and kind like '%_budget'")).rows
  const sweep = (at = '0 s') =>
    pool.query(
      `begin; select set_config('platform.now', (now() + '${at}'::interval)::text, true), platform.resolve_cap_alerts(); commit`,
    )

  test('is raised by money that was spent, not by reservations of open calls; a new day resolves it', async () => {
    await limit({ persona: { cost_per_day: 1 } })
    const [run] = await claimedRuns(1)
    const calls = []
    for (let n = 0; n < 9; n++) calls.push((await begin(run!)).llm_call_id!)
    expect(await open(), 'nine tenths are reserved, nothing is spent').toEqual([])
    for (const call of calls.slice(0, 7)) await settle(run!, call, 1000)
    expect(await open()).toEqual([])
    await settle(run!, calls[7]!, 1000)
    expect(await open()).toEqual([{ kind: 'persona_day_budget' }])
    await sweep()
    expect(await open()).toEqual([{ kind: 'persona_day_budget' }])
    await sweep('1 day')
    expect(await open()).toEqual([])
  })

  test('is raised when a run is stopped, however little was spent, and resolved when the cap is raised', async () => {
    await limit({ workspace: { cost_per_day: 0.15 } })
    const [run] = await claimedRuns(1)
    await settle(run!, (await begin(run!)).llm_call_id!, 700) // 0.07
    expect(await begin(run!)).toEqual({ stopped: 'workspace_day_budget' })
    expect(await open()).toEqual([{ kind: 'workspace_day_budget' }])
    await sweep()
    expect(await open()).toEqual([{ kind: 'workspace_day_budget' }])
    await limit({ workspace: { cost_per_day: 1 } })
    await sweep()
    expect(await open()).toEqual([])
  })

  test('stays while 80 % of the raised cap is used, and disappears with the cap', async () => {
    await limit({ persona: { calls_per_day: 5 } })
    const [run] = await claimedRuns(1)
    for (let n = 0; n < 4; n++) await settle(run!, (await begin(run!, 0)).llm_call_id!, 0)
    expect(await open()).toEqual([{ kind: 'persona_day_budget' }])
    await limit({ persona: { calls_per_day: 5, cost_per_day: 100 } })
    await sweep()
    expect(await open()).toEqual([{ kind: 'persona_day_budget' }])
    await limit({})
    await sweep()
    expect(await open()).toEqual([])
  })
})

/** The code with which create_run refuses a run, if it does. */
async function refusalAtTheDoor(): Promise<string | undefined> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const claims = JSON.stringify({ sub: idOf('workspaceOwner'), role: 'authenticated' })
    await client.query("select set_config('request.jwt.claims', $1, true)", [claims])
    await client.query(`select create_run('${personas.open}', 'work')`)
    return undefined
  } catch (error) {
    return (error as pg.DatabaseError).hint
  } finally {
    await client.query('rollback')
    client.release()
  }
}

test('a run is refused at the start if the budget is used up', async () => {
  await limit({ workspace: { cost_per_day: 0.1 } })
  const [run] = await claimedRuns(1)
  expect(await refusalAtTheDoor()).toBeUndefined()
  await begin(run!)
  expect(await refusalAtTheDoor()).toBe('budget_exhausted')
})

describe('a run that goes round in circles', () => {
  const commit = async ({ run_id, fence }: Claim, outcome: object, id: string) =>
    (await pool.query(WRITE_ONE, committed(run_id, fence, outcome, id))).rows[0].answer

  test('ends if it repeats a call too often', async () => {
    await limit({ persona: { max_repeats: 3 } })
    let [claim] = await claimedRuns(1)
    const call = { call_id: 'a', tool: 'unheard_of', arguments: { same: true } }
    for (let n = 0; n < 3; n++) {
      expect(await commit(claim!, { next: 'tools', calls: [call] }, `c${n}`)).toMatchObject({ status: 'waiting' })
      ;[claim] = (await pool.query("select platform.claim_runs('w', 1, 60) as claims")).rows[0].claims
    }
    expect(await commit(claim!, { next: 'tools', calls: [call] }, 'last')).toEqual({
      status: 'failed',
      reason: 'repeated_call',
    })
  })

  test('ends if it only looks things up', async () => {
    await limit({ persona: { max_idle_segments: 4 } })
    const [claim] = await claimedRuns(1)
    const states = []
    for (let n = 0; n < 4; n++) states.push(await commit(claim!, { next: 'continue', lease_seconds: 60 }, `c${n}`))
    expect(states.at(-1)).toEqual({ status: 'failed', reason: 'no_progress' })
    expect(states.slice(0, 3)).toEqual(Array(3).fill({ status: 'running', messages: [] }))
  })

  test('ends when it has used up its steps, or its time', async () => {
    await limit({ persona: { max_segments: 2 } })
    const [claim] = await claimedRuns(1)
    await commit(claim!, { next: 'continue', lease_seconds: 60 }, 'c1')
    expect(await commit(claim!, { next: 'continue', lease_seconds: 60 }, 'c2')).toEqual({
      status: 'failed',
      reason: 'step_limit',
    })
    await limit({ persona: { max_seconds: 1 } })
    const [late] = await claimedRuns(1)
    await pool.query("update runs set deadline_at = deadline_at - interval '1 second' where id = $1", [late!.run_id])
    await pool.query('select platform.sweep()')
    const { rows } = await pool.query('select status, reason from runs where id = $1', [late!.run_id])
    expect(rows[0]).toEqual({ status: 'failed', reason: 'time_limit' })
  })
})

describe('negative costs and tokens are refused', () => {
  const CHECK_VIOLATION = { code: '23514' }

  test.each([
    'update llm_calls set cost = -0.01',
    'update llm_calls set reserved_cost = -0.01',
    'update llm_calls set input_tokens = -1',
    'update llm_calls set output_tokens = -1',
    'update runs set cost = -0.01',
    'update runs set input_tokens = -1',
    'update runs set output_tokens = -1',
    'update platform.spend set cost = -0.01',
    'update platform.spend set reserved = -0.01',
  ])('%s', async (sql) => {
    await limit({ persona: { cost_per_day: 1 } })
    const [claim] = await claimedRuns(1)
    await begin(claim!)
    await expect(pool.query(sql)).rejects.toMatchObject(CHECK_VIOLATION)
  })

  test('when a call is reserved, settled or failed; what was spent stays', async () => {
    await limit({ persona: { cost_per_day: 1 } })
    const [claim] = await claimedRuns(1)
    const { llm_call_id } = await begin(claim!)
    await expect(begin(claim!, -5000)).rejects.toMatchObject(CHECK_VIOLATION)
    await expect(settle(claim!, llm_call_id!, -1000)).rejects.toMatchObject(CHECK_VIOLATION)
    await expect(
      pool.query('select platform.fail_model_call($1, $2, 1, -5, 0)', [llm_call_id, '{"code": "x", "message": "x"}']),
    ).rejects.toMatchObject(CHECK_VIOLATION)
    expect(await spent(`persona:${personas.open}:%`)).toEqual({ cost: 0, reserved: 0.1, calls: 1 })
  })
})
