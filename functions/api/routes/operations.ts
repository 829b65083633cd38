/** Alerts, and the state of the platform for platform admins. */
import { createRoute, z } from '@hono/zod-openapi'
import { Alert, AlertResponse, AlertsQuery, AlertsResponse, Id, OperationsResponse } from '../../../contracts/api.ts'
import { columnsOf } from '../../../contracts/columns.ts'
import { ask, tell } from '../../_shared/data/database.ts'
import { createRouter, noContent, ok } from '../../_shared/http/router.ts'

const params = z.object({ id: Id })
const MAX_LISTED = 200
const columns = columnsOf('alerts', Alert)

export const operations = createRouter()
  .openapi(
    createRoute({
      method: 'get',
      path: '/alerts',
      tags: ['alerts'],
      summary: `List open alerts, newest first, at most ${MAX_LISTED}`,
      request: { query: AlertsQuery },
      ...ok(AlertsResponse),
    }),
    async (c) => {
      const { workspace_id, persona_id } = c.req.valid('query')
      let query = c
        .get('db')
        .from('alerts')
        .select(columns)
        .is('resolved_at', null)
        .order('raised_at', { ascending: false })
        .order('id', { ascending: false })
        .limit(MAX_LISTED)
      if (workspace_id) query = query.eq('workspace_id', workspace_id)
      if (persona_id) query = query.eq('persona_id', persona_id)
      return c.json(AlertsResponse.parse({ alerts: await ask(query) }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/alerts/{id}/resolve',
      tags: ['alerts'],
      summary: 'Resolve an alert (admins, or editors of its persona)',
      request: { params },
      ...ok(AlertResponse),
    }),
    async (c) => {
      const alert = await ask(c.get('db').rpc('resolve_alert', { alert_id: c.req.valid('param').id }))
      return c.json(AlertResponse.parse({ alert }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/operations',
      tags: ['operations'],
      summary: 'Read queues, runs of the last day and dead letters (platform admins)',
      ...ok(OperationsResponse),
    }),
    async (c) => {
      return c.json(OperationsResponse.parse(await ask(c.get('db').rpc('operations'))), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/operations/dead-letters/{id}/requeue',
      tags: ['operations'],
      summary: 'Put a dead letter back into its queue: its run continues from the last checkpoint (platform admins)',
      request: { params },
      ...noContent,
    }),
    async (c) => {
      await tell(c.get('db').rpc('requeue_dead_letter', { dead_letter_id: c.req.valid('param').id }))
      return c.body(null, 204)
    },
  )
