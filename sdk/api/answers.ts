import { type AnswerRequest, ApprovalResponse, LinkedApprovalResponse } from '../../contracts/api.ts'
import type { ApiClient } from './client.ts'

/** For the link in a mail: `accessToken` must return the token of the link instead of a session's. */
export const answerCommands = (api: ApiClient) => ({
  read: async () => (await api.send('GET', '/answers', LinkedApprovalResponse)).approval,
  give: async (request: AnswerRequest) => (await api.send('POST', '/answers', ApprovalResponse, request)).approval,
})
