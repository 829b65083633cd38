/** Protects: a worker that is asked to stop is gone within its deadline, whatever it hangs on. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { type Platform, startPlatform } from './support/platform.ts'
import { WorkerProcess } from './support/worker-process.ts'

const fastClock = join(import.meta.dirname, 'support/fast-clock.ts')
/** STOP_SECONDS of executor/worker.ts by that clock. */
const DEADLINE_MS = 40_000 / 20

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform(inject('postgresUrl'))
})
afterAll(() => platform?.close())

it('leaves when its database answers nothing any more', async () => {
  const persona = await platform.persona([{ text: 'word '.repeat(200), chunk_delay_ms: 200 }])
  const run = await platform.createRun(persona.id)
  const worker = new WorkerProcess(platform, { NODE_OPTIONS: `--import=${fastClock}` })
  await platform.until(run, ({ status }) => status === 'running')
  await platform.embedded.database.transaction(async (query) => {
    // neither what runs nor what is to be handed back can be written, and no connection can be closed in peace
    await query('lock table public.runs in access exclusive mode')
    const asked = Date.now()
    worker.kill('SIGTERM')
    const end = await Promise.race([worker.ended, sleep(DEADLINE_MS + 3_000, 'still there')])
    worker.kill('SIGKILL')
    expect(end).toBe(1)
    expect(Date.now() - asked, 'first it tries to end well').toBeGreaterThan(DEADLINE_MS * 0.9)
  })
  expect(await platform.run(run), 'the lease ends by itself, and another worker goes on').toMatchObject({
    status: 'running',
  })
})
