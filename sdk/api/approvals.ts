import type { z } from 'zod'
import {
  ApprovalResponse,
  type ApprovalsQuery,
  ApprovalsResponse,
  type DecideRequest,
  StandingApprovalsResponse,
  WaitingQuestionsResponse,
} from '../../contracts/api.ts'
import { type ApiClient, withQuery } from './client.ts'

export const approvalCommands = (api: ApiClient) => ({
  /** The questions that wait for people, newest first. */
  list: async (query: z.input<typeof ApprovalsQuery> = {}) =>
    (await api.send('GET', withQuery('/approvals', query), ApprovalsResponse)).approvals,
  /** What waits for people in a workspace, oldest first, with what it is for. */
  waiting: async (workspaceId: string) =>
    (await api.send('GET', `/workspaces/${workspaceId}/waiting`, WaitingQuestionsResponse)).questions,
  /** The rules by which calls of a persona run without asking. */
  standing: async (personaId: string) =>
    (await api.send('GET', `/personas/${personaId}/standing-approvals`, StandingApprovalsResponse)).standing_approvals,
  /** Ends such a rule at once. */
  revoke: (standingApprovalId: string) => api.run('DELETE', `/standing-approvals/${standingApprovalId}`),
  get: async (id: string) => (await api.send('GET', `/approvals/${id}`, ApprovalResponse)).approval,
  /** Works once: a second decision is refused with `already_decided`. */
  decide: async (id: string, request: DecideRequest) =>
    (await api.send('POST', `/approvals/${id}/decide`, ApprovalResponse, request)).approval,
})
