import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { runSeparately } from './separate.ts'

const work = (name: string, ...args: unknown[]) => ({
  module: new URL('../testing/separate-work.ts', import.meta.url).href,
  function: name,
  args,
})
const never = new AbortController().signal

test('returns what the function returns, bytes included', async () => {
  expect(await runSeparately(work('echo', { a: new Uint8Array([1, 2]) }), never)).toEqual({ a: new Uint8Array([1, 2]) })
})

test('errors keep their code and message', async () => {
  await expect(runSeparately(work('refuse'), never)).rejects.toMatchObject({ code: 'not_found', message: 'gone' })
  await expect(runSeparately(work('crash'), never)).rejects.toThrow('thrown in a timer')
})

test('an endless loop ends when it is cancelled, and holds up nobody meanwhile', async () => {
  const controller = new AbortController()
  const looping = runSeparately(work('loop'), controller.signal)
  const failed = expect(looping).rejects.toThrow('enough')
  const before = performance.now()
  await sleep(200)
  controller.abort(new Error('enough'))
  await failed
  expect(performance.now() - before).toBeLessThan(1500)
})

test('too much memory fails the work, not the process', async () => {
  await expect(runSeparately(work('hoard'), never)).rejects.toThrow('takes too much memory')
})

test('the process stays warm between works, and one that was cancelled is not used again', async () => {
  const first = await runSeparately(work('pid'), never)
  expect(await runSeparately(work('pid'), never)).toBe(first)
  const controller = new AbortController()
  const looping = runSeparately(work('loop'), controller.signal)
  setTimeout(() => controller.abort(new Error('enough')), 50)
  await expect(looping).rejects.toThrow('enough')
  expect(await runSeparately(work('pid'), never)).not.toBe(first)
})

test('works at once have a process each', async () => {
  const pids = await Promise.all([1, 2, 3].map(() => runSeparately(work('pid'), never)))
  expect(new Set(pids).size).toBe(3)
})
