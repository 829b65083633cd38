import {
  type CreatePersonaRequest,
  PersonaResponse,
  type PersonaRole,
  PersonaToolResponse,
  PersonaToolsResponse,
  type SetPersonaToolRequest,
  type UpdatePersonaRequest,
} from '../../contracts/api.ts'
import type { ApiClient } from './client.ts'

export const personaCommands = (api: ApiClient) => ({
  create: (request: CreatePersonaRequest) => api.send('POST', '/personas', PersonaResponse, request),
  update: (id: string, request: UpdatePersonaRequest) => api.send('PATCH', `/personas/${id}`, PersonaResponse, request),
  remove: (id: string) => api.run('DELETE', `/personas/${id}`),
  restore: (id: string, version: number) => api.run('POST', `/personas/${id}/versions/${version}/restore`),
  share: (id: string, userId: string, role: PersonaRole) =>
    api.run('PUT', `/personas/${id}/members/${userId}`, { role }),
  unshare: (id: string, userId: string) => api.run('DELETE', `/personas/${id}/members/${userId}`),
  tools: async (id: string) => (await api.send('GET', `/personas/${id}/tools`, PersonaToolsResponse)).tools,
  setTool: async (id: string, toolName: string, request: SetPersonaToolRequest) =>
    (await api.send('PUT', `/personas/${id}/tools/${toolName}`, PersonaToolResponse, request)).tool,
})
