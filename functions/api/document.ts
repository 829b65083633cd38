/** The OpenAPI document, and what follows from it: which methods a path takes. */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { AppEnv } from '../_shared/http/context.ts'

export function buildDocument(app: OpenAPIHono<AppEnv>) {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The access token of a Supabase session.',
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'answerLink', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The token behind the # of a link in a mail that asks somebody.',
  })
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Persona Platform API',
      version: '1',
      description: 'Refusals are `{error: {code, message, details?}}`; the codes are listed in docs/problems.md.',
    },
    servers: [{ url: '/functions/v1' }],
  })
}

/** Finds the methods that a path of the document takes, in upper case; empty when it is no path of ours. */
export function methodsByPath(document: ReturnType<typeof buildDocument>) {
  const routes = Object.entries(document.paths ?? {}).map(([path, item]) => ({
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    methods: Object.keys(item ?? {}).map((method) => method.toUpperCase()),
  }))
  return (path: string) => [
    ...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)),
  ]
}
