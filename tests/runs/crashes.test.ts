/** Protects: when a worker dies, stops or comes back too late, the run goes on, and nothing is done twice. */
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import type { Turn } from '../../demo-model/scripts.ts'
import type { CrashPoint } from '../../executor/engine/crash-points.ts'
import { claimRuns } from '../../executor/platform/claim-runs.ts'
import { StaleClaimError } from '../../executor/platform/errors.ts'
import { heartbeat } from '../../executor/platform/heartbeat.ts'
import type { SegmentOutcome } from '../../executor/platform/types.ts'
import { writeTransitions } from '../../executor/platform/write-transitions.ts'
import { DEFAULT_MODEL } from '../support/transition.ts'
import { type Platform, startPlatform } from './support/platform.ts'
import { WorkerProcess } from './support/worker-process.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform(inject('postgresUrl'))
})
afterAll(() => platform?.close())

/** A lookup, a call, an answer: three segments. */
const turns: Turn[] = [
  { tool_calls: [{ name: 'tool_search', arguments: { query: 'list files' } }] },
  { tool_calls: [{ name: 'list_files', arguments: {} }] },
  { text: 'Done.' },
]
/** Streams for about three seconds. */
const slow: Turn = { text: 'slow '.repeat(60), chunk_size: 5, chunk_delay_ms: 50 }

async function expectWholeTimeline(runId: string) {
  const steps = await platform.steps(runId)
  expect(steps.map((step) => step.seq)).toEqual(steps.map((_, index) => index + 1))
  expect(steps.filter((step) => step.kind === 'status' && step.data.to === 'completed')).toHaveLength(1)
  return steps
}

describe('a worker that dies', () => {
  const points: CrashPoint[] = ['model.answered', 'segment.committed', 'tool.before_execution', 'run.before_finish']

  it.each(points)('at %s leaves a run that another worker completes', { timeout: 60_000 }, async (point) => {
    const persona = await platform.persona(turns)
    const runId = await platform.createRun(persona.id)
    const worker = new WorkerProcess(platform, { PERSONA_CRASH_POINT: point })
    expect(await worker.ended).toBe('SIGKILL')
    expect(['running', 'waiting']).toContain((await platform.run(runId)).status)

    const survivor = await platform.startExecutor({ leaseSeconds: 3 })
    expect(await platform.ended(runId)).toMatchObject({ status: 'completed', output: 'Done.', segment: 3 })
    await survivor.close()
    const steps = await expectWholeTimeline(runId)
    expect(steps.filter((step) => step.kind === 'lookup')).toHaveLength(1)
    const calls = await platform.query("select from llm_calls where run_id = $1 and status = 'started'", [runId])
    expect(calls).toEqual([])
  })
})

it('a worker that was paused beyond its lease changes nothing when it comes back', { timeout: 60_000 }, async () => {
  const persona = await platform.persona([slow, { text: 'never asked for' }])
  const runId = await platform.createRun(persona.id)
  const worker = new WorkerProcess(platform)
  await platform.until(runId, (run) => run.status === 'running', 30)
  worker.kill('SIGSTOP')
  const survivor = await platform.startExecutor({ leaseSeconds: 3 })
  const { output } = await platform.ended(runId)
  expect(output).toBe(slow.text)
  await survivor.close()
  worker.kill('SIGCONT')
  // it is awake when it has done another run, and it exits only after it has finished or given up what it held
  const awake = await platform.persona([{ text: 'Awake.' }])
  expect(await platform.ended(await platform.createRun(awake.id))).toMatchObject({ status: 'completed' })
  worker.kill('SIGTERM')
  expect(await worker.ended).toBe(0)
  expect(await platform.run(runId)).toMatchObject({ status: 'completed', model_calls: 1, output })
  await expectWholeTimeline(runId)
})

it('a write under an older claim is refused', async () => {
  const persona = await platform.persona([{ text: 'never asked' }])
  const runId = await platform.createRun(persona.id)
  const [first] = await claimRuns(platform.query, 'first', 1, 1, DEFAULT_MODEL)
  expect(first).toMatchObject({ run_id: runId, fence: 1 })
  // until the first claim's lease of one second has expired
  const second = await vi.waitFor(
    async () => {
      const [claim] = await claimRuns(platform.query, 'second', 1, 30, DEFAULT_MODEL)
      expect(claim).toBeDefined()
      return claim
    },
    { timeout: 10_000 },
  )
  expect(second).toMatchObject({ run_id: runId, fence: 2 })

  const outcome = { next: 'finish', steps: [], output: 'stale' } as unknown as SegmentOutcome
  const segment = { run_id: runId, fence: 1, outcome, checkpoint_id: 'stale', parent_id: null, checkpoint: '{}' }
  const transition = { kind: 'commit_segment' as const, ...segment, max_calls: 1 }
  const commit = writeTransitions(platform.query, [transition], 'first', 30, DEFAULT_MODEL)
  await expect(commit).rejects.toThrow(StaleClaimError)
  expect(await heartbeat(platform.query, [{ id: runId, fence: 1 }], [], 30)).toMatchObject({ runs: [runId] })
  expect(await heartbeat(platform.query, [{ id: runId, fence: 2 }], [], 30)).toEqual({ runs: [], tools: [] })
  expect(await platform.run(runId)).toMatchObject({ status: 'running', output: null, fence: 2 })
  await platform.query('select platform.fail_run($1, 2, \'{"code": "test_over"}\')', [runId])
})

describe('a worker that is asked to stop', () => {
  it('ends its segment, takes no new work, and exits', { timeout: 60_000 }, async () => {
    const persona = await platform.persona([slow])
    const runId = await platform.createRun(persona.id)
    const worker = new WorkerProcess(platform, { LOG_LEVEL: 'info' })
    await platform.until(runId, (run) => run.status === 'running', 30)
    worker.kill('SIGTERM')
    await worker.logged('stopping')
    const another = await platform.createRun(persona.id)
    expect(await worker.ended).toBe(0)
    expect(await platform.run(runId)).toMatchObject({ status: 'completed' })
    expect(await platform.run(another)).toMatchObject({ status: 'queued', fence: 0 })
    await platform.query('delete from runs where id = $1', [another])
  })

  it('hands back work that takes too long, and another worker continues', async () => {
    const persona = await platform.persona([{ ...slow, chunk_delay_ms: 20 }])
    const leaving = await platform.startExecutor()
    const runId = await platform.createRun(persona.id)
    await platform.until(runId, (run) => run.status === 'running')
    await leaving.drain(0.2)
    expect(await platform.run(runId)).toMatchObject({ status: 'queued', attempts: 0 })
    const staying = await platform.startExecutor()
    expect(await platform.ended(runId)).toMatchObject({ status: 'completed', fence: 3 })
    await Promise.all([leaving.close(), staying.close()])
  })
})

it('a run that exceeds its time limit ends, and so does its model call', async () => {
  const persona = await platform.persona([{ ...slow, chunk_delay_ms: 500 }], { limits: { max_seconds: 1 } })
  const executor = await platform.startExecutor()
  const runId = await platform.createRun(persona.id)
  await vi.waitFor(
    async () => {
      await platform.query('select platform.sweep()')
      expect(await platform.run(runId)).toMatchObject({ status: 'failed', reason: 'time_limit' })
    },
    { timeout: 10_000 },
  )
  await expect.poll(() => executor.describe().runs, { timeout: 1_000, interval: 10 }).toBe(0)
  await executor.close()
})

it('two workers share the work', async () => {
  const persona = await platform.persona(turns, { limits: { max_parallel_runs: 50 } })
  const workers = await Promise.all([1, 2].map(() => platform.startExecutor({ concurrency: { runs: 2, tools: 2 } })))
  const runIds = await Promise.all(Array.from({ length: 12 }, () => platform.createRun(persona.id)))
  for (const runId of runIds) {
    expect(await platform.ended(runId, 40)).toMatchObject({ status: 'completed', model_calls: 3 })
    await expectWholeTimeline(runId)
  }
  const claims = await platform.query<{ worker: string }>(
    `select distinct e.data ->> 'worker' as worker from (
       select action, run_id, data from platform.audit_queue
       union all select action, run_id, data from audit_events) e
     where e.action = 'run.claimed' and e.run_id = any ($1)`,
    [runIds],
  )
  expect(claims.map((claim) => claim.worker).sort()).toEqual(workers.map((worker) => worker.describe().worker).sort())
  await Promise.all(workers.map((worker) => worker.close()))
})
