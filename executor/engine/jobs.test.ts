import { pino } from 'pino'
import { expect, it } from 'vitest'
import { Held, HeldWork } from './held-work.ts'
import type { RepeatedJob } from './job.ts'
import { Jobs } from './jobs.ts'

const log = pino({ level: 'silent' })
/** Longer than any test, so a job that waits this long was not woken. */
const NEVER_MS = 3_600_000

/** A repeated job, and a promise for each of its rounds. */
function rounds(name: string, run: (round: number) => Promise<'again' | undefined>) {
  let count = 0
  const waiting = new Map<number, () => void>()
  const job: RepeatedJob = {
    name,
    every: NEVER_MS,
    run() {
      const round = count++
      waiting.get(round)?.()
      return run(round)
    },
  }
  const begun = (round: number) =>
    count > round ? Promise.resolve() : new Promise<void>((resolve) => waiting.set(round, resolve))
  return { job, begun }
}

it('repeats a job at once while it says that more is waiting', async () => {
  const { job, begun } = rounds('test', async (round) => (round < 2 ? 'again' : undefined))
  const jobs = new Jobs(log)
  jobs.addRepeated(job)
  jobs.start()
  await begun(2)
  await jobs.stop()
})

it('wakes a repeated job by its name, even in the middle of a round', async () => {
  const jobs = new Jobs(log)
  const woken = rounds('woken', async (round) => {
    if (round === 0) jobs.wake('woken')
    return undefined
  })
  let others = 0
  const other: RepeatedJob = { name: 'other', every: NEVER_MS, run: async () => void others++ as undefined }
  jobs.addRepeated(woken.job, other)
  jobs.start()
  await woken.begun(1)
  jobs.wake('woken')
  await woken.begun(2)
  await jobs.stop()
  expect(others).toBe(1)
})

it('goes on after a round that failed', async () => {
  const { job, begun } = rounds('test', (round) =>
    round === 0 ? Promise.reject(new Error('no')) : Promise.resolve(undefined),
  )
  const jobs = new Jobs(log)
  jobs.addRepeated(job)
  jobs.start()
  await begun(0)
  jobs.wake('test')
  await begun(1)
  await jobs.stop()
})

it('waits for the current round when it stops', async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const { job, begun } = rounds('test', () => promise)
  const jobs = new Jobs(log)
  jobs.addRepeated(job)
  jobs.start()
  await begun(0)
  let isStopped = false
  const stopped = jobs.stop().then(() => {
    isStopped = true
  })
  await new Promise(setImmediate)
  expect(isStopped).toBe(false)
  resolve(undefined)
  await stopped
})

it('aborts repeatable work when the time to drain is over, but not an effect', async () => {
  const held = new HeldWork()
  const jobs = new Jobs(log)
  const ends = Promise.withResolvers<void>()
  const seen: string[] = []
  const queue = (name: string, isEffect: boolean) => {
    const items = [name]
    jobs.addQueue<string>({
      name,
      slots: 1,
      claim: async (most) => items.splice(0, most),
      handle: (item) => {
        const work = new Held(item, 'run', 1, isEffect)
        return held.while(held.tools, work, async () => {
          const aborted = new Promise<void>((resolve) => work.signal.addEventListener('abort', () => resolve()))
          await Promise.race([aborted, ends.promise])
          seen.push(`${item} ${work.signal.aborted ? 'aborted' : 'done'}`)
          ends.resolve()
        })
      },
    })
  }
  queue('pure', false)
  queue('effect', true)
  jobs.start()
  while (held.tools.size < 2) await new Promise(setImmediate)
  await jobs.drain(held, 0.05)
  expect(seen).toEqual(['pure aborted', 'effect done'])
})
