import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { RunStep } from '../../contracts/runs.ts'
import { followRun, type RunSource } from './follow-run.ts'
import type { RunFeed } from './run-feed.ts'

const step = (seq: number, data: Record<string, unknown> = { kind: 'plan', items: [] }): RunStep => ({
  run_id: 'run',
  seq,
  kind: String(data.kind),
  data,
  duration_ms: null,
  created_at: '2026-11-23T08:00:00Z',
})

/** The rows of a run, and a connection that the test controls. */
function openRun() {
  const rows: RunStep[] = []
  const reads: number[] = []
  let on: Parameters<RunSource['subscribe']>[0] | undefined
  let failing = false
  const seen = { seqs: [] as number[], connection: [] as string[], error: null as unknown }
  const source: RunSource = {
    async readSteps(after) {
      reads.push(after)
      if (failing) throw new Error('The database cannot be reached.')
      return rows.filter((row) => row.seq > after)
    },
    subscribe(handlers) {
      on = handlers
      return () => {
        on = undefined
      }
    },
  }
  const follower = followRun(source, {
    onFeed: (feed: RunFeed) => {
      seen.seqs = feed.steps.map((step) => step.seq)
    },
    onConnection: (state) => seen.connection.push(state),
    onError: (error) => {
      seen.error = error
    },
  })
  return {
    seen,
    reads,
    follower,
    commit: (...steps: RunStep[]) => rows.push(...steps),
    broadcast: (...steps: RunStep[]) => on?.steps(steps),
    connection: (state: 'live' | 'reconnecting') => on?.connection(state),
    fail: (value: boolean) => {
      failing = value
    },
    isSubscribed: () => on !== undefined,
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())
const settle = () => vi.advanceTimersByTimeAsync(1)

test('a follower that joins late gets the rows first, and then the live steps', async () => {
  const run = openRun()
  run.commit(step(1), step(2))
  run.connection('live')
  await settle()
  run.broadcast(step(3))
  expect(run.seen.seqs).toEqual([1, 2, 3])
  expect(run.seen.connection).toEqual(['connecting', 'live'])
})

test('a step that is broadcast while the rows are read appears once', async () => {
  const run = openRun()
  run.commit(step(1), step(2))
  run.broadcast(step(2))
  await settle()
  expect(run.seen.seqs).toEqual([1, 2])
})

test('a lost broadcast is read from the rows when the next one arrives', async () => {
  const run = openRun()
  run.commit(step(1), step(2), step(3))
  run.broadcast(step(1))
  run.broadcast(step(3))
  await settle()
  expect(run.seen.seqs).toEqual([1, 2, 3])
})

test('after a reconnect, only the missing steps are read', async () => {
  const run = openRun()
  run.commit(step(1))
  run.connection('live')
  await settle()
  run.connection('reconnecting')
  run.commit(step(2), step(3))
  run.connection('live')
  await settle()
  expect(run.seen.seqs).toEqual([1, 2, 3])
  expect(run.reads.at(-1)).toBe(1)
  expect(run.seen.connection).toEqual(['connecting', 'live', 'reconnecting', 'live'])
})

test('a lost last broadcast is found by reading again, which stops when the run has ended', async () => {
  const run = openRun()
  await settle()
  run.commit(step(1, { kind: 'status', from: 'running', to: 'completed' }))
  await vi.advanceTimersByTimeAsync(15_000)
  expect(run.seen.seqs).toEqual([1])
  const reads = run.reads.length
  await vi.advanceTimersByTimeAsync(60_000)
  expect(run.reads.length).toBe(reads)
})

test('a failed read is reported and tried again', async () => {
  const run = openRun()
  await settle()
  run.fail(true)
  run.commit(step(1))
  run.connection('live')
  await settle()
  expect(run.seen.error).toBeInstanceOf(Error)
  run.fail(false)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(run.seen.error).toBeNull()
  expect(run.seen.seqs).toEqual([1])
})

test('stop() ends the subscription and the regular reads', async () => {
  const run = openRun()
  await settle()
  const reads = run.reads.length
  run.follower.stop()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(run.isSubscribed()).toBe(false)
  expect(run.reads.length).toBe(reads)
})
