import { setImmediate } from 'node:timers/promises'
import { pino } from 'pino'
import { expect, it, vi } from 'vitest'
import type { QueueJob } from './job.ts'
import { WorkLoop } from './loop.ts'

const log = pino({ level: 'silent' })

/** A queue of numbers. With `hold`, an item is in work until the test calls `finishOne`. A negative item fails. */
function work(slots: number, { hold = false } = {}) {
  const queue: number[] = []
  const asked: number[] = []
  const done: number[] = []
  const held: (() => void)[] = []
  const failures = { claims: 0 }
  const job: QueueJob<number> = {
    name: 'test',
    slots,
    async claim(most) {
      asked.push(most)
      if (failures.claims-- > 0) throw new Error('the database is away')
      return queue.splice(0, most)
    },
    async handle(item) {
      if (hold) await new Promise<void>((resolve) => held.push(resolve))
      if (item < 0) throw new Error('bad item')
      done.push(item)
    },
  }
  const loop = new WorkLoop(job, log)
  return { loop, queue, asked, done, held, failures, finishOne: () => held.shift()?.() }
}

const until = (isTrue: () => boolean) => vi.waitUntil(isTrue, { timeout: 5_000, interval: 2 })

it('claims in batches up to the free slots, and again as soon as one is free', async () => {
  const { loop, queue, asked, done, held, finishOne } = work(3, { hold: true })
  queue.push(...Array.from({ length: 10 }, (_, index) => index))
  loop.start()
  while (done.length < 10) {
    await until(() => held.length === Math.min(3, 10 - done.length))
    const before = done.length
    finishOne()
    await until(() => done.length === before + 1)
  }
  expect(asked[0]).toBe(3)
  expect(Math.max(...asked)).toBe(3)
  await loop.drain()
})

it('looks for work at once when it is woken', async () => {
  const { loop, queue, asked, done } = work(2)
  loop.start()
  await until(() => asked.length === 1)
  await setImmediate() // the loop has seen that the queue is empty, and waits
  queue.push(1)
  const wokenAt = performance.now()
  loop.wake()
  await until(() => done.length === 1)
  expect(performance.now() - wokenAt).toBeLessThan(200)
  await loop.drain()
})

it.concurrent('looks by itself from time to time', async () => {
  const { loop, queue, asked, done } = work(2)
  loop.start()
  await until(() => asked.length === 1)
  queue.push(1)
  await until(() => done.length === 1)
  await loop.drain()
})

it.concurrent('survives failed claims and failed work', async () => {
  const { loop, queue, done, failures } = work(2)
  failures.claims = 2
  queue.push(-1, 1, 2)
  loop.start()
  await until(() => done.length === 2)
  expect(done).toEqual([1, 2])
  await loop.drain()
})

it.concurrent('says that it is failing, until a claim succeeds', async () => {
  const { loop, failures } = work(1)
  failures.claims = 3
  loop.start()
  await until(() => loop.isFailing)
  await until(() => !loop.isFailing)
  await loop.drain()
})

it('claims nothing more when it drains, and waits for the work it has', async () => {
  const { loop, queue, done, held, finishOne } = work(1, { hold: true })
  queue.push(1, 2)
  loop.start()
  await until(() => held.length === 1)
  const drained = loop.drain().then(() => [...done])
  finishOne()
  expect(await drained).toEqual([1])
  expect(queue).toEqual([2])
  expect(loop.activeCount).toBe(0)
})
