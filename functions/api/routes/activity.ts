/** The audit log of a workspace, and the state of its chain. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  ActivityQuery,
  ActivityResponse,
  AuditChainResponse,
  CheckAuditChainRequest,
  Id,
} from '../../../contracts/api.ts'
import { ask } from '../../_shared/data/database.ts'
import { body, createRouter, ok } from '../../_shared/http/router.ts'

const tags = ['activity']
const params = z.object({ id: Id })
/** What the SQL function answers. */
const Page = z.object({ events: z.array(z.unknown()), next: z.number().nullable() })

export const activity = createRouter()
  .openapi(
    createRoute({
      method: 'get',
      path: '/workspaces/{id}/activity',
      tags,
      summary: 'Read the audit log of a workspace, newest first (admins)',
      request: { params, query: ActivityQuery },
      ...ok(ActivityResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const { cursor, limit, ...filter } = c.req.valid('query')
      const before = cursor === undefined ? undefined : Number(cursor)
      const answer = await ask(c.get('db').rpc('activity', { ...filter, workspace_id: id, before, max_rows: limit }))
      const { events, next } = Page.parse(answer)
      const next_cursor = next === null ? null : String(next)
      return c.json(ActivityResponse.parse({ events, next_cursor }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/workspaces/{id}/audit-chain',
      tags,
      summary: 'Read the state of the chain: its end, how far it is signed, the last check (admins)',
      request: { params },
      ...ok(AuditChainResponse),
    }),
    async (c) => {
      const chain = await ask(c.get('db').rpc('audit_chain', { workspace_id: c.req.valid('param').id }))
      return c.json(AuditChainResponse.parse({ chain }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/workspaces/{id}/audit-chain/check',
      tags,
      summary: 'Check the next part of the chain; repeat with restart: false until check.is_complete (admins)',
      request: { params, ...body(CheckAuditChainRequest) },
      ...ok(AuditChainResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const { restart } = c.req.valid('json')
      const chain = await ask(c.get('db').rpc('check_audit_chain', { workspace_id: id, restart }))
      return c.json(AuditChainResponse.parse({ chain }), 200)
    },
  )
