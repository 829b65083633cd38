import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'
import type { RunError, RunState } from './types.ts'

/** Puts the run back for another try of its segment after the delay; fails it when its attempts are used up. */
export function retryRun(
  query: Query,
  runId: string,
  fence: number,
  error: RunError,
  delaySeconds: number,
): Promise<RunState> {
  const sql = 'select platform.retry_run(run_id => $1, fence => $2, error => $3, delay_seconds => $4) as result'
  return call(query, sql, [runId, fence, toJson(error), delaySeconds])
}
