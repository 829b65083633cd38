import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'

/** Ends one try of a mail. It is tried again after `retrySeconds`; without that it is done. */
export function finishMail(query: Query, msgId: number, retrySeconds?: number): Promise<void> {
  return call(query, 'select platform.finish_mail(msg_id => $1, retry_seconds => $2) as result', [
    msgId,
    retrySeconds ?? null,
  ])
}
