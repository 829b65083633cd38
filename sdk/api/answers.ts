import { type AnswerRequest, ApprovalResponse, LinkedApprovalResponse } from '../../contracts/api.ts'
import type { ApiClient } from './client.ts'

/** For somebody who came by the link of a mail: `accessToken` gives the link's token instead of a session's. */
export const answerCommands = (api: ApiClient) => ({
  read: async () => (await api.send('GET', '/answers', LinkedApprovalResponse)).approval,
  give: async (request: AnswerRequest) => (await api.send('POST', '/answers', ApprovalResponse, request)).approval,
})
