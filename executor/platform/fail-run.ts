import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'
import type { RunError } from './types.ts'

/** Ends a run that cannot go on; `error.code` becomes its reason. */
export async function failRun(query: Query, runId: string, fence: number, error: RunError): Promise<void> {
  const sql = 'select platform.fail_run(run_id => $1, fence => $2, error => $3) as result'
  await call(query, sql, [runId, fence, toJson(error)])
}
