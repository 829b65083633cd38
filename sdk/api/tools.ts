import type { z } from 'zod'
import { ToolResponse, type ToolSearchQuery, ToolSearchResponse, ToolsResponse } from '../../contracts/api.ts'
import { type ApiClient, withQuery } from './client.ts'

export const toolCommands = (api: ApiClient) => ({
  /** The built-in tools and the workspace's own. Without a workspace: those of all workspaces of the person. */
  list: async (workspaceId?: string) =>
    (await api.send('GET', withQuery('/tools', { workspace_id: workspaceId }), ToolsResponse)).tools,
  get: async (id: string) => (await api.send('GET', `/tools/${id}`, ToolResponse)).tool,
  /** The tools that a persona finds, best match first. */
  search: async (query: z.input<typeof ToolSearchQuery>) =>
    (await api.send('GET', withQuery('/tools/search', query), ToolSearchResponse)).tools,
})
