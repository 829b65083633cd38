/** Inbound and outbound webhooks of a workspace, and the log of their deliveries. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  CreateWebhookRequest,
  DeliveriesQuery,
  DeliveriesResponse,
  Delivery,
  DeliveryResponse,
  Id,
  UpdateWebhookRequest,
  Webhook,
  type WebhookDirection,
  WebhookResponse,
  type WebhookScheme,
  WebhookSecretResponse,
  WebhooksResponse,
} from '../../../contracts/api.ts'
import { columnsOf } from '../../../contracts/columns.ts'
import { webhookSecretName } from '../../../contracts/sealed-secret.ts'
import { randomHex, randomWebhookSecret, seal } from '../../_shared/access/cipher.ts'
import { requireWorkspace } from '../../_shared/access/guards.ts'
import { requireReachable } from '../../_shared/access/outgoing.ts'
import { type Config, encryptionKeyOf } from '../../_shared/config.ts'
import { readCursor, rowsAfter, writeCursor } from '../../_shared/data/cursor.ts'
import { ask, type Db, find, tell } from '../../_shared/data/database.ts'
import { checkTemplate } from '../../_shared/data/webhook-input.ts'
import { body, created, createRouter, noContent, ok } from '../../_shared/http/router.ts'
import { Problem } from '../../_shared/problem.ts'

const tags = ['webhooks']
const params = z.object({ id: Id })
const columns = columnsOf('webhook_endpoints', Webhook)
const deliveryColumns = columnsOf('webhook_deliveries', Delivery)

/** The address that senders post to. */
const inboundUrl = ({ publicUrl }: Config, id: string) => `${publicUrl}/functions/v1/webhooks/${id}`

const publicView = <R extends { id: string; direction: string; url: string | null }>(config: Config, row: R) => ({
  ...row,
  url: row.direction === ('in' satisfies WebhookDirection) ? inboundUrl(config, row.id) : row.url,
})

const base64Schemes: string[] = ['standard', 'svix'] satisfies WebhookScheme[]

async function newSecret(config: Config, of: { workspace_id: string; id: string; scheme: string }, given?: string) {
  const secret = given ?? (base64Schemes.includes(of.scheme) ? randomWebhookSecret() : randomHex())
  const place = { workspace_id: of.workspace_id, name: webhookSecretName(of.id) }
  return { secret, sealed: await seal(encryptionKeyOf(config), secret, place) }
}

async function readWebhook(db: Db, id: string) {
  const row = await find(db.from('webhook_endpoints').select(columns).eq('id', id).maybeSingle())
  if (!row) throw new Problem('webhook_not_found')
  return row
}

export const webhooks = createRouter()
  .openapi(
    createRoute({
      method: 'get',
      path: '/workspaces/{id}/webhooks',
      tags,
      summary: 'List inbound and outbound webhooks (admins)',
      request: { params },
      ...ok(WebhooksResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const db = c.get('db')
      await requireWorkspace(db, id, 'admin')
      const rows = await ask(
        db.from('webhook_endpoints').select(columns).eq('workspace_id', id).order('created_at').order('id'),
      )
      const webhooks = rows.map((row) => publicView(c.get('config'), row))
      return c.json(WebhooksResponse.parse({ webhooks }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/workspaces/{id}/webhooks',
      tags,
      summary: 'Create a webhook (admins); only this answer contains its secret',
      request: { params, ...body(CreateWebhookRequest) },
      ...created(WebhookSecretResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const { secret: given, ...asked } = { secret: undefined, ...c.req.valid('json') }
      // its secret is bound to the row, so that the row's id has to be known first
      const definition = { ...asked, id: crypto.randomUUID() }
      if (definition.direction === 'in') checkTemplate(definition.input_template)
      else requireReachable(c.get('config'), 'url', definition.url)
      const { secret, sealed } = await newSecret(c.get('config'), { ...definition, workspace_id: id }, given)
      const row = await ask(
        c.get('db').rpc('save_webhook_endpoint', { workspace_id: id, definition: { ...definition, secret: sealed } }),
      )
      return c.json(WebhookSecretResponse.parse({ webhook: publicView(c.get('config'), row), secret }), 201)
    },
  )
  .openapi(
    createRoute({
      method: 'patch',
      path: '/webhooks/{id}',
      tags,
      summary: 'Change a webhook, or switch it off or on (admins)',
      request: { params, ...body(UpdateWebhookRequest) },
      ...ok(WebhookResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const { secret: given, ...definition } = c.req.valid('json')
      checkTemplate(definition.input_template)
      if (definition.url !== undefined) requireReachable(c.get('config'), 'url', definition.url)
      const db = c.get('db')
      const { workspace_id, scheme } = await readWebhook(db, id)
      const secret = given && (await newSecret(c.get('config'), { workspace_id, id, scheme }, given)).sealed
      const changes = { ...definition, ...(secret && { secret }) }
      const row = await ask(db.rpc('save_webhook_endpoint', { workspace_id, definition: changes, endpoint_id: id }))
      return c.json(WebhookResponse.parse({ webhook: publicView(c.get('config'), row) }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/webhooks/{id}/rotate-secret',
      tags,
      summary: 'Create a new secret, which only this answer contains (admins); the old one stops working at once',
      request: { params },
      ...ok(WebhookSecretResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const db = c.get('db')
      const { workspace_id, scheme } = await readWebhook(db, id)
      const { secret, sealed } = await newSecret(c.get('config'), { workspace_id, id, scheme })
      const definition = { secret: sealed }
      const row = await ask(db.rpc('save_webhook_endpoint', { workspace_id, definition, endpoint_id: id }))
      return c.json(WebhookSecretResponse.parse({ webhook: publicView(c.get('config'), row), secret }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'delete',
      path: '/webhooks/{id}',
      tags,
      summary: 'Delete a webhook with its secret and its log (admins)',
      request: { params },
      ...noContent,
    }),
    async (c) => {
      await tell(c.get('db').rpc('delete_webhook_endpoint', { endpoint_id: c.req.valid('param').id }))
      return c.body(null, 204)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/webhooks/{id}/deliveries',
      tags,
      summary: 'List the deliveries of a webhook, newest first (admins)',
      request: { params, query: DeliveriesQuery },
      ...ok(DeliveriesResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const { cursor, limit } = c.req.valid('query')
      const db = c.get('db')
      let query = db
        .from('webhook_deliveries')
        .select(deliveryColumns)
        .eq('endpoint_id', id)
        .order('created_at', { ascending: false })
        .order('id', { ascending: false })
        .limit(limit + 1)
      if (cursor) {
        const place = readCursor(cursor)
        query = query.lte('created_at', place.created_at).or(rowsAfter(place))
      }
      const [rows] = await Promise.all([ask(query), readWebhook(db, id)])
      const last = rows.length > limit ? rows[limit - 1] : undefined
      const next_cursor = last ? writeCursor(last) : null
      return c.json(DeliveriesResponse.parse({ deliveries: rows.slice(0, limit), next_cursor }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/deliveries/{id}/redeliver',
      tags,
      summary: 'Send a delivery again with the same id (admins)',
      request: { params },
      ...ok(DeliveryResponse),
    }),
    async (c) => {
      const delivery = await ask(c.get('db').rpc('redeliver', { delivery_id: c.req.valid('param').id }))
      return c.json(DeliveryResponse.parse({ delivery }), 200)
    },
  )
