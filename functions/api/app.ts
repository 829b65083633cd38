/** The HTTP API: connects middleware and routes. It does not use Deno, so that tests can call it in process. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { requireAnswerLink } from '../_shared/access/answer-link.ts'
import { requireCaller } from '../_shared/access/caller.ts'
import type { Config } from '../_shared/config.ts'
import { answerError } from '../_shared/http/answer-error.ts'
import { checkJson, limitBody } from '../_shared/http/body.ts'
import type { AppEnv } from '../_shared/http/context.ts'
import { type Log, writeLog } from '../_shared/http/log.ts'
import { limitRate } from '../_shared/http/rate-limit.ts'
import { trace } from '../_shared/http/trace.ts'
import { Problem } from '../_shared/problem.ts'
import { buildDocument, methodsByPath } from './document.ts'
import { account } from './routes/account.ts'
import { activity } from './routes/activity.ts'
import { answers } from './routes/answers.ts'
import { approvals } from './routes/approvals.ts'
import { artifacts } from './routes/artifacts.ts'
import { conversations } from './routes/conversations.ts'
import { forks } from './routes/forks.ts'
import { keys } from './routes/keys.ts'
import { me } from './routes/me.ts'
import { members } from './routes/members.ts'
import { operations } from './routes/operations.ts'
import { personas } from './routes/personas.ts'
import { providers } from './routes/providers.ts'
import { runs } from './routes/runs.ts'
import { schedules } from './routes/schedules.ts'
import { secrets } from './routes/secrets.ts'
import { sharing } from './routes/sharing.ts'
import { spending } from './routes/spending.ts'
import { tools } from './routes/tools.ts'
import { webhooks } from './routes/webhooks.ts'
import { workspaces } from './routes/workspaces.ts'

const REQUESTS_PER_MINUTE = 600
const groups = [
  ...[
    me,
    account,
    keys,
    workspaces,
    members,
    personas,
    sharing,
    tools,
    runs,
    forks,
    conversations,
    artifacts,
    approvals,
    schedules,
    webhooks,
    secrets,
  ],
  ...[providers, operations, spending, activity],
]

const health = createRoute({
  method: 'get',
  path: '/health',
  tags: ['platform'],
  summary: 'The API is up',
  responses: { 200: { description: 'Up', content: { 'application/json': { schema: z.object({ ok: z.boolean() }) } } } },
})

export function createApp(config: Config, { requestsPerMinute = REQUESTS_PER_MINUTE, log = writeLog as Log } = {}) {
  const app = new OpenAPIHono<AppEnv>().basePath('/api')
  app.onError(answerError(log))
  app.use(trace(log))
  // The gateway handles CORS; this answers preflight requests that it passes on.
  app.options('*', (c) => c.body(null, 204, preflight))
  app.openapi(health, (c) => c.json({ ok: true }, 200))
  app.get('/openapi.json', (c) => c.json(document))

  const methodsOf = (path: string) => methods(path)
  app.use(async (c, next) => {
    c.set('config', config)
    const allowed = methodsOf(c.req.path)
    if (allowed.length === 0) throw new Problem('route_not_found')
    if (!allowed.includes(c.req.method === 'HEAD' ? 'GET' : c.req.method)) {
      c.header('Allow', allowed.join(', '))
      throw new Problem('method_not_allowed')
    }
    await next()
  })
  const limits = [limitRate(requestsPerMinute), limitBody, checkJson] as const
  app.use('/answers', requireAnswerLink(config), ...limits)
  app.route('/', answers)
  app.use(requireCaller(config), ...limits)
  for (const group of groups) app.route('/', group)

  const document = buildDocument(app)
  const methods = methodsByPath(document)
  return app
}

const preflight = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
  'Access-Control-Allow-Headers':
    'authorization, apikey, content-type, idempotency-key, x-client-info, x-trace-id, traceparent',
  'Access-Control-Max-Age': '600',
}
