import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'
import type { CallResult } from './types.ts'

/** Records what became of an effect whose run ended while it was under way. False when there was nothing to add. */
export function recordLateResult(
  query: Query,
  toolRunId: string,
  attempt: number,
  result: CallResult,
): Promise<boolean> {
  const sql = 'select platform.record_late_result(tool_run_id => $1, attempt => $2, result => $3) as result'
  return call(query, sql, [toolRunId, attempt, toJson(result)])
}
