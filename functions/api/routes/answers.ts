/**
 * Answers through the link in a mail, without a session. The token of the link is the bearer token. It is never in the path
 * or query, so that no server logs it. Reading the question decides nothing, because mail clients open links themselves.
 */
import { createRoute } from '@hono/zod-openapi'
import { AnswerRequest, ApprovalResponse, LinkedApprovalResponse } from '../../../contracts/api.ts'
import { ask } from '../../_shared/data/database.ts'
import { body, createRouter, ok } from '../../_shared/http/router.ts'

const tags = ['approvals']
const security = [{ answerLink: [] }]

export const answers = createRouter()
  .openapi(
    createRoute({
      method: 'get',
      path: '/answers',
      tags,
      summary: 'Read the question behind the link in a mail',
      ...ok(LinkedApprovalResponse),
      security,
    }),
    async (c) => {
      const approval = await ask(
        c.get('db').rpc('approval_by_link', { approval_id: c.get('approvalId'), user_id: c.get('userId') }),
      )
      return c.json(LinkedApprovalResponse.parse({ approval }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/answers',
      tags,
      summary: 'Decide the question as the receiver of the mail (works once)',
      request: body(AnswerRequest),
      ...ok(ApprovalResponse),
      security,
    }),
    async (c) => {
      const link = { approval_id: c.get('approvalId'), user_id: c.get('userId') }
      const approval = await ask(c.get('db').rpc('decide_by_link', { ...link, ...c.req.valid('json') }))
      return c.json(ApprovalResponse.parse({ approval }), 200)
    },
  )
