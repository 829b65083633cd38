import { type AnswerRequest, ApprovalResponse, LinkedApprovalResponse } from '../../contracts/api.ts'
import type { ApiClient } from './client.ts'

/** For who comes by the link of a mail: `api` sends the link's token, not a session's. */
export const answerCommands = (api: ApiClient) => ({
  read: async () => (await api.send('GET', '/answers', LinkedApprovalResponse)).approval,
  give: async (request: AnswerRequest) => (await api.send('POST', '/answers', ApprovalResponse, request)).approval,
})
