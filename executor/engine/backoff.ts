/** Waiting times between attempts: doubled each time, with a random part so that many do not come back at once. */

/** Milliseconds before attempt `attempt` + 1; `attempt` counts from 0. Between half of the step and the whole. */
export function backoffMs(attempt: number, { first, most }: { first: number; most: number }): number {
  const step = Math.min(first * 2 ** attempt, most)
  return step / 2 + (Math.random() * step) / 2
}
