/** The OpenAPI document, and the methods that each path supports according to it. */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { AppEnv } from '../_shared/http/context.ts'

export function buildDocument(app: OpenAPIHono<AppEnv>) {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The access token of a Supabase session.',
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key (`ppk_…`) from the settings of an account. Its scopes limit what it may do.',
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'answerLink', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The token after the # of the link in a mail with a question.',
  })
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Persona Platform API',
      version: '1',
      description: 'Refused requests answer `{error: {code, message, details?}}`. docs/problems.md lists the codes.',
    },
    servers: [{ url: '/functions/v1' }],
  })
}

/** Returns the methods of a path in upper case; an empty list if the API has no such path. */
export function methodsByPath(document: ReturnType<typeof buildDocument>) {
  const routes = Object.entries(document.paths ?? {}).map(([path, item]) => ({
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    methods: Object.keys(item ?? {}).map((method) => method.toUpperCase()),
  }))
  return (path: string) => [
    ...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)),
  ]
}
