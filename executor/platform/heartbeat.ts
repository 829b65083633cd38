import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'

/** Prolongs the leases of what is held; returns the ids of what this worker does not own any more. */
export function heartbeat(
  query: Query,
  runs: { id: string; fence: number }[],
  tools: { id: string; attempt: number }[],
  leaseSeconds: number,
): Promise<{ runs: string[]; tools: string[] }> {
  const sql = 'select platform.heartbeat(runs => $1, tools => $2, lease_seconds => $3) as result'
  return call(query, sql, [toJson(runs), toJson(tools), leaseSeconds])
}
