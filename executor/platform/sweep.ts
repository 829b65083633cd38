import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'

/** Ends or sends again what nobody else moves on: late runs, lost messages, expired questions. */
export function sweep(query: Query): Promise<{ resent: number; timed_out: number; expired: number }> {
  return call(query, 'select platform.sweep() as result', [])
}
