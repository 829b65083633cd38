/** Protects: a worker that is asked to stop exits within its deadline, even if something hangs. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { type Platform, startPlatform } from './support/platform.ts'
import { WorkerProcess } from './support/worker-process.ts'

const fastClock = join(import.meta.dirname, 'support/fast-clock.ts')
/** STOP_SECONDS of executor/worker.ts, on the fast clock. */
const DEADLINE_MS = 40_000 / 20

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform(inject('postgresUrl'))
})
afterAll(() => platform?.close())

it('exits when its database no longer answers', async () => {
  const persona = await platform.persona([{ text: 'word '.repeat(200), chunk_delay_ms: 200 }])
  const run = await platform.createRun(persona.id)
  const worker = new WorkerProcess(platform, { NODE_OPTIONS: `--import=${fastClock}` })
  await platform.until(run, ({ status }) => status === 'running')
  await platform.embedded.database.transaction(async (query) => {
    // now no result can be written, no work can be handed back, and no connection can be closed properly
    await query('lock table public.runs in access exclusive mode')
    const asked = Date.now()
    worker.kill('SIGTERM')
    const end = await Promise.race([worker.ended, sleep(DEADLINE_MS + 3_000, 'still there')])
    worker.kill('SIGKILL')
    expect(end).toBe(1)
    expect(Date.now() - asked, 'it first tries to stop properly').toBeGreaterThan(DEADLINE_MS * 0.9)
  })
  expect(await platform.run(run), 'the lease expires, and another worker continues').toMatchObject({
    status: 'running',
  })
})
