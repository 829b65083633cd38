import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'

/** Words to find, or the number of an entry and how many of its characters to skip. */
export interface EarlierQuery {
  find?: string | undefined
  entry?: number | undefined
  skip: number
}

export type EarlierEntries =
  | { found: { entry: number; who: string; excerpt: string }[]; matches: number }
  | { entry: number; who: string; text: string; characters: number; next_skip: number | null }
  | { error: { code: string; message: string } }

/** What was said and done in the conversation before the run's current segment, word for word. */
export function readEarlier(query: Query, runId: string, { find, entry, skip }: EarlierQuery): Promise<EarlierEntries> {
  const sql = 'select platform.read_earlier(run_id => $1, find => $2, entry => $3, skip => $4) as result'
  return call(query, sql, [runId, find ?? null, entry ?? null, skip])
}
