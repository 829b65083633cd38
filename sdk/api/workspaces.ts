import {
  type CreateInvitationRequest,
  CreateInvitationResponse,
  InvitationsResponse,
  ProvidersResponse,
  ProviderTestResponse,
  ReadInvitationResponse,
  type SaveProviderRequest,
  SecretsResponse,
  type TestProviderRequest,
  type UpdateWorkspaceRequest,
  WorkspaceMembersResponse,
  WorkspaceResponse,
  type WorkspaceRole,
  WorkspacesResponse,
} from '../../contracts/api.ts'
import { type ApiClient, withQuery } from './client.ts'

export const workspaceCommands = (api: ApiClient) => ({
  list: async () => (await api.send('GET', '/workspaces', WorkspacesResponse)).workspaces,
  get: async (id: string) => (await api.send('GET', `/workspaces/${id}`, WorkspaceResponse)).workspace,
  create: async (name: string) => (await api.send('POST', '/workspaces', WorkspaceResponse, { name })).workspace,
  update: (id: string, request: UpdateWorkspaceRequest) => api.run('PATCH', `/workspaces/${id}`, request),
  /** Deletes the workspace and everything in it. `confirmName` must be its exact name. */
  remove: (id: string, confirmName: string) =>
    api.run('DELETE', withQuery(`/workspaces/${id}`, { confirm_name: confirmName })),

  members: async (id: string) => (await api.send('GET', `/workspaces/${id}/members`, WorkspaceMembersResponse)).members,
  setRole: (id: string, userId: string, role: WorkspaceRole) =>
    api.run('PATCH', `/workspaces/${id}/members/${userId}`, { role }),
  removeMember: (id: string, userId: string) => api.run('DELETE', `/workspaces/${id}/members/${userId}`),
  invitations: async (id: string) =>
    (await api.send('GET', `/workspaces/${id}/invitations`, InvitationsResponse)).invitations,
  /** Only this answer contains the token for the link. */
  invite: (id: string, request: CreateInvitationRequest) =>
    api.send('POST', `/workspaces/${id}/invitations`, CreateInvitationResponse, request),
  revokeInvitation: (invitationId: string) => api.run('DELETE', `/invitations/${invitationId}`),
  /** What the invitation with this token offers. */
  readInvitation: async (token: string) =>
    (await api.send('POST', '/invitations/read', ReadInvitationResponse, { token })).invitation,
  acceptInvitation: async (token: string) =>
    (await api.send('POST', '/invitations/accept', WorkspaceResponse, { token })).workspace,

  providers: async (id: string) => (await api.send('GET', `/workspaces/${id}/providers`, ProvidersResponse)).providers,
  saveProvider: (id: string, name: string, request: SaveProviderRequest) =>
    api.run('PUT', `/workspaces/${id}/providers/${encodeURIComponent(name)}`, request),
  /** Starts a test, which a worker makes; `providerTest` tells when it is over. */
  testProvider: async (id: string, name: string, request: TestProviderRequest) =>
    (
      await api.send(
        'POST',
        `/workspaces/${id}/providers/${encodeURIComponent(name)}/test`,
        ProviderTestResponse,
        request,
      )
    ).test,
  providerTest: async (testId: string) =>
    (await api.send('GET', `/provider-tests/${testId}`, ProviderTestResponse)).test,
  removeProvider: (providerId: string) => api.run('DELETE', `/providers/${providerId}`),

  /** Names only: no answer contains the value of a secret. */
  secrets: async (id: string) => (await api.send('GET', `/workspaces/${id}/secrets`, SecretsResponse)).secrets,
  saveSecret: (id: string, name: string, value: string) =>
    api.run('PUT', `/workspaces/${id}/secrets/${encodeURIComponent(name)}`, { value }),
  removeSecret: (secretId: string) => api.run('DELETE', `/secrets/${secretId}`),
})
