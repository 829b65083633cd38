/** Waiting times between attempts: doubled each time, with a random part, so that many workers do not come back at once. */

/** Milliseconds to wait after attempt number `attempt`, counted from 0: between half of the step and the whole step. */
export function backoffMs(attempt: number, { first, most }: { first: number; most: number }): number {
  const step = Math.min(first * 2 ** attempt, most)
  return step / 2 + (Math.random() * step) / 2
}
