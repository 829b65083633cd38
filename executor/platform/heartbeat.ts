import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'

/** Extends the leases of what this worker holds, and returns the ids of what it no longer owns. */
export function heartbeat(
  query: Query,
  runs: { id: string; fence: number }[],
  tools: { id: string; attempt: number }[],
  leaseSeconds: number,
): Promise<{ runs: string[]; tools: string[] }> {
  const sql = 'select platform.heartbeat(runs => $1, tools => $2, lease_seconds => $3) as result'
  return call(query, sql, [toJson(runs), toJson(tools), leaseSeconds])
}
