/** Questions to people: may this call run, what is the answer, did this effect happen. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  Approval,
  ApprovalResponse,
  ApprovalsQuery,
  ApprovalsResponse,
  DecideRequest,
  Id,
  StandingApproval,
  StandingApprovalsResponse,
  WaitingQuestionsResponse,
} from '../../../contracts/api.ts'
import { columnsOf } from '../../../contracts/columns.ts'
import { requirePersona } from '../../_shared/access/guards.ts'
import { ask, find, tell } from '../../_shared/data/database.ts'
import { body, createRouter, noContent, ok } from '../../_shared/http/router.ts'
import { Problem } from '../../_shared/problem.ts'
import { decide } from '../../commands/decide.ts'

const tags = ['approvals']
const params = z.object({ id: Id })
const MAX_LISTED = 200
const columns = columnsOf('approvals', Approval)
const standingColumns = columnsOf('standing_approvals', StandingApproval)

export const approvals = createRouter()
  .openapi(
    createRoute({
      method: 'get',
      path: '/approvals',
      tags,
      summary: `List questions to people, newest first, at most ${MAX_LISTED}`,
      request: { query: ApprovalsQuery },
      ...ok(ApprovalsResponse),
    }),
    async (c) => {
      const { status, workspace_id, persona_id, run_id } = c.req.valid('query')
      let query = c
        .get('db')
        .from('approvals')
        .select(columns)
        .eq('status', status)
        .order('created_at', { ascending: false })
        .order('id', { ascending: false })
        .limit(MAX_LISTED)
      if (workspace_id) query = query.eq('workspace_id', workspace_id)
      if (persona_id) query = query.eq('persona_id', persona_id)
      if (run_id) query = query.eq('run_id', run_id)
      return c.json(ApprovalsResponse.parse({ approvals: await ask(query) }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/approvals/{id}',
      tags,
      summary: 'Read a question with the exact arguments of its call',
      request: { params },
      ...ok(ApprovalResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const approval = await find(c.get('db').from('approvals').select(columns).eq('id', id).maybeSingle())
      if (!approval) throw new Problem('approval_not_found')
      return c.json(ApprovalResponse.parse({ approval }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/approvals/{id}/decide',
      tags,
      summary: 'Decide a question (works once)',
      request: { params, ...body(DecideRequest) },
      ...ok(ApprovalResponse),
    }),
    async (c) => {
      return c.json(await decide(c.get('db'), c.req.valid('param').id, c.req.valid('json')), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/workspaces/{id}/waiting',
      tags,
      summary: 'List what waits for people in a workspace, oldest first, with what it is for',
      request: { params },
      ...ok(WaitingQuestionsResponse),
    }),
    async (c) => {
      const questions = await ask(c.get('db').rpc('waiting_questions', { workspace_id: c.req.valid('param').id }))
      return c.json(WaitingQuestionsResponse.parse({ questions }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/personas/{id}/standing-approvals',
      tags,
      summary: `List the rules by which calls of a persona run without asking, newest first, at most ${MAX_LISTED}`,
      request: { params },
      ...ok(StandingApprovalsResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await requirePersona(c.get('db'), id)
      const standing_approvals = await ask(
        c
          .get('db')
          .from('standing_approvals')
          .select(standingColumns)
          .eq('persona_id', id)
          .order('created_at', { ascending: false })
          .limit(MAX_LISTED),
      )
      return c.json(StandingApprovalsResponse.parse({ standing_approvals }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'delete',
      path: '/standing-approvals/{id}',
      tags,
      summary: 'Revoke such a rule: calls like this ask again (editors)',
      request: { params },
      ...noContent,
    }),
    async (c) => {
      await tell(c.get('db').rpc('revoke_standing_approval', { standing_approval_id: c.req.valid('param').id }))
      return c.body(null, 204)
    },
  )
