/** What work costs, and the prices of models. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  DeletePriceQuery,
  Id,
  ModelPrice,
  PersonaSpendingResponse,
  PriceResponse,
  PricesResponse,
  SavePriceRequest,
  WorkspaceSpendingResponse,
} from '../../../contracts/api.ts'
import { columnsOf } from '../../../contracts/columns.ts'
import { requireWorkspace } from '../../_shared/access/guards.ts'
import { ask, tell } from '../../_shared/data/database.ts'
import { body, createRouter, noContent, ok } from '../../_shared/http/router.ts'

const tags = ['spending']
const params = z.object({ id: Id })
const columns = columnsOf('model_prices', ModelPrice)

export const spending = createRouter()
  .openapi(
    createRoute({
      method: 'get',
      path: '/workspaces/{id}/spending',
      tags,
      summary: 'Read what a workspace spends today and this month, with its caps',
      request: { params },
      ...ok(WorkspaceSpendingResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const spending = await ask(c.get('db').rpc('workspace_spending', { workspace_id: id }))
      return c.json(WorkspaceSpendingResponse.parse({ spending }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/personas/{id}/spending',
      tags,
      summary: 'Read what a persona spends today and this month, with its caps and those of its workspace',
      request: { params },
      ...ok(PersonaSpendingResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const spending = await ask(c.get('db').rpc('persona_spending', { persona_id: id }))
      return c.json(PersonaSpendingResponse.parse({ spending }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/workspaces/{id}/prices',
      tags,
      summary: "List the prices of a workspace and the operator's",
      request: { params },
      ...ok(PricesResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await requireWorkspace(c.get('db'), id, 'viewer')
      const prices = await ask(
        c
          .get('db')
          .from('model_prices')
          .select(columns)
          .or(`workspace_id.is.null,workspace_id.eq.${id}`)
          .order('model')
          .order('workspace_id', { nullsFirst: true }),
      )
      return c.json(PricesResponse.parse({ prices }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'put',
      path: '/workspaces/{id}/prices',
      tags,
      summary: 'Set the price of a model for a workspace (admins)',
      request: { params, ...body(SavePriceRequest) },
      ...ok(PriceResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const price = await ask(c.get('db').rpc('save_price', { ...c.req.valid('json'), workspace_id: id }))
      return c.json(PriceResponse.parse({ price }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'delete',
      path: '/workspaces/{id}/prices',
      tags,
      summary: "Remove a workspace's own price of a model (admins)",
      request: { params, query: DeletePriceQuery },
      ...noContent,
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await tell(c.get('db').rpc('delete_price', { ...c.req.valid('query'), workspace_id: id }))
      return c.body(null, 204)
    },
  )
  .openapi(
    createRoute({
      method: 'put',
      path: '/prices',
      tags,
      summary: 'Set the price of a model for all workspaces (platform admins)',
      request: body(SavePriceRequest),
      ...ok(PriceResponse),
    }),
    async (c) => {
      const price = await ask(c.get('db').rpc('save_price', c.req.valid('json')))
      return c.json(PriceResponse.parse({ price }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'delete',
      path: '/prices',
      tags,
      summary: "Remove a price from the operator's list (platform admins); `*` stays",
      request: { query: DeletePriceQuery },
      ...noContent,
    }),
    async (c) => {
      await tell(c.get('db').rpc('delete_price', c.req.valid('query')))
      return c.body(null, 204)
    },
  )
