import type { Query } from '../../contracts/database-handle.ts'
import type { ToolManifest } from '../../contracts/tool.ts'
import { call, toJson } from './call.ts'

/** Brings the registry's built-in tools to what this version ships; returns how many rows changed. */
export function registerTools(query: Query, manifests: ToolManifest[]): Promise<number> {
  return call(query, 'select platform.register_tools(manifests => $1) as result', [toJson(manifests)])
}
