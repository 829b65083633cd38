/** Creates routers that refuse requests that do not match a route's declaration, and has common parts of declarations. */
import { OpenAPIHono, type z } from '@hono/zod-openapi'
import { ApiError, type ValidationDetails } from '../../../contracts/api.ts'
import { Problem } from '../problem.ts'
import type { AppEnv } from './context.ts'
import { wordsOf } from './issue-words.ts'

export function createRouter() {
  return new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (result.success) return
      const where = result.target === 'json' ? [] : [result.target === 'param' ? 'path' : result.target]
      const details: ValidationDetails = result.error.issues.map((issue) => ({
        path: [...where, ...issue.path].join('.'),
        message: wordsOf(issue),
      }))
      throw new Problem('invalid_request', undefined, details)
    },
  })
}

/** A required JSON body. */
export const body = <S extends z.ZodType>(schema: S) => ({
  body: { required: true, content: { 'application/json': { schema } } },
})

const refused = { description: 'Refused', content: { 'application/json': { schema: ApiError } } }
export const security: Record<string, string[]>[] = [{ bearer: [] }, { apiKey: [] }]

/** Answers to a signed-in person. */
export const ok = <S extends z.ZodType>(schema: S) => ({
  security,
  responses: { 200: { description: 'Done', content: { 'application/json': { schema } } }, default: refused },
})
export const created = <S extends z.ZodType>(schema: S) => ({
  security,
  responses: { 201: { description: 'Created', content: { 'application/json': { schema } } }, default: refused },
})
export const accepted = <S extends z.ZodType>(schema: S) => ({
  security,
  responses: { 202: { description: 'Accepted', content: { 'application/json': { schema } } }, default: refused },
})
export const noContent = { security, responses: { 204: { description: 'Done' }, default: refused } }
