import type { LeaveOut } from '../../contracts/api.ts'
import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'
import type { SealedSecret } from './types.ts'

export interface ClaimedProviderTest {
  test_id: string
  attempt: number
  base_url: string
  /** Null: the first model that the server lists. */
  model: string | null
  leave_out: LeaveOut[]
  api_key: SealedSecret | null
}

/** Claims tests of model providers, for `leaseSeconds`. */
export function claimProviderTests(query: Query, most: number, leaseSeconds: number): Promise<ClaimedProviderTest[]> {
  return call(query, 'select platform.claim_provider_tests(max_tests => $1, lease_seconds => $2) as result', [
    most,
    leaseSeconds,
  ])
}
