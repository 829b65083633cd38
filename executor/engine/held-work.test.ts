/** Protects: an effect is not begun, and not gone on with, by a worker whose lease may be another worker's. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Held, HeldWork } from './held-work.ts'

const inMs = (ms: number) => performance.now() + ms

test('an effect is broken off when its lease passes without a heartbeat', async () => {
  const held = new Held('call', 'run', 1, true)
  held.keep(inMs(30))
  expect(held.isKept).toBe(true)
  await sleep(60)
  expect(held.isKept).toBe(false)
  expect(held.signal.reason).toMatchObject({ why: 'lost' })
})

test('a heartbeat prolongs it', async () => {
  const held = new Held('call', 'run', 1, true)
  held.keep(inMs(30))
  held.keep(inMs(10_000))
  await sleep(60)
  expect(held.isKept).toBe(true)
  held.release()
})

test('a process that was paused sees it before its timers do', () => {
  const held = new Held('call', 'run', 1, true)
  held.keep(inMs(20))
  const resumesAt = inMs(40)
  while (performance.now() < resumesAt); // no timer runs meanwhile, as in a stopped process
  expect(held.signal.aborted).toBe(false)
  expect(held.isKept).toBe(false)
  held.release()
})

test('what can be done again is left to the fence', async () => {
  const held = new Held('call', 'run', 1)
  held.keep(inMs(10))
  await sleep(30)
  expect(held.signal.aborted).toBe(false)
})

test('ended work is not aborted afterwards', async () => {
  const work = new HeldWork()
  const held = new Held('call', 'run', 1, true)
  held.keep(inMs(20))
  await work.while(work.tools, held, async () => {})
  await sleep(40)
  expect(held.signal.aborted).toBe(false)
})
