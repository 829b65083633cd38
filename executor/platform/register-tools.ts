import type { Query } from '../../contracts/database-handle.ts'
import type { ToolManifest } from '../../contracts/tool.ts'
import { call, toJson } from './call.ts'

/** Makes the built-in tools of the registry those that this version ships. Returns how many rows changed. */
export function registerTools(query: Query, manifests: ToolManifest[]): Promise<number> {
  return call(query, 'select platform.register_tools(manifests => $1) as result', [toJson(manifests)])
}
