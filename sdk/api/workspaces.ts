import {
  type CreateInvitationRequest,
  CreateInvitationResponse,
  type SaveProviderRequest,
  type UpdateWorkspaceRequest,
  WorkspaceResponse,
  type WorkspaceRole,
} from '../../contracts/api.ts'
import type { ApiClient } from './client.ts'

export const workspaceCommands = (api: ApiClient) => ({
  create: async (name: string) => (await api.send('POST', '/workspaces', WorkspaceResponse, { name })).workspace,
  update: (id: string, request: UpdateWorkspaceRequest) => api.run('PATCH', `/workspaces/${id}`, request),
  remove: (id: string, confirmName: string) =>
    api.run('DELETE', `/workspaces/${id}?confirm_name=${encodeURIComponent(confirmName)}`),
  setRole: (id: string, userId: string, role: WorkspaceRole) =>
    api.run('PATCH', `/workspaces/${id}/members/${userId}`, { role }),
  removeMember: (id: string, userId: string) => api.run('DELETE', `/workspaces/${id}/members/${userId}`),
  invite: (id: string, request: CreateInvitationRequest) =>
    api.send('POST', `/workspaces/${id}/invitations`, CreateInvitationResponse, request),
  revokeInvitation: (invitationId: string) => api.run('DELETE', `/invitations/${invitationId}`),
  acceptInvitation: async (token: string) =>
    (await api.send('POST', '/invitations/accept', WorkspaceResponse, { token })).workspace,
  saveProvider: (id: string, name: string, request: SaveProviderRequest) =>
    api.run('PUT', `/workspaces/${id}/providers/${name}`, request),
  removeProvider: (providerId: string) => api.run('DELETE', `/providers/${providerId}`),
  saveSecret: (id: string, name: string, value: string) =>
    api.run('PUT', `/workspaces/${id}/secrets/${name}`, { value }),
  removeSecret: (secretId: string) => api.run('DELETE', `/secrets/${secretId}`),
  rename: (displayName: string) => api.run('PATCH', '/me', { display_name: displayName }),
})
