/** Secrets of a workspace: they can be saved, deleted and listed by name, but never read. */
import { createRoute, z } from '@hono/zod-openapi'
import { Id, SaveSecretRequest, Secret, SecretName, SecretResponse, SecretsResponse } from '../../../contracts/api.ts'
import { columnsOf } from '../../../contracts/columns.ts'
import { seal } from '../../_shared/access/cipher.ts'
import { requireWorkspace } from '../../_shared/access/guards.ts'
import { encryptionKeyOf } from '../../_shared/config.ts'
import { ask, tell } from '../../_shared/data/database.ts'
import { body, createRouter, noContent, ok } from '../../_shared/http/router.ts'

const tags = ['secrets']
const params = z.object({ id: Id })

export const secrets = createRouter()
  .openapi(
    createRoute({
      method: 'get',
      path: '/workspaces/{id}/secrets',
      tags,
      summary: 'List the names of secrets (admins)',
      request: { params },
      ...ok(SecretsResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await requireWorkspace(c.get('db'), id, 'admin')
      const secrets = await ask(
        c.get('db').from('secrets').select(columnsOf('secrets', Secret)).eq('workspace_id', id).order('name'),
      )
      return c.json(SecretsResponse.parse({ secrets }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'put',
      path: '/workspaces/{id}/secrets/{name}',
      tags,
      summary: 'Create or replace a secret (admins); no answer ever contains its value',
      request: { params: params.extend({ name: SecretName }), ...body(SaveSecretRequest) },
      ...ok(SecretResponse),
    }),
    async (c) => {
      const { id, name } = c.req.valid('param')
      const { value } = c.req.valid('json')
      const sealed = await seal(encryptionKeyOf(c.get('config')), value, { workspace_id: id, name })
      const secret = await ask(c.get('db').rpc('save_secret', { workspace_id: id, name, ...sealed }))
      return c.json(SecretResponse.parse({ secret }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'delete',
      path: '/secrets/{id}',
      tags,
      summary: 'Delete a secret (admins)',
      request: { params },
      ...noContent,
    }),
    async (c) => {
      await tell(c.get('db').rpc('delete_secret', { secret_id: c.req.valid('param').id }))
      return c.body(null, 204)
    },
  )
