/** API keys of the signed-in person, and tokens for callers with a key. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  ApiKey,
  ApiKeysResponse,
  CreateApiKeyRequest,
  CreateApiKeyResponse,
  Id,
  TokenResponse,
} from '../../../contracts/api.ts'
import { columnsOf } from '../../../contracts/columns.ts'
import { newApiKey, tokenEnd, tokenOf } from '../../_shared/access/api-key.ts'
import { ask, tell } from '../../_shared/data/database.ts'
import { body, created, createRouter, noContent, ok } from '../../_shared/http/router.ts'
import { Problem } from '../../_shared/problem.ts'

const tags = ['me']
const security = [{ bearer: [] }]

export const keys = createRouter()
  .openapi(
    createRoute({
      method: 'get',
      path: '/me/keys',
      tags,
      summary: 'List my API keys that are not revoked (needs a session)',
      ...ok(ApiKeysResponse),
      security,
    }),
    async (c) => {
      if (c.get('apiKey')) throw new Problem('session_needed')
      const keys = await ask(
        c
          .get('db')
          .from('api_keys')
          .select(columnsOf('api_keys', ApiKey))
          .is('revoked_at', null)
          .order('created_at', { ascending: false }),
      )
      return c.json(ApiKeysResponse.parse({ keys }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/me/keys',
      tags,
      summary: 'Make an API key (needs a session); only this answer contains it',
      request: body(CreateApiKeyRequest),
      ...created(CreateApiKeyResponse),
      security,
    }),
    async (c) => {
      const { workspace_id, expires_at, ...request } = c.req.valid('json')
      const { secret, ...stored } = await newApiKey()
      const key = await ask(
        c.get('db').rpc('create_api_key', {
          ...request,
          ...stored,
          workspace_id: workspace_id ?? undefined,
          expires_at: expires_at ?? undefined,
        }),
      )
      return c.json(CreateApiKeyResponse.parse({ key, secret }), 201)
    },
  )
  .openapi(
    createRoute({
      method: 'delete',
      path: '/me/keys/{id}',
      tags,
      summary: 'Revoke an API key (needs a session); the next request with it is refused',
      request: { params: z.object({ id: Id }) },
      ...noContent,
      security,
    }),
    async (c) => {
      await tell(c.get('db').rpc('revoke_api_key', { key_id: c.req.valid('param').id }))
      return c.body(null, 204)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/tokens',
      tags,
      summary: 'Exchange my API key for a token of five minutes, for PostgREST, Realtime and Storage',
      ...created(TokenResponse),
      security: [{ apiKey: [] }],
    }),
    async (c) => {
      const key = c.get('apiKey')
      if (!key) throw new Problem('not_allowed', 'Only an API key can be exchanged for a token.')
      const end = tokenEnd()
      const access_token = await tokenOf(c.get('config'), key, end)
      return c.json(TokenResponse.parse({ access_token, expires_at: end.toISOString() }), 201)
    },
  )
