/**
 * Protects: if the worker of an effect is lost, its tool looks up whether it happened. It never runs again without a
 * look-up.
 */
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { manifestOf } from '../../contracts/tool.ts'
import type { CrashPoint } from '../../executor/engine/crash-points.ts'
import { registerTools } from '../../executor/platform/register-tools.ts'
import { startWorld, type World } from '../chaos/world.ts'
import { bookRoom } from './support/ledger-tool.ts'
import { owner, type Platform, startPlatform } from './support/platform.ts'
import { WorkerProcess } from './support/worker-process.ts'

const script = join(import.meta.dirname, 'support/ledger-worker.ts')

interface Stage {
  platform: Platform
  world: World
  /** A worker that dies at the given crash point, if there is one. */
  worker(point?: CrashPoint): WorkerProcess
  /** A run that books a room without an approval. */
  book(lookup?: string): Promise<string>
  call(runId: string): Promise<CallRow>
}

interface CallRow {
  id: string
  status: string
  attempt: number
  // biome-ignore lint/suspicious/noExplicitAny: each tool has its own shape
  output: any
  error: { code: string; message: string } | null
}

/** Each test has its own database, so that a dying worker cannot claim another test's call. */
async function withStage(use: (stage: Stage) => Promise<void>): Promise<void> {
  const world = await startWorld()
  const platform = await startPlatform(inject('postgresUrl'))
  const workers: WorkerProcess[] = []
  try {
    await registerTools(platform.query, [manifestOf(bookRoom)])
    await use({
      platform,
      world,
      worker(point) {
        const environment = { WORLD_URL: world.httpUrl, PERSONA_CRASH_POINT: point ?? '' }
        const worker = new WorkerProcess(platform, environment, script)
        workers.push(worker)
        return worker
      },
      async book(lookup = 'works') {
        const call = { name: 'book_room', arguments: { lookup } }
        const persona = await platform.persona([{ tool_calls: [call] }, { text: 'Booked.' }])
        await platform.asUser(owner, `set_persona_tool($1, 'book_room', '{"policy": "allow"}')`, [persona.id])
        return platform.createRun(persona.id)
      },
      async call(runId) {
        const [row] = await platform.query<CallRow>('select * from tool_runs where run_id = $1', [runId])
        return row!
      },
    })
  } finally {
    for (const worker of workers) worker.kill('SIGKILL')
    await Promise.all(workers.map((worker) => worker.ended))
    await platform.close()
    await world.close()
  }
}

/** The audit events of the run's call: [action, attempt, looked_up]. */
const audited = async ({ platform }: Stage, runId: string) => {
  // both sealed events and those that still wait for their seal
  const rows = await platform.query<{ action: string; data: Record<string, unknown> }>(
    `select action, data from (
       select action, data, run_id from audit_events
       union all select action, data, run_id from platform.audit_queue) e
     where run_id = $1 and action like 'tool.%'`,
    [runId],
  )
  return rows.map(({ action, data }) => [action, data.attempt, data.looked_up])
}

const lookupNotices = async ({ platform }: Stage, runId: string) =>
  (await platform.steps(runId)).filter(({ data }) => data.code === 'looked_up').map(({ data }) => data.message)

describe.concurrent('a worker that dies', () => {
  it('after the effect: the look-up finds it, and the run continues with its result', { timeout: 90_000 }, () =>
    withStage(async (stage) => {
      const dying = stage.worker('tool.executed')
      const runId = await stage.book()
      expect(await dying.ended).toBe('SIGKILL')
      stage.worker()
      expect(await stage.platform.ended(runId, 40)).toMatchObject({ status: 'completed', output: 'Booked.' })
      const call = await stage.call(runId)
      expect(call).toMatchObject({ status: 'succeeded', attempt: 2, output: { looked_up: true } })
      expect(stage.world.effects.get(call.id)).toBe(1)
      expect(await lookupNotices(stage, runId)).toEqual([expect.stringContaining('it had happened')])
      expect(await audited(stage, runId)).toContainEqual(['tool.succeeded', 2, true])
    }),
  )

  it('before the effect: the look-up does not find it, so it runs once', { timeout: 90_000 }, () =>
    withStage(async (stage) => {
      const dying = stage.worker('tool.before_execution')
      const runId = await stage.book()
      expect(await dying.ended).toBe('SIGKILL')
      stage.worker()
      expect(await stage.platform.ended(runId, 40)).toMatchObject({ status: 'completed' })
      const call = await stage.call(runId)
      expect(call).toMatchObject({ status: 'succeeded', attempt: 2, output: { looked_up: false } })
      expect(stage.world.effects.get(call.id)).toBe(1)
      expect(await lookupNotices(stage, runId)).toEqual([expect.stringContaining('it had not happened')])
      expect(await audited(stage, runId)).toContainEqual(['tool.looked_up', 2, undefined])
    }),
  )

  it.each(['tool.before_execution', 'tool.executed'] as const)(
    'at %s, and then again during the look-up: it is looked up once more',
    { timeout: 120_000 },
    (point) =>
      withStage(async (stage) => {
        const dying = stage.worker(point)
        const runId = await stage.book()
        expect(await dying.ended).toBe('SIGKILL')
        expect(await stage.worker('tool.looked_up').ended).toBe('SIGKILL')
        stage.worker()
        expect(await stage.platform.ended(runId, 40)).toMatchObject({ status: 'completed' })
        const call = await stage.call(runId)
        expect(call).toMatchObject({ status: 'succeeded', attempt: 3 })
        expect(stage.world.effects.get(call.id)).toBe(1)
      }),
  )

  it('between the look-up and the result of the second attempt: it is looked up again', { timeout: 120_000 }, () =>
    withStage(async (stage) => {
      const first = stage.worker('tool.before_execution')
      const runId = await stage.book()
      expect(await first.ended).toBe('SIGKILL')
      expect(await stage.worker('tool.executed').ended).toBe('SIGKILL')
      stage.worker()
      expect(await stage.platform.ended(runId, 40)).toMatchObject({ status: 'completed' })
      const call = await stage.call(runId)
      expect(call).toMatchObject({ status: 'succeeded', attempt: 3, output: { looked_up: true } })
      expect(stage.world.effects.get(call.id)).toBe(1)
    }),
  )

  it('and whose tool cannot tell what happened: a person is asked, and nothing runs again', { timeout: 90_000 }, () =>
    withStage(async (stage) => {
      const dying = stage.worker('tool.executed')
      const runId = await stage.book('cannot_tell')
      expect(await dying.ended).toBe('SIGKILL')
      stage.worker()
      await stage.platform.until(runId, (run) => run.waiting_for === 'human', 40)
      const call = await stage.call(runId)
      expect(call).toMatchObject({ status: 'unknown', attempt: 2, error: { code: 'worker_lost' } })
      expect(stage.world.effects.get(call.id)).toBe(1)
    }),
  )

  it('and whose look-up fails: the look-up is repeated, then a person is asked', { timeout: 120_000 }, () =>
    withStage(async (stage) => {
      const dying = stage.worker('tool.before_execution')
      const runId = await stage.book('fails')
      expect(await dying.ended).toBe('SIGKILL')
      stage.worker()
      await stage.platform.until(runId, (run) => run.waiting_for === 'human', 60)
      const call = await stage.call(runId)
      expect(call).toMatchObject({ status: 'unknown', attempt: 4 })
      expect(call.error?.message).toContain('The world does not answer.')
      expect(stage.world.effects.size, 'it never runs again without a look-up').toBe(0)
    }),
  )
})
