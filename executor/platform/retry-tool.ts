import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'
import type { RunError } from './types.ts'

/** Puts a call that may run again back into the queue, after the delay. */
export async function retryTool(
  query: Query,
  toolRunId: string,
  attempt: number,
  error: RunError,
  delaySeconds: number,
): Promise<void> {
  const sql = 'select platform.retry_tool(tool_run_id => $1, attempt => $2, error => $3, delay_seconds => $4) as result'
  await call(query, sql, [toolRunId, attempt, toJson(error), delaySeconds])
}
