/** What every worker does for the whole platform besides its runs; the database lets one at a time do it. */
import type { Logger } from 'pino'
import type { Query } from '../../contracts/database-handle.ts'
import { crashPoint } from '../engine/crash-points.ts'
import { repeat } from '../engine/repeat.ts'
import { sealAudit } from '../platform/seal-audit.ts'
import { sweep } from '../platform/sweep.ts'

const SWEEP_EVERY_MS = 15_000
const SEAL_EVERY_MS = 750
const SEAL_BATCH = 1_000

/** `onWork` is called when the sweep has sent something again. */
export function startMaintenance(query: Query, onWork: () => void, log: Logger): { stop(): Promise<void> } {
  const sweeping = repeat(
    'sweep',
    async () => {
      const done = await sweep(query)
      crashPoint('maintenance.swept')
      if (done.resent + done.timed_out + done.expired > 0) {
        log.info(done, 'swept')
        onWork()
      }
      return SWEEP_EVERY_MS
    },
    log,
  )
  const sealing = repeat(
    'seal audit',
    async () => ((await sealAudit(query, SEAL_BATCH)) === SEAL_BATCH ? 0 : SEAL_EVERY_MS),
    log,
  )
  return {
    async stop() {
      await Promise.all([sweeping.stop(), sealing.stop()])
    },
  }
}
