import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'
import type { ClaimedRun } from './types.ts'

/**
 * Claims up to `maxRuns` runs for `leaseSeconds`, each with all that its next segment needs, its model call reserved.
 * `defaultModel`: JSON, as `platform.models_of` takes it.
 */
export function claimRuns(
  query: Query,
  worker: string,
  maxRuns: number,
  leaseSeconds: number,
  defaultModel: string,
): Promise<ClaimedRun[]> {
  const sql =
    'select platform.claim_runs(worker => $1, max_runs => $2, lease_seconds => $3, default_model => $4) as result'
  return call(query, sql, [worker, maxRuns, leaseSeconds, defaultModel])
}
