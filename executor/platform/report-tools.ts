import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'

export interface ToolReport {
  name: string
  works: boolean
  /** For people: why it does not work and what to do about it, or what is special about it in this installation. */
  note: string | null
}

/** Says which built-in tools this installation can run. Returns how many rows changed. */
export function reportTools(query: Query, reports: ToolReport[]): Promise<number> {
  return call(query, 'select platform.report_tools(reports => $1) as result', [toJson(reports)])
}
