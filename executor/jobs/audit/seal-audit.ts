/** Links new audit events into the hash chain of their workspace. The database lets one worker at a time do it. */
import type { Query } from '../../../contracts/database-handle.ts'
import type { RepeatedJob } from '../../engine/job.ts'
import { sealAudit } from '../../platform/seal-audit.ts'

const EVERY_MS = 750
const BATCH = 1_000

export function sealAuditJob(query: Query): RepeatedJob {
  return {
    name: 'seal audit',
    every: EVERY_MS,
    run: async () => ((await sealAudit(query, BATCH)) === BATCH ? 'again' : undefined),
  }
}
