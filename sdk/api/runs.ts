import {
  ApprovalResponse,
  ArtifactResponse,
  type CreateRunRequest,
  type DecideRequest,
  RunResponse,
} from '../../contracts/api.ts'
import type { ApiClient } from './client.ts'

export const runCommands = (api: ApiClient) => ({
  /** `key` makes a repeated click the same run. */
  create: async (request: CreateRunRequest, key: string) =>
    (await api.send('POST', '/runs', RunResponse, request, { 'Idempotency-Key': key })).run,
  /** The same work once more, as a new run. */
  again: async (id: string) => (await api.send('POST', `/runs/${id}/again`, RunResponse)).run,
  cancel: (id: string) => api.run('POST', `/runs/${id}/cancel`),
  decide: async (approvalId: string, request: DecideRequest) =>
    (await api.send('POST', `/approvals/${approvalId}/decide`, ApprovalResponse, request)).approval,
  /** An artifact with a fresh signed link. */
  artifact: async (id: string) => (await api.send('GET', `/artifacts/${id}`, ArtifactResponse)).artifact,
})
