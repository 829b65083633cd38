/** Which steps of a run a fork can start after. Pure. */
import type { Checkpoint } from '#contracts/api'
import type { RunStep } from '#contracts/runs'

/** The segment before the first: a fork from there starts over. */
export const FROM_START = -1

/**
 * The segment of each model step that has a checkpoint, by the step's `seq`, and the start at the step that accepted the
 * run. A checkpoint is written with the model step of its segment, a moment before it; one that a fork began with has no
 * step of its own.
 */
export function forkPoints(steps: RunStep[], checkpoints: Checkpoint[]): Map<number, number> {
  const points = new Map<number, number>()
  const accepted = steps.find((step) => step.kind === 'status')
  if (accepted) points.set(accepted.seq, FROM_START)
  const sorted = [...checkpoints].sort((a, b) => a.segment - b.segment)
  const models = steps.filter((step) => step.kind === 'model')
  for (const [index, { segment, created_at }] of sorted.entries()) {
    const from = Date.parse(created_at)
    const next = sorted[index + 1]
    const until = next ? Date.parse(next.created_at) : Number.POSITIVE_INFINITY
    const step = models.find(({ created_at }) => Date.parse(created_at) >= from && Date.parse(created_at) < until)
    if (step) points.set(step.seq, segment)
  }
  return points
}
