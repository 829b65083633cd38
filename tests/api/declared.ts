/** Compares answers with what the OpenAPI document declares, using the schemas that it is made from. */
import type { OpenAPIHono, RouteConfig, z } from '@hono/zod-openapi'
import { expect } from 'vitest'
import { createApp } from '../../functions/api/app.ts'
import type { Call, Reply } from './support.ts'

const app = createApp({
  supabaseUrl: 'http://unused',
  publicUrl: 'http://unused',
  publishableKey: 'x',
  serviceKey: 'x',
  encryptionKey: '',
})

interface Operation {
  name: string
  method: string
  pattern: RegExp
  responses: RouteConfig['responses']
}

export const operations: Operation[] = (app as OpenAPIHono).openAPIRegistry.definitions.flatMap((definition) =>
  definition.type === 'route'
    ? {
        name: `${definition.route.method} ${definition.route.path}`,
        method: definition.route.method,
        pattern: new RegExp(`^${definition.route.path.replace(/^\/api/, '').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
        responses: definition.route.responses,
      }
    : [],
)

/** Of several matches, the one with the shorter pattern is right: `/tools/search` and not `/tools/{id}`. */
export function operationOf(method: string, path: string): Operation {
  const found = operations
    .filter((o) => o.method === method.toLowerCase() && o.pattern.test(path.split('?')[0] ?? ''))
    .sort((a, b) => a.pattern.source.split('[').length - b.pattern.source.split('[').length)[0]
  if (!found) throw new Error(`${method} ${path} is not in the document`)
  return found
}

/** Fails if the status or the body is not declared, or if the body has a field that its schema does not have. */
export function expectDeclared(method: string, path: string, { status, body }: Reply): Operation {
  const operation = operationOf(method, path)
  const declared = operation.responses[status] ?? (status >= 400 ? operation.responses.default : undefined)
  expect(declared, `${operation.name} answers ${status}, which it does not declare`).toBeDefined()
  const content = declared && 'content' in declared ? declared.content?.['application/json'] : undefined
  if (content && 'schema' in content) expect((content.schema as z.ZodType).parse(body)).toEqual(body)
  else expect(body).toBe('')
  return operation
}

/** Makes calls and compares every answer with the document. `succeeded` collects the operations that answered 2xx. */
export const declared =
  (call: Call, succeeded = new Set<string>()): Call =>
  async (method, path, options) => {
    const reply = await call(method, path, options)
    const { name } = expectDeclared(method, path, reply)
    if (reply.status < 300) succeeded.add(name)
    return reply
  }
