import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'

/** Notes that a lost effect was looked up and has not happened. Rejects when another worker has the call by now. */
export function noteLookup(query: Query, toolRunId: string, attempt: number): Promise<void> {
  return call(query, 'select platform.note_lookup(tool_run_id => $1, attempt => $2) as result', [toolRunId, attempt])
}
