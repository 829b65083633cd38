/** Handles what got stuck: late runs, lost messages, expired questions. The database lets one worker do it at a time. */
import type { Logger } from 'pino'
import type { Query } from '../../contracts/database-handle.ts'
import { crashPoint } from '../engine/crash-points.ts'
import type { RepeatedJob } from '../engine/job.ts'
import { sweep } from '../platform/sweep.ts'

const EVERY_MS = 15_000

/** `onWork` is called when the sweep has sent something again. */
export function sweepJob(query: Query, onWork: () => void, log: Logger): RepeatedJob {
  return {
    name: 'sweep',
    every: EVERY_MS,
    async run() {
      const done = await sweep(query)
      crashPoint('maintenance.swept')
      if (done.resent + done.timed_out + done.expired > 0) {
        log.info(done, 'swept')
        onWork()
      }
      return undefined
    },
  }
}
