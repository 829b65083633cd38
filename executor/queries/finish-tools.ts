import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'
import type { CallResult, ClaimedRun } from './types.ts'

export interface FinishedCall {
  tool_run_id: string
  run_id: string
  attempt: number
  result: CallResult
  /** Whether the worker can take the run on, when this was its last open call. */
  claims_run: boolean
}

export interface Finished {
  /** The run's next segment is in the queue. */
  resumed: boolean
  /** The run, when it is claimed. */
  run?: ClaimedRun
}

/** Writes the results of calls that this worker started, in one transaction. */
export function finishTools(
  query: Query,
  results: FinishedCall[],
  worker: string,
  leaseSeconds: number,
): Promise<Finished[]> {
  const sql = 'select platform.finish_tools(results => $1, worker => $2, lease_seconds => $3) as result'
  return call(query, sql, [toJson(results), worker, leaseSeconds])
}
