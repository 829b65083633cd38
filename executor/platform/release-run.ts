import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'

/** Puts a claimed run back into the queue, unchanged. */
export async function releaseRun(query: Query, runId: string, fence: number): Promise<void> {
  await call(query, 'select platform.release_run(run_id => $1, fence => $2) as result', [runId, fence])
}
