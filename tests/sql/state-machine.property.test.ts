/**
 * Protects: the state machine, under random interleavings of workers (claim, work, die, come back late, hand back),
 * people (decide, cancel) and the sweep. In any order, a run has one owner at a time, each effect happens at most once
 * unless a person asked for it again, no run gets stuck, steps have no gaps, and the audit chain is intact.
 */
import fc from 'fast-check'
import type pg from 'pg'
import { beforeAll, expect, test } from 'vitest'
import type { Query } from '../../contracts/database-handle.ts'
import { brokenChains } from '../support/audit-log.ts'
import { begun, committed, DEFAULT_MODEL, finished } from '../support/transition.ts'
import { ownDatabase } from './own-database.ts'
import { idOf, personas, populate } from './people.ts'

const LEASE_SECONDS = 1000
const queues = ['runs_interactive', 'tools_interactive']
const { client } = await ownDatabase()

beforeAll(async () => {
  await populate(client)
  await client.query(`
    insert into tools (name, description, group_name, input_schema, output_schema, effect, runs, timeout_seconds) values
      ('look', '', 'tests', '{}', '{}', 'pure', 'sandbox', 10), ('send', '', 'tests', '{}', '{}', 'effect', 'sandbox', 10);
    insert into persona_tools (persona_id, tool_id, workspace_id, policy)
      select '${personas.open}', id, '10000000-0000-4000-8000-000000000001', 'allow' from tools where name = 'send';
    update persona_versions set limits = '{"max_repeats": 1000, "max_parallel_runs": 100000}'`)
})

interface RunClaim {
  run_id: string
  fence: number
  segment: number
  reserved: { llm_call_id: string } | null
}
interface ToolClaim {
  tool_run_id: string
  run_id: string
  attempt: number
  effect: string
  recovering: boolean
}

/** Calls a function that returns one value. Returns `undefined` for a stale write that was refused. */
async function call<T>(sql: string, params: unknown[] = []): Promise<T | undefined> {
  try {
    return (await client.query(`select ${sql} as result`, params)).rows[0].result as T
  } catch (error) {
    if ((error as pg.DatabaseError).code === 'PP001') return undefined
    throw error
  }
}

/** Writes one transition. */
const write = <T>([transition]: string[]) =>
  call<T>(`platform.write_transitions($1, 'w', ${LEASE_SECONDS}, $2) -> 0`, [transition, DEFAULT_MODEL])

/** What the test knows besides the database: who believes to own what, and what happened in the world. */
class World {
  runs: RunClaim[] = []
  tools: ToolClaim[] = []
  readonly mine: string[] = []
  readonly done = new Map<string, number>()
  readonly askedAgain = new Map<string, number>()
  private checkpoints = 0

  async start() {
    const run = await call<string>(`(platform.start_run($1, $2, 'person', 'work')).id`, [
      personas.open,
      idOf('workspaceOwner'),
    ])
    this.mine.push(run!)
  }

  /** If the model is not named, the worker asks for its call itself. */
  async claimRuns(withCall: boolean) {
    const defaultModel = withCall ? DEFAULT_MODEL : null
    this.own((await call<RunClaim[]>(`platform.claim_runs('w', 2, ${LEASE_SECONDS}, $1)`, [defaultModel]))!)
  }

  private own(claims: RunClaim[]) {
    for (const claim of claims) {
      const older = this.runs.filter((run) => run.run_id === claim.run_id)
      expect(older.every((run) => run.fence < claim.fence)).toBe(true)
    }
    this.runs.push(...claims)
  }

  /** A worker commits what it holds, which may be stale. */
  async commit(pick: number, kind: 'tools' | 'question' | 'continue' | 'finish' | 'fail', maxCalls = 0) {
    const claim = this.take(this.runs, pick)
    if (!claim) return
    const llm =
      claim.reserved ?? (await write<{ llm_call_id?: string }>(begun(claim.run_id, claim.fence, 'demo', 10, 10)))
    if (!llm) return
    const calls =
      kind === 'question'
        ? [{ call_id: 'q', tool: 'ask_human', arguments: { question: 'What?' } }]
        : [
            { call_id: 'a', tool: 'look', arguments: { at: claim.segment } },
            { call_id: 'b', tool: 'send', arguments: { at: claim.segment } },
          ]
    const outcome = {
      next: kind === 'question' ? 'tools' : kind,
      model_call: { id: llm.llm_call_id, text: '', tool_calls: [], input_tokens: 1, output_tokens: 1, latency_ms: 1 },
      calls,
      output: 'done',
      reason: 'model_error',
      error: { code: 'model_error', message: '' },
      lease_seconds: LEASE_SECONDS,
    }
    const id = `c${++this.checkpoints}`
    const transition = committed(claim.run_id, claim.fence, outcome, id, maxCalls)
    const state = await write<{ status: string; calls?: ToolClaim[] }>(transition)
    this.tools.push(...(state?.calls ?? []))
    if (state?.status === 'running') this.runs.push({ ...claim, segment: claim.segment + 1, reserved: null })
  }

  async retry(pick: number) {
    const claim = this.take(this.runs, pick)
    if (claim) {
      await call(`platform.retry_run($1, $2, '{"code": "rate_limited", "message": "Slow down."}', 0)`, [
        claim.run_id,
        claim.fence,
      ])
    }
  }

  async release(pick: number) {
    const claim = this.take(this.runs, pick)
    if (claim) await call('platform.release_run($1, $2)', [claim.run_id, claim.fence])
  }

  async claimTools() {
    this.tools.push(...(await call<ToolClaim[]>(`platform.claim_tools('w', 2, ${LEASE_SECONDS})`))!)
  }

  /** A worker runs a tool. The effect happens, and perhaps the worker dies before it can record it. */
  async runTool(pick: number, dies: boolean, claimsRun = false, knowsRun = false) {
    const claim = this.take(this.tools, pick)
    if (!claim) return
    const unknown = claim.recovering && claim.effect === 'effect'
    if (!unknown) this.done.set(claim.tool_run_id, (this.done.get(claim.tool_run_id) ?? 0) + 1)
    if (dies) return
    const result = unknown ? { status: 'unknown' } : { status: 'succeeded', output: {} }
    const known = knowsRun ? { provider: 'demo', model: 'demo', prompt_bytes: 100, max_output_tokens: 100 } : undefined
    const transition = finished(claim.run_id, claim.tool_run_id, claim.attempt, result, claimsRun, known)
    const state = await write<{ run?: RunClaim | null }>(transition)
    if (state?.run) this.own([{ ...state.run, run_id: claim.run_id }])
  }

  /** Every lease expires. What lost workers held is free again, and the claims of living workers become stale. */
  async expireLeases() {
    for (const queue of queues) await client.query(`update pgmq.q_${queue} set vt = now() - interval '1 s'`)
  }

  async decide(pick: number, yes: boolean) {
    const { rows } = await client.query(
      `select id, kind, tool_run_id from approvals where status = 'pending' and run_id = any ($1) order by id`,
      [this.mine],
    )
    const approval = rows[pick % Math.max(rows.length, 1)]
    if (!approval) return
    const decision = {
      question: 'answer',
      approval: yes ? 'approve' : 'deny',
      unknown_effect: yes ? 'do_again' : 'done',
    }[approval.kind as 'question']
    if (decision === 'do_again') {
      this.askedAgain.set(approval.tool_run_id, (this.askedAgain.get(approval.tool_run_id) ?? 0) + 1)
    }
    await this.asOwner('decide($1, $2, $3)', [approval.id, decision, 'yes'])
  }

  async cancel(pick: number) {
    const run = this.mine[pick % Math.max(this.mine.length, 1)]
    if (!run) return
    const { rows } = await client.query('select status from runs where id = $1', [run])
    if (!['completed', 'failed'].includes(rows[0].status)) await this.asOwner('cancel_run($1)', [run])
  }

  async sweep() {
    await call('platform.sweep(0)')
  }

  private async asOwner(sql: string, params: unknown[]) {
    const claims = JSON.stringify({ sub: idOf('workspaceOwner'), role: 'authenticated' })
    await client.query(`select set_config('request.jwt.claims', $1, false)`, [claims])
    await call(`public.${sql}`, params)
  }

  private take<T>(list: T[], pick: number): T | undefined {
    return list.splice(pick % Math.max(list.length, 1), 1)[0]
  }

  /** Nobody dies any more. Everything that can continue does, until nothing is left to do. */
  async settle() {
    for (let round = 0; round < 60; round++) {
      await this.expireLeases()
      await this.claimRuns(true)
      while (this.runs.length) await this.commit(0, 'finish')
      await this.claimTools()
      while (this.tools.length) await this.runTool(0, false)
      const { rows } = await client.query(
        `select count(*)::int as open from runs where id = any ($1) and status in ('queued', 'running', 'waiting')
           and coalesce(waiting_for, 'tools') = 'tools'`,
        [this.mine],
      )
      if (rows[0].open === 0) return
    }
  }

  async check() {
    const { rows: stuck } = await client.query(
      `select id, status, waiting_for from runs r where id = any ($1) and status not in ('completed', 'failed', 'cancelled')
         and not exists (select from approvals a where a.run_id = r.id and a.status = 'pending')`,
      [this.mine],
    )
    expect(stuck, 'each run ended, or asks somebody').toEqual([])

    for (const [toolRun, times] of this.done) {
      const { rows } = await client.query('select effect from tool_runs where id = $1', [toolRun])
      if (rows[0].effect === 'effect') {
        expect(
          times,
          'an effect happened at most once, and once more for each time a person asked',
        ).toBeLessThanOrEqual(1 + (this.askedAgain.get(toolRun) ?? 0))
      }
    }

    const { rows: gaps } = await client.query(
      `select r.id from runs r join run_steps s on s.run_id = r.id where r.id = any ($1)
       group by r.id, r.step_count having max(s.seq) <> r.step_count or count(*) <> r.step_count`,
      [this.mine],
    )
    expect(gaps, 'steps are numbered without a gap').toEqual([])

    const { rows: left } = await client.query(
      `select id from llm_calls c where run_id = any ($1) and status = 'started'
         and exists (select from runs r where r.id = c.run_id and r.status in ('completed', 'failed', 'cancelled'))`,
      [this.mine],
    )
    expect(left, 'no reservation outlives its run').toEqual([])
    const query = async (sql: string, params?: unknown[]) => (await client.query(sql, params)).rows
    expect(await brokenChains(query as Query), 'the audit chain is whole').toEqual([])
  }
}

const pick = fc.nat({ max: 20 })
const action = fc.oneof(
  { weight: 2, arbitrary: fc.constant((world: World) => world.start()) },
  { weight: 5, arbitrary: fc.boolean().map((withCall) => (world: World) => world.claimRuns(withCall)) },
  {
    weight: 5,
    arbitrary: fc
      .tuple(pick, fc.constantFrom('tools', 'tools', 'question', 'continue', 'finish', 'fail'), fc.nat({ max: 2 }))
      .map(
        ([n, kind, maxCalls]) =>
          (world: World) =>
            world.commit(n, kind as 'tools', maxCalls),
      ),
  },
  { weight: 5, arbitrary: fc.constant((world: World) => world.claimTools()) },
  {
    weight: 5,
    arbitrary: fc.tuple(pick, fc.boolean(), fc.boolean(), fc.boolean()).map(
      ([n, dies, claimsRun, knowsRun]) =>
        (world: World) =>
          world.runTool(n, dies, claimsRun, knowsRun),
    ),
  },
  { weight: 2, arbitrary: fc.constant((world: World) => world.expireLeases()) },
  {
    weight: 2,
    arbitrary: fc.tuple(pick, fc.boolean()).map(
      ([n, yes]) =>
        (world: World) =>
          world.decide(n, yes),
    ),
  },
  { weight: 1, arbitrary: pick.map((n) => (world: World) => world.retry(n)) },
  { weight: 1, arbitrary: pick.map((n) => (world: World) => world.release(n)) },
  { weight: 1, arbitrary: pick.map((n) => (world: World) => world.cancel(n)) },
  { weight: 1, arbitrary: fc.constant((world: World) => world.sweep()) },
)

test('holds its invariants over random interleavings', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 20, maxLength: 80 }), async (actions) => {
      const world = new World()
      await world.start()
      for (const act of actions) await act(world)
      await world.settle()
      await world.check()
    }),
    { numRuns: 40 },
  )
})
