/** Inbound webhooks: a signed request starts a run. It does not use Deno, so that tests can call it in process. */
import { Hono } from 'hono'
import { z } from 'zod'
import { Id } from '../../contracts/api.ts'
import type { Json } from '../../contracts/database.ts'
import { senderOf } from '../_shared/access/sender.ts'
import { serviceClient } from '../_shared/access/service.ts'
import type { Config } from '../_shared/config.ts'
import { ask } from '../_shared/data/database.ts'
import { inputOf } from '../_shared/data/webhook-input.ts'
import { answerError } from '../_shared/http/answer-error.ts'
import { limitBody } from '../_shared/http/body.ts'
import type { AppEnv } from '../_shared/http/context.ts'
import { type Log, writeLog } from '../_shared/http/log.ts'
import { rateLimiter } from '../_shared/http/rate-limit.ts'
import { trace } from '../_shared/http/trace.ts'
import { Problem } from '../_shared/problem.ts'
import { authenticate } from './authenticate.ts'
import { eventNames, eventOf, payloadOf } from './event.ts'
import { titleOf } from './title.ts'

const REQUESTS_PER_MINUTE = 600
/** The answer of `accept_webhook`. */
const Accepted = z.object({
  /** Null if the webhook was switched off instead. */
  run: z.object({ id: Id, status: z.string(), trace_id: z.string() }).nullable(),
  created: z.boolean(),
})

export function createApp(config: Config, { requestsPerMinute = REQUESTS_PER_MINUTE, log = writeLog as Log } = {}) {
  const app = new Hono<AppEnv>().basePath('/webhooks')
  // separate limits, so that unsigned requests never use up the limit of the real sender
  const signed = rateLimiter(requestsPerMinute)
  const rejected = rateLimiter(requestsPerMinute)
  app.onError(answerError(log))
  app.notFound(() => {
    throw new Problem('route_not_found')
  })
  app.use(trace(log))
  app.post('/:id', limitBody, async (c) => {
    const id = c.req.param('id')
    const db = serviceClient(config, c.get('traceId'))
    const body = new Uint8Array(await c.req.arrayBuffer())
    const { endpoint, delivery } = await authenticate(db, config, id, c.req.raw.headers, body, () =>
      rejected.count(c, `${id} ${senderOf(config, c.req.header('x-forwarded-for'))}`),
    )
    signed.count(c, id)
    const { scheme, events } = endpoint
    const payload = payloadOf(scheme, body)
    const names = eventNames(scheme, c.req.raw.headers, payload)
    // Slack sends this to verify the address, and GitHub to test it
    if (scheme === 'slack' && names[0] === 'url_verification')
      return c.json({ challenge: (payload as { challenge?: Json }).challenge ?? null, run: null })
    if (scheme === 'github' && names[0] === 'ping') return c.json({ run: null })
    if (events.length > 0 && !names.some((name) => events.includes(name))) return c.json({ run: null })
    const event = eventOf(scheme, payload)
    const input = inputOf(endpoint.input_template, event, payload)
    const name = names.at(-1) ?? event
    const what = { event: name, payload, input, title: titleOf(name, payload) }
    const answer = await ask(db.rpc('accept_webhook', { endpoint_id: endpoint.id, ...delivery, ...what }))
    const { run, created } = Accepted.parse(answer)
    if (!run) throw new Problem('webhook_disabled')
    return c.json({ run }, created ? 202 : 200)
  })
  return app
}
