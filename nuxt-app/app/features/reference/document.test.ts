import { expect, test } from 'vitest'
import { type ApiDocument, addressOf, exampleOf, headersOf, operationGroups } from './document'

const document: ApiDocument = {
  info: { title: 'API' },
  components: {
    schemas: {
      Tree: {
        type: 'object',
        properties: { id: { type: 'string', format: 'uuid' }, child: { $ref: '#/components/schemas/Tree' } },
      },
    },
  },
  paths: {
    '/api/runs': {
      post: {
        tags: ['runs'],
        summary: 'Start',
        security: [{ bearer: [] }],
        requestBody: {
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['input'],
                properties: { input: { type: 'string' }, lane: { type: 'string', enum: ['a', 'b'] } },
              },
            },
          },
        },
        responses: { 201: { description: 'Created' } },
      },
    },
  },
}

test('operations are grouped, and an example of a request has only what it needs', () => {
  const [group] = operationGroups(document)
  expect(group).toMatchObject({ name: 'runs', operations: [{ method: 'POST', bySession: true, byKey: false }] })
  expect(JSON.parse(group?.operations[0]?.body ?? '')).toEqual({ input: 'text' })
})

test('an example of a schema that contains itself ends', () => {
  expect(exampleOf(document, { $ref: '#/components/schemas/Tree' }, false)).toHaveProperty('child.child')
})

test('typed values go into path, query and headers, and empty ones nowhere', () => {
  const parameters = [
    { name: 'id', in: 'path' as const, schema: {} },
    { name: 'limit', in: 'query' as const, schema: {} },
    { name: 'cursor', in: 'query' as const, schema: {} },
    { name: 'idempotency-key', in: 'header' as const, schema: {} },
  ]
  const values = new Map([
    ['id', 'a/b'],
    ['limit', '5'],
    ['cursor', ''],
    ['idempotency-key', 'k'],
  ])
  expect(addressOf({ path: '/api/runs/{id}', parameters }, values)).toBe('/api/runs/a%2Fb?limit=5')
  expect(headersOf({ parameters }, values)).toEqual({ 'idempotency-key': 'k' })
})
