import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import type { QueueJob } from './job.ts'
import { WorkLoop } from './loop.ts'

const log = pino({ level: 'silent' })

/** A queue of numbers, and what is worked on at the moment. */
function work(slots: number, workMs: number) {
  const queue: number[] = []
  const asked: number[] = []
  const done: number[] = []
  const active = { now: 0, most: 0 }
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
      active.most = Math.max(active.most, ++active.now)
      await sleep(workMs)
      active.now--
      if (item < 0) throw new Error('bad item')
      done.push(item)
    },
  }
  const loop = new WorkLoop(job, log)
  return { loop, queue, asked, done, active, failures }
}

async function until(isTrue: () => boolean) {
  const giveUpAt = Date.now() + 5_000
  while (!isTrue()) {
    if (Date.now() > giveUpAt) throw new Error('It did not come to that.')
    await sleep(2)
  }
}

it('claims in batches up to the free slots, and again as soon as one is free', async () => {
  const { loop, queue, asked, done, active } = work(3, 20)
  queue.push(...Array.from({ length: 10 }, (_, index) => index))
  loop.start()
  await until(() => done.length === 10)
  expect(asked[0]).toBe(3)
  expect(active.most).toBe(3)
  expect(Math.max(...asked)).toBe(3)
  await loop.drain()
})

it('is woken without waiting for the next look', async () => {
  const { loop, queue, asked, done } = work(2, 0)
  loop.start()
  await until(() => asked.length === 1)
  await sleep(20)
  queue.push(1)
  const wokenAt = performance.now()
  loop.wake()
  await until(() => done.length === 1)
  expect(performance.now() - wokenAt).toBeLessThan(200)
  await loop.drain()
})

it('looks by itself from time to time', async () => {
  const { loop, queue, asked, done } = work(2, 0)
  loop.start()
  await until(() => asked.length === 1)
  queue.push(1)
  await until(() => done.length === 1)
  await loop.drain()
})

it('survives failed claims and failed work', async () => {
  const { loop, queue, done, failures } = work(2, 0)
  failures.claims = 2
  queue.push(-1, 1, 2)
  loop.start()
  await until(() => done.length === 2)
  expect(done).toEqual([1, 2])
  await loop.drain()
})

it('says that it is failing, until a claim succeeds', async () => {
  const { loop, failures } = work(1, 0)
  failures.claims = 3
  loop.start()
  await until(() => loop.isFailing)
  await until(() => !loop.isFailing)
  await loop.drain()
})

it('drains: takes nothing more and waits for what it has', async () => {
  const { loop, queue, done, active } = work(1, 50)
  queue.push(1, 2)
  loop.start()
  await until(() => active.now === 1)
  await loop.drain()
  expect(done).toEqual([1])
  expect(queue).toEqual([2])
  expect(loop.activeCount).toBe(0)
})
