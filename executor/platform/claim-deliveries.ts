import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'
import type { SealedSecret } from './types.ts'

export interface ClaimedDelivery {
  delivery_id: string
  /** 1 for the first try. */
  attempt: number
  url: string
  scheme: 'standard' | 'github' | 'hmac'
  event: string
  payload: unknown
  secret: SealedSecret
}

/** Claims outgoing webhook deliveries for `leaseSeconds`. */
export function claimDeliveries(query: Query, most: number, leaseSeconds: number): Promise<ClaimedDelivery[]> {
  return call(query, 'select platform.claim_deliveries(max_deliveries => $1, lease_seconds => $2) as result', [
    most,
    leaseSeconds,
  ])
}
