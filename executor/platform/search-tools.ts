import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'

/** The tools that fit a query best and that the persona may use, best first. */
export function searchTools(
  query: Query,
  personaId: string,
  words: string,
  maxResults: number,
): Promise<{ name: string; description: string }[]> {
  const sql = 'select platform.search_tools(persona_id => $1, query => $2, max_results => $3) as result'
  return call(query, sql, [personaId, words, maxResults])
}
