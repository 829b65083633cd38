/**
 * Answers by the link of a mail, without a session. The link's token is the credential and comes as bearer token, never
 * in the path or query, so that it is in no server's log. Reading decides nothing: mail clients open links by themselves.
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
      summary: 'The question that the link of a mail leads to',
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
      summary: 'Decide it, once, as the person whom the mail was sent to',
      request: body(AnswerRequest),
      ...ok(ApprovalResponse),
      security,
    }),
    async (c) => {
      const whose = { approval_id: c.get('approvalId'), user_id: c.get('userId') }
      const approval = await ask(c.get('db').rpc('decide_by_link', { ...whose, ...c.req.valid('json') }))
      return c.json(ApprovalResponse.parse({ approval }), 200)
    },
  )
