/** Serves everything at one address, like Supabase's gateway: routes, CORS, size limits, errors as JSON. */
import type { App } from '@supabase/lite'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import type { Logger } from 'pino'
import type { WebConfig } from '../../../contracts/web-config.ts'
import type { Functions } from '../functions/functions.ts'
import { apiKeyOf, assertKnownRole, bearerOf, Unauthorized } from '../identity/identity.ts'
import { limitBytes, limitFunctionBytes, limitJson, limitQuery, MiB } from '../limits/limits.ts'
import type { RealtimeServer } from '../realtime/index.ts'
import { MAX_OBJECT_BYTES } from '../storage/store.ts'
import { webRoutes } from './web.ts'

export type Installation = Pick<WebConfig, 'model' | 'sandbox' | 'demo_accounts'>

/** A form is larger than its file, because of boundaries and other fields. */
const MAX_UPLOAD_BYTES = MAX_OBJECT_BYTES + MiB

export interface GatewayParts {
  auth: Hono
  storage: Hono
  lite: App
  realtime: RealtimeServer
  functions: Functions
  webFolder: string | undefined
  publishableKey: string
  /** What the web app shows about this installation. */
  installation(): Installation
  /** The answer of /health; `ok` decides its status. */
  health(): Promise<{ ok: boolean } & Record<string, unknown>>
  /** The caller's address. */
  addressOf(context: Context): string
  log: Logger
}

export function gateway(parts: GatewayParts): Hono {
  const { auth, storage, lite, realtime, functions, addressOf, log } = parts
  const app = new Hono()
  app.onError((error, context) => {
    if (error instanceof Unauthorized) return context.json({ message: error.message }, 401)
    if (context.req.raw.signal.aborted) return new Response(null, { status: 499 })
    log.error({ err: error, method: context.req.method, path: context.req.path }, 'request failed')
    return context.json({ code: 'internal_error', message: 'Internal server error' }, 500)
  })
  app.notFound((context) => context.json({ code: 'not_found', message: `No such path: ${context.req.path}` }, 404))

  app.use(accessLog(log))
  app.use(closeAfterLargeBody)
  app.use(
    cors({
      origin: '*',
      allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
      exposeHeaders: [
        ...['x-trace-id', 'content-range', 'content-location', 'content-disposition', 'etag', 'link', 'location'],
        ...['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'],
        ...['preference-applied', 'retry-after', 'x-total-count', 'x-sb-error-code', 'x-supabase-api-version'],
      ],
      maxAge: 86_400,
    }),
  )
  app.get('/health', async (context) => {
    const health = await parts.health()
    return context.json(health, health.ok ? 200 : 503)
  })
  app.get('/config.json', (context) => {
    context.header('cache-control', 'no-cache')
    // every port serves the API too, so the web app uses its own origin
    const config: WebConfig = {
      supabase_url: null,
      publishable_key: parts.publishableKey,
      keeps_auth_mail: true,
      ...parts.installation(),
    }
    return context.json(config)
  })

  app.use('*', limitQuery)
  app.all('/auth/v1/*', limitBytes(MiB), limitJson, knownRole, (context) =>
    auth.fetch(keyed(context.req.raw), context.env),
  )
  app.all('/rest/v1/*', limitBytes(2 * MiB), limitJson, knownRole, (context) => lite.fetch(keyed(context.req.raw)))
  app.all('/storage/v1/*', limitBytes(MAX_UPLOAD_BYTES), (context) => storage.fetch(context.req.raw, context.env))
  app.all('/realtime/v1/*', limitBytes(3 * MiB), limitJson, (context) => realtime.fetch(context.req.raw))
  app.all('/functions/v1/*', limitFunctionBytes(20 * MiB), (context) =>
    functions.fetch(context.req.raw, addressOf(context)),
  )

  app.route('/', webRoutes(parts.webFolder))
  app.on(['POST', 'PUT', 'PATCH', 'DELETE'], '*', (context) =>
    context.json({ code: 'method_not_allowed', message: `${context.req.method} is not possible here` }, 405),
  )
  return app
}

const knownRole: MiddlewareHandler = (context, next) => {
  assertKnownRole(context.req.raw)
  return next()
}

/** The rest of a body that is too large is not read, so its connection cannot be used again. */
const closeAfterLargeBody: MiddlewareHandler = async (context, next) => {
  await next()
  if (context.res.status === 413) context.header('connection', 'close')
}

/** Copies an API key that was sent only as bearer to `apikey`, where lite looks for it. */
function keyed(request: Request): Request {
  const bearer = bearerOf(request)
  if (!bearer?.startsWith('sb_') || apiKeyOf(request)) return request
  const headers = new Headers(request.headers)
  headers.set('apikey', bearer)
  return new Request(request, { headers })
}

/** Logs paths without the query, because the query of a link contains its token. */
const accessLog =
  (log: Logger): MiddlewareHandler =>
  async (context, next) => {
    const start = performance.now()
    await next()
    const { method, path } = context.req
    const ms = Math.round(performance.now() - start)
    log.debug({ method, path, status: context.res.status, ms, trace_id: context.res.headers.get('x-trace-id') }, 'http')
  }
