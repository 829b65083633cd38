/** Gives every request a trace id: the caller's if it is valid, otherwise a new one. The answer contains it. */
import { createMiddleware } from 'hono/factory'
import type { AppEnv } from './context.ts'
import type { Log } from './log.ts'

const TRACE_ID = /^[A-Za-z0-9._:-]{1,128}$/
/** W3C Trace Context, version 00. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

export const trace = (log: Log) =>
  createMiddleware<AppEnv>(async (c, next) => {
    const traceId = traceIdOf(c.req.header('X-Trace-ID'), c.req.header('traceparent'))
    const began = performance.now()
    c.set('traceId', traceId)
    await next()
    c.header('X-Trace-ID', traceId)
    log({
      level: 'info',
      message: 'request',
      trace_id: traceId,
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      ms: Math.round(performance.now() - began),
      user_id: c.get('userId'),
    })
  })

export function traceIdOf(given: string | undefined, traceparent: string | undefined): string {
  if (given && TRACE_ID.test(given)) return given
  return TRACEPARENT.exec(traceparent ?? '')?.[1] ?? crypto.randomUUID().replaceAll('-', '')
}
