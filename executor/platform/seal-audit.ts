import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'

/** Links up to `maxEvents` queued audit events into their chains; returns how many. */
export function sealAudit(query: Query, maxEvents: number): Promise<number> {
  return call(query, 'select platform.seal_audit(max_events => $1) as result', [maxEvents])
}
