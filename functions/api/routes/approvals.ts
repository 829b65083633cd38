/** What personas ask of people: may this call run, what is the answer, did it happen. */
import { createRoute, z } from '@hono/zod-openapi'
import { ApprovalResponse, ApprovalsQuery, ApprovalsResponse, DecideRequest, Id } from '../../../contracts/api.ts'
import type { Json } from '../../../contracts/database.ts'
import { ask, find } from '../../_shared/database.ts'
import { requireFittingArguments } from '../../_shared/edited-arguments.ts'
import { Problem } from '../../_shared/problem.ts'
import { body, createRouter, ok } from '../../_shared/router.ts'

const tags = ['approvals']
const params = z.object({ id: Id })
const MAX_LISTED = 200
const columns =
  'id, workspace_id, persona_id, run_id, tool_run_id, kind, question, options, tool_name, arguments, arguments_hash, status, decision, answer, decided_by, decided_at, expires_at, created_at'

const listApprovals = createRoute({
  method: 'get',
  path: '/approvals',
  tags,
  summary: `What waits for somebody, newest first, at most ${MAX_LISTED}`,
  request: { query: ApprovalsQuery },
  ...ok(ApprovalsResponse),
})

const getApproval = createRoute({
  method: 'get',
  path: '/approvals/{id}',
  tags,
  summary: 'One question with the exact arguments',
  request: { params },
  ...ok(ApprovalResponse),
})

const decide = createRoute({
  method: 'post',
  path: '/approvals/{id}/decide',
  tags,
  summary: 'Decide it, once',
  request: { params, ...body(DecideRequest) },
  ...ok(ApprovalResponse),
})

export const approvals = createRouter()
  .openapi(listApprovals, async (c) => {
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
  })
  .openapi(getApproval, async (c) => {
    const { id } = c.req.valid('param')
    const approval = await find(c.get('db').from('approvals').select(columns).eq('id', id).maybeSingle())
    if (!approval) throw new Problem('approval_not_found')
    return c.json(ApprovalResponse.parse({ approval }), 200)
  })
  .openapi(decide, async (c) => {
    const { id } = c.req.valid('param')
    const { edited, ...decision } = c.req.valid('json')
    const db = c.get('db')
    if (edited) await requireFittingArguments(db, id, edited)
    const approval = await ask(db.rpc('decide', { approval_id: id, ...decision, edited: edited as Json | undefined }))
    return c.json(ApprovalResponse.parse({ approval }), 200)
  })
