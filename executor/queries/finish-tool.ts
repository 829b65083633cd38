import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'
import type { CallResult } from './types.ts'

/** Writes the result of a call that this worker started. `resumed`: the run's next segment is in the queue. */
export function finishTool(
  query: Query,
  toolRunId: string,
  attempt: number,
  result: CallResult,
): Promise<{ resumed: boolean }> {
  const sql = 'select platform.finish_tool(tool_run_id => $1, attempt => $2, result => $3) as result'
  return call(query, sql, [toolRunId, attempt, toJson(result)])
}
