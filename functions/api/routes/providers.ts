/** Model providers of a workspace: any OpenAI-compatible endpoint. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  Id,
  Provider,
  ProviderName,
  ProviderResponse,
  ProvidersResponse,
  ProviderTest,
  ProviderTestResponse,
  SaveProviderRequest,
  TestProviderRequest,
} from '../../../contracts/api.ts'
import { columnsOf } from '../../../contracts/columns.ts'
import { providerSecretName } from '../../../contracts/sealed-secret.ts'
import { seal } from '../../_shared/access/cipher.ts'
import { requireWorkspace } from '../../_shared/access/guards.ts'
import { requireReachable } from '../../_shared/access/outgoing.ts'
import { encryptionKeyOf } from '../../_shared/config.ts'
import { ask, type Db, find, tell } from '../../_shared/data/database.ts'
import { body, created, createRouter, noContent, ok } from '../../_shared/http/router.ts'
import { Problem } from '../../_shared/problem.ts'

const tags = ['model providers']
const params = z.object({ id: Id })
const columns = `${columnsOf('llm_providers', Provider.omit({ has_api_key: true }))}, api_key_secret_id` as const

const testColumns = columnsOf('provider_tests', ProviderTest)

async function readTest(db: Db, id: string) {
  const test = await find(db.from('provider_tests').select(testColumns).eq('id', id).maybeSingle())
  if (!test) throw new Problem('provider_test_not_found')
  return test
}

const publicView = ({ api_key_secret_id, ...provider }: { api_key_secret_id: string | null }) => ({
  ...provider,
  has_api_key: api_key_secret_id !== null,
})

export const providers = createRouter()
  .openapi(
    createRoute({
      method: 'get',
      path: '/workspaces/{id}/providers',
      tags,
      summary: 'List the model providers of a workspace',
      request: { params },
      ...ok(ProvidersResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await requireWorkspace(c.get('db'), id, 'viewer')
      const rows = await ask(c.get('db').from('llm_providers').select(columns).eq('workspace_id', id).order('name'))
      return c.json(ProvidersResponse.parse({ providers: rows.map(publicView) }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'put',
      path: '/workspaces/{id}/providers/{name}',
      tags,
      summary: 'Create or replace a model provider with its key (admins)',
      request: { params: params.extend({ name: ProviderName }), ...body(SaveProviderRequest) },
      ...ok(ProviderResponse),
    }),
    async (c) => {
      const { id, name } = c.req.valid('param')
      const { api_key, ...definition } = c.req.valid('json')
      requireReachable(c.get('config'), 'base_url', definition.base_url)
      const place = { workspace_id: id, name: providerSecretName(name) }
      const sealed = api_key !== undefined && { api_key: await seal(encryptionKeyOf(c.get('config')), api_key, place) }
      const row = await ask(
        c.get('db').rpc('save_provider', { workspace_id: id, definition: { ...definition, name, ...sealed } }),
      )
      return c.json(ProviderResponse.parse({ provider: publicView(row) }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/workspaces/{id}/providers/{name}/test',
      tags,
      summary: 'Test a model provider, saved or not: a worker lists its models and makes one call with a tool (admins)',
      request: { params: params.extend({ name: ProviderName }), ...body(TestProviderRequest) },
      ...created(ProviderTestResponse),
    }),
    async (c) => {
      const { id, name } = c.req.valid('param')
      const { api_key, ...definition } = c.req.valid('json')
      requireReachable(c.get('config'), 'base_url', definition.base_url)
      const place = { workspace_id: id, name: providerSecretName(name) }
      const sealed = api_key !== undefined && { api_key: await seal(encryptionKeyOf(c.get('config')), api_key, place) }
      const testId = await ask(
        c.get('db').rpc('test_provider', { workspace_id: id, definition: { ...definition, name, ...sealed } }),
      )
      const test = await readTest(c.get('db'), testId)
      return c.json(ProviderTestResponse.parse({ test }), 201)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/provider-tests/{id}',
      tags,
      summary: 'Read a test of a model provider; its result is null until it is over (admins)',
      request: { params },
      ...ok(ProviderTestResponse),
    }),
    async (c) => {
      const test = await readTest(c.get('db'), c.req.valid('param').id)
      return c.json(ProviderTestResponse.parse({ test }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'delete',
      path: '/providers/{id}',
      tags,
      summary: 'Delete a model provider (admins)',
      request: { params },
      ...noContent,
    }),
    async (c) => {
      await tell(c.get('db').rpc('delete_provider', { provider_id: c.req.valid('param').id }))
      return c.body(null, 204)
    },
  )
