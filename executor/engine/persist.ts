/** Repeats writes that must not be lost while the database is briefly unreachable. */
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseAwayError } from '../platform/errors.ts'
import { backoffMs } from './backoff.ts'

const BACKOFF = { first: 50, most: 1_000 }

/**
 * Calls `write` until it answers, for at most `seconds`. A write may be committed although its answer was lost. The fence
 * then refuses the repeated write with a StaleClaimError, and the work goes on from what was committed.
 */
export async function persist<T>(seconds: number, write: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + seconds * 1000
  for (let attempt = 0; ; attempt++) {
    try {
      return await write()
    } catch (error) {
      if (!(error instanceof DatabaseAwayError) || performance.now() > giveUpAt) throw error
      await sleep(backoffMs(attempt, BACKOFF))
    }
  }
}
