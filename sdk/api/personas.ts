import {
  type CreatePersonaRequest,
  PersonaMembersResponse,
  PersonaResponse,
  type PersonaRole,
  PersonasResponse,
  PersonaToolResponse,
  PersonaToolsResponse,
  PersonaVersionsResponse,
  type SetPersonaToolRequest,
  type UpdatePersonaRequest,
} from '../../contracts/api.ts'
import { type ApiClient, withQuery } from './client.ts'

export const personaCommands = (api: ApiClient) => ({
  /** Without a workspace: the personas of all workspaces of the person. */
  list: async (workspaceId?: string) =>
    (await api.send('GET', withQuery('/personas', { workspace_id: workspaceId }), PersonasResponse)).personas,
  get: (id: string) => api.send('GET', `/personas/${id}`, PersonaResponse),
  create: (request: CreatePersonaRequest) => api.send('POST', '/personas', PersonaResponse, request),
  update: (id: string, request: UpdatePersonaRequest) => api.send('PATCH', `/personas/${id}`, PersonaResponse, request),
  remove: (id: string) => api.run('DELETE', `/personas/${id}`),
  /** Newest first. */
  versions: async (id: string) => (await api.send('GET', `/personas/${id}/versions`, PersonaVersionsResponse)).versions,
  restore: (id: string, version: number) => api.run('POST', `/personas/${id}/versions/${version}/restore`),
  /** The people with whom it is shared by name. */
  members: async (id: string) => (await api.send('GET', `/personas/${id}/members`, PersonaMembersResponse)).members,
  share: (id: string, userId: string, role: PersonaRole) =>
    api.run('PUT', `/personas/${id}/members/${userId}`, { role }),
  unshare: (id: string, userId: string) => api.run('DELETE', `/personas/${id}/members/${userId}`),
  tools: async (id: string) => (await api.send('GET', `/personas/${id}/tools`, PersonaToolsResponse)).tools,
  setTool: async (id: string, toolName: string, request: SetPersonaToolRequest) =>
    (await api.send('PUT', `/personas/${id}/tools/${encodeURIComponent(toolName)}`, PersonaToolResponse, request)).tool,
})
