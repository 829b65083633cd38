/**
 * Requests per caller in fixed windows of a minute, counted in this instance's memory: with n instances a caller gets
 * up to n times as many. It protects against loops and floods; what costs money is limited in the database (create_run).
 */
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { AppEnv } from './context.ts'
import { Problem } from './problem.ts'

const WINDOW_MS = 60_000

/** `callerOf` names whose requests are counted together: without it, the person's. */
export function limitRate(
  requestsPerMinute: number,
  callerOf: (c: Context<AppEnv>) => string | undefined = (c) => c.get('userId'),
) {
  let window = 0
  const counts = new Map<string, number>()

  return createMiddleware<AppEnv>(async (c, next) => {
    const now = Date.now()
    if (Math.floor(now / WINDOW_MS) !== window) {
      window = Math.floor(now / WINDOW_MS)
      counts.clear()
    }
    const caller = callerOf(c) ?? ''
    const used = (counts.get(caller) ?? 0) + 1
    counts.set(caller, used)
    const reset = Math.ceil(((window + 1) * WINDOW_MS - now) / 1000)
    c.header('RateLimit-Limit', String(requestsPerMinute))
    c.header('RateLimit-Remaining', String(Math.max(requestsPerMinute - used, 0)))
    c.header('RateLimit-Reset', String(reset))
    if (used > requestsPerMinute) {
      c.header('Retry-After', String(reset))
      throw new Problem('too_many_requests')
    }
    await next()
  })
}
