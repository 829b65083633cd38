import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'
import type { CallResult, ClaimedRun } from './types.ts'

/** `resumed`: the run's next segment can begin. */
export interface Finished {
  resumed: boolean
  /** The run, when it was resumed and is claimed. */
  run?: ClaimedRun
}

/** Writes the result of a call that this worker started. */
export function finishTool(query: Query, toolRunId: string, attempt: number, result: CallResult): Promise<Finished> {
  const sql = 'select platform.finish_tool(tool_run_id => $1, attempt => $2, result => $3) as result'
  return call(query, sql, [toolRunId, attempt, toJson(result)])
}

/** The same, and claims the run when this was its last open call. */
export function finishToolAndClaim(
  query: Query,
  toolRunId: string,
  attempt: number,
  result: CallResult,
  worker: string,
  leaseSeconds: number,
): Promise<Finished> {
  const sql = `select platform.finish_tool_and_claim(tool_run_id => $1, attempt => $2, result => $3, worker => $4,
    lease_seconds => $5) as result`
  return call(query, sql, [toolRunId, attempt, toJson(result), worker, leaseSeconds])
}
