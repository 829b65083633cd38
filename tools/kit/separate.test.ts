import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { runSeparately } from './separate.ts'

const work = (name: string, ...args: unknown[]) => ({
  module: new URL('../testing/separate-work.ts', import.meta.url).href,
  function: name,
  args,
})
const never = new AbortController().signal

/**
 * Resolves when the work is looping. Aborting `controller` ends it; `failed` then checks that it rejected with
 * 'enough'.
 */
async function startLoop() {
  const folder = await mkdtemp(join(tmpdir(), 'persona-separate-'))
  const controller = new AbortController()
  const looping = runSeparately(work('loop', join(folder, 'started')), controller.signal)
  const failed = expect(looping).rejects.toThrow('enough')
  await vi.waitUntil(() => existsSync(join(folder, 'started')), { timeout: 10_000, interval: 10 })
  await rm(folder, { recursive: true })
  return { controller, failed }
}

test('returns what the function returns, including bytes', async () => {
  expect(await runSeparately(work('echo', { a: new Uint8Array([1, 2]) }), never)).toEqual({ a: new Uint8Array([1, 2]) })
})

test('errors keep their code and message', async () => {
  await expect(runSeparately(work('refuse'), never)).rejects.toMatchObject({ code: 'not_found', message: 'gone' })
  await expect(runSeparately(work('crash'), never)).rejects.toThrow('thrown in a timer')
})

test('an endless loop does not block other work, and ends when it is cancelled', async () => {
  const { controller, failed } = await startLoop()
  expect(await runSeparately(work('echo', 'meanwhile'), never)).toBe('meanwhile')
  const before = performance.now()
  controller.abort(new Error('enough'))
  await failed
  expect(performance.now() - before).toBeLessThan(1500)
})

test('using too much memory fails the work, not this process', async () => {
  await expect(runSeparately(work('hoard'), never)).rejects.toThrow('takes too much memory')
})

test('the process is reused for the next work, but not after it was cancelled', async () => {
  const first = await runSeparately(work('pid'), never)
  expect(await runSeparately(work('pid'), never)).toBe(first)
  const { controller, failed } = await startLoop()
  controller.abort(new Error('enough'))
  await failed
  expect(await runSeparately(work('pid'), never)).not.toBe(first)
})

test('the process is reused after it refused work, but not after an error that nobody expected', async () => {
  const first = await runSeparately(work('pid'), never)
  await expect(runSeparately(work('refuse'), never)).rejects.toThrow('gone')
  expect(await runSeparately(work('pid'), never)).toBe(first)
  for (const unexpected of ['fail', 'crash']) {
    const before = await runSeparately(work('pid'), never)
    await expect(runSeparately(work(unexpected), never)).rejects.toMatchObject({ code: 'tool_failed' })
    expect(await runSeparately(work('pid'), never)).not.toBe(before)
  }
})

test('each of several pieces of work at the same time has its own process', async () => {
  const pids = await Promise.all([1, 2, 3].map(() => runSeparately(work('pid'), never)))
  expect(new Set(pids).size).toBe(3)
})
