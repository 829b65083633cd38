/** Waiting times between attempts. They double each time, with a random part so that workers do not retry all at once. */

/** Milliseconds to wait after attempt `attempt`, counted from 0: a random time between half the step and the whole step. */
export function backoffMs(attempt: number, { first, most }: { first: number; most: number }): number {
  const step = Math.min(first * 2 ** attempt, most)
  return step / 2 + (Math.random() * step) / 2
}
