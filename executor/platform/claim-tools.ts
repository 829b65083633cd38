import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'
import type { ClaimedCall } from './types.ts'

/** Claims up to `maxCalls` tool calls for `leaseSeconds`; each is *started*, and that is committed, when this returns. */
export async function claimTools(
  query: Query,
  worker: string,
  maxCalls: number,
  leaseSeconds: number,
): Promise<ClaimedCall[]> {
  const sql = 'select platform.claim_tools(worker => $1, max_calls => $2, lease_seconds => $3) as result'
  const keptUntil = performance.now() + leaseSeconds * 1000
  const calls = await call<Omit<ClaimedCall, 'kept_until'>[]>(query, sql, [worker, maxCalls, leaseSeconds])
  return calls.map((claimed) => ({ ...claimed, kept_until: keptUntil }))
}
