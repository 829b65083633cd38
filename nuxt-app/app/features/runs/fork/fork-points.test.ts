import { expect, test } from 'vitest'
import type { RunStep } from '#contracts/runs'
import { FROM_START, forkPoints } from './fork-points.ts'

const at = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms).toISOString()
const step = (seq: number, kind: string, ms: number): RunStep => ({
  run_id: 'r',
  seq,
  kind,
  data: {},
  duration_ms: null,
  created_at: at(ms),
})

test('each model step belongs to the checkpoint that was written with it, the first step to the start', () => {
  const steps = [step(1, 'status', 0), step(2, 'model', 101), step(3, 'tool', 150), step(4, 'model', 201)]
  const checkpoints = [
    { segment: 1, created_at: at(200) },
    { segment: 0, created_at: at(100) },
  ]
  expect([...forkPoints(steps, checkpoints)]).toEqual([
    [1, FROM_START],
    [2, 0],
    [4, 1],
  ])
})

test('the checkpoint that a fork began with has no step, and steps without checkpoint are no fork points', () => {
  const steps = [step(1, 'status', 0), step(2, 'model', 301)]
  const checkpoints = [
    { segment: 2, created_at: at(0) },
    { segment: 3, created_at: at(300) },
  ]
  expect([...forkPoints(steps, checkpoints)]).toEqual([
    [1, FROM_START],
    [2, 3],
  ])
  expect([...forkPoints(steps, [])]).toEqual([[1, FROM_START]])
  expect(forkPoints([], []).size).toBe(0)
})
