import type { z } from 'zod'
import { ApprovalResponse, type ApprovalsQuery, ApprovalsResponse, type DecideRequest } from '../../contracts/api.ts'
import { type ApiClient, withQuery } from './client.ts'

export const approvalCommands = (api: ApiClient) => ({
  /** The questions that wait for people, newest first. */
  list: async (query: z.input<typeof ApprovalsQuery> = {}) =>
    (await api.send('GET', withQuery('/approvals', query), ApprovalsResponse)).approvals,
  get: async (id: string) => (await api.send('GET', `/approvals/${id}`, ApprovalResponse)).approval,
  /** Works once: a second decision is refused with `already_decided`. */
  decide: async (id: string, request: DecideRequest) =>
    (await api.send('POST', `/approvals/${id}/decide`, ApprovalResponse, request)).approval,
})
