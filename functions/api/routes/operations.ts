/** Alerts, and what platform admins see of the engine. */
import { createRoute, z } from '@hono/zod-openapi'
import { AlertResponse, AlertsQuery, AlertsResponse, Id, OperationsResponse } from '../../../contracts/api.ts'
import { ask, tell } from '../../_shared/database.ts'
import { createRouter, noContent, ok } from '../../_shared/router.ts'

const params = z.object({ id: Id })
const MAX_LISTED = 200
const columns = 'id, workspace_id, persona_id, kind, message, details, raised_at, resolved_at, resolved_by'

const listAlerts = createRoute({
  method: 'get',
  path: '/alerts',
  tags: ['alerts'],
  summary: `Open alerts, newest first, at most ${MAX_LISTED}`,
  request: { query: AlertsQuery },
  ...ok(AlertsResponse),
})

const resolveAlert = createRoute({
  method: 'post',
  path: '/alerts/{id}/resolve',
  tags: ['alerts'],
  summary: 'Close it (admins, or editors of its persona)',
  request: { params },
  ...ok(AlertResponse),
})

const getOperations = createRoute({
  method: 'get',
  path: '/operations',
  tags: ['operations'],
  summary: 'Queues, runs of the last day and dead letters (platform admins)',
  ...ok(OperationsResponse),
})

const requeue = createRoute({
  method: 'post',
  path: '/operations/dead-letters/{id}/requeue',
  tags: ['operations'],
  summary: 'Take its run up again from its last checkpoint (platform admins)',
  request: { params },
  ...noContent,
})

export const operations = createRouter()
  .openapi(listAlerts, async (c) => {
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
  })
  .openapi(resolveAlert, async (c) => {
    const alert = await ask(c.get('db').rpc('resolve_alert', { alert_id: c.req.valid('param').id }))
    return c.json(AlertResponse.parse({ alert }), 200)
  })
  .openapi(getOperations, async (c) => {
    return c.json(OperationsResponse.parse(await ask(c.get('db').rpc('operations'))), 200)
  })
  .openapi(requeue, async (c) => {
    await tell(c.get('db').rpc('requeue_dead_letter', { dead_letter_id: c.req.valid('param').id }))
    return c.body(null, 204)
  })
