import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'
import type { ClaimedRun } from './types.ts'

/**
 * Claims up to `maxRuns` runs for `leaseSeconds`, each with all that its next segment needs. `defaultModel`: JSON, as
 * `platform.models_of` takes it. With it, the model call that each segment begins with is reserved; without it, nothing is
 * reserved, and models of the installation itself come without a name.
 */
export function claimRuns(
  query: Query,
  worker: string,
  maxRuns: number,
  leaseSeconds: number,
  defaultModel: string | null,
): Promise<ClaimedRun[]> {
  const sql =
    'select platform.claim_runs(worker => $1, max_runs => $2, lease_seconds => $3, default_model => $4) as result'
  return call(query, sql, [worker, maxRuns, leaseSeconds, defaultModel])
}
