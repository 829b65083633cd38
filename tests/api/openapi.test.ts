/** Protects: the OpenAPI document is valid 3.1 and complete, and lists the refusals of every operation. */
import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { createApp } from '../../functions/api/app.ts'

const config = {
  supabaseUrl: 'http://unused',
  publicUrl: 'http://unused',
  publishableKey: 'x',
  serviceKey: 'x',
  encryptionKey: undefined,
}
const app = createApp(config, { log: () => {} })

interface Operation {
  summary?: string
  tags?: string[]
  security?: unknown[]
  responses: Record<string, unknown>
}
interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown> }
}
const load = async () => {
  const document = (await (await app.request('/api/openapi.json')).json()) as Document
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })),
  )
  return { document, operations }
}

test('is valid OpenAPI 3.1', async () => {
  const { document } = await load()
  const validator = new Validator()
  const { valid, errors } = await validator.validate({ ...document })
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
  expect(validator.version).toBe('3.1')
})

/** Every other operation is open to sessions and to API keys. */
const otherSecurity = new Map([
  ['post /api/answers', [{ answerLink: [] }]],
  ['get /api/answers', [{ answerLink: [] }]],
  ['get /api/me/keys', [{ bearer: [] }]],
  ['post /api/me/keys', [{ bearer: [] }]],
  ['delete /api/me/keys/{id}', [{ bearer: [] }]],
  ['get /api/me/sessions', [{ bearer: [] }]],
  ['delete /api/me/sessions/{id}', [{ bearer: [] }]],
  ['delete /api/me', [{ bearer: [] }]],
  ['post /api/tokens', [{ apiKey: [] }]],
])

test('every operation says what it does, who may call it, and how it refuses', async () => {
  const { operations } = await load()
  expect(operations.length).toBeGreaterThan(40)
  for (const { name, summary, tags, security, responses } of operations) {
    expect(summary, name).toBeTruthy()
    expect(tags, name).toHaveLength(1)
    if (name === 'get /api/health') continue
    expect(security, name).toEqual(otherSecurity.get(name) ?? [{ bearer: [] }, { apiKey: [] }])
    expect(Object.keys(responses), name).toContain('default')
  }
})

test('schemas that several operations use have names', async () => {
  const { document } = await load()
  expect(Object.keys(document.components.schemas)).toEqual(
    expect.arrayContaining(['Artifact', 'Error', 'Persona', 'Run', 'RunDetails', 'Tool', 'Workspace']),
  )
})
