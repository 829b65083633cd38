import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'
import type { OfferedTool } from './types.ts'

/** The named tools and those that they depend on, as far as the persona may use them. */
export function describeTools(query: Query, personaId: string, names: string[]): Promise<OfferedTool[]> {
  const sql = 'select platform.describe_tools(persona_id => $1, names => $2) as result'
  return call(query, sql, [personaId, toJson(names)])
}
