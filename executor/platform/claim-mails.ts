import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'

/** A question that a person is to be told about by mail. */
export interface ClaimedMail {
  msg_id: number
  /** Number of tries, including this one. */
  read_count: number
  approval_id: string
  user_id: string
  email: string
  display_name: string
  kind: 'approval' | 'question' | 'unknown_effect'
  question: string
  tool_name: string
  arguments: unknown
  persona: string
  run_id: string
  /** ISO 8601. */
  expires_at: string
}

/** Claims mails to send, for `leaseSeconds`. Questions that were answered in the meantime are dropped. */
export function claimMails(query: Query, most: number, leaseSeconds: number): Promise<ClaimedMail[]> {
  return call(query, 'select platform.claim_mails(max_mails => $1, lease_seconds => $2) as result', [
    most,
    leaseSeconds,
  ])
}
