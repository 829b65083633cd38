/** Protects: a worker neither begins an effect nor goes on with one once another worker may hold the lease. */
import { afterEach, expect, test, vi } from 'vitest'
import { Held, HeldWork } from './held-work.ts'

const inMs = (ms: number) => performance.now() + ms

afterEach(() => {
  vi.useRealTimers()
})

test('an effect is aborted when its lease ends without a heartbeat', () => {
  vi.useFakeTimers()
  const held = new Held('call', 'run', 1, true)
  held.keep(inMs(30))
  expect(held.isKept).toBe(true)
  vi.advanceTimersByTime(60)
  expect(held.isKept).toBe(false)
  expect(held.signal.reason).toMatchObject({ why: 'lost' })
})

test('a heartbeat extends the lease', () => {
  vi.useFakeTimers()
  const held = new Held('call', 'run', 1, true)
  held.keep(inMs(30))
  held.keep(inMs(10_000))
  vi.advanceTimersByTime(60)
  expect(held.isKept).toBe(true)
  held.release()
})

test('a process that was paused notices the lost lease before its timers fire', () => {
  const held = new Held('call', 'run', 1, true)
  held.keep(inMs(20))
  const resumesAt = inMs(40)
  while (performance.now() < resumesAt); // no timer runs meanwhile, as in a stopped process
  expect(held.signal.aborted).toBe(false)
  expect(held.isKept).toBe(false)
  held.release()
})

test('work that can be done again is not aborted: the fence refuses its late result', () => {
  vi.useFakeTimers()
  const held = new Held('call', 'run', 1)
  held.keep(inMs(10))
  vi.advanceTimersByTime(30)
  expect(held.signal.aborted).toBe(false)
})

test('work that has ended is not aborted afterwards', async () => {
  vi.useFakeTimers()
  const work = new HeldWork()
  const held = new Held('call', 'run', 1, true)
  held.keep(inMs(20))
  await work.while(work.tools, held, async () => {})
  vi.advanceTimersByTime(40)
  expect(held.signal.aborted).toBe(false)
})
