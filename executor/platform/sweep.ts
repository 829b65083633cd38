import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'

/** Ends or resends what is stuck: late runs, lost messages, expired questions. */
export function sweep(query: Query): Promise<{ resent: number; timed_out: number; expired: number }> {
  return call(query, 'select platform.sweep() as result', [])
}
