import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'

/** Keeps what a cancelled call had printed. Changes nothing if the call was not cancelled. */
export async function keepPrinted(query: Query, toolRunId: string, attempt: number, printed: string): Promise<void> {
  const sql = 'select platform.keep_printed(tool_run_id => $1, attempt => $2, printed => $3) as result'
  await call(query, sql, [toolRunId, attempt, printed])
}
