/**
 * Counts the requests of each caller per minute, in the memory of this instance: with n instances a caller may send up to n
 * times as many. It protects against loops and floods. The database limits what costs money (create_run).
 */
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { Problem } from '../problem.ts'
import type { AppEnv } from './context.ts'

const WINDOW_MS = 60_000

export interface RateLimiter {
  /** Counts one request of the caller and sets the RateLimit headers. Throws `too_many_requests`. */
  count(c: Context<AppEnv>, caller: string): void
  /** Throws `too_many_requests` if the caller has used up the limit, without counting this request. */
  check(c: Context<AppEnv>, caller: string): void
}

export function rateLimiter(requestsPerMinute: number): RateLimiter {
  let window = 0
  const counts = new Map<string, number>()

  const add = (c: Context<AppEnv>, caller: string, requests: 0 | 1) => {
    const now = Date.now()
    if (Math.floor(now / WINDOW_MS) !== window) {
      window = Math.floor(now / WINDOW_MS)
      counts.clear()
    }
    const used = (counts.get(caller) ?? 0) + requests
    if (requests > 0) counts.set(caller, used)
    const reset = Math.ceil(((window + 1) * WINDOW_MS - now) / 1000)
    c.header('RateLimit-Limit', String(requestsPerMinute))
    c.header('RateLimit-Remaining', String(Math.max(requestsPerMinute - used, 0)))
    c.header('RateLimit-Reset', String(reset))
    if (used + 1 - requests > requestsPerMinute) {
      c.header('Retry-After', String(reset))
      throw new Problem('too_many_requests')
    }
  }
  return { count: (c, caller) => add(c, caller, 1), check: (c, caller) => add(c, caller, 0) }
}

/** Limits the requests of each person. */
export function limitRate(requestsPerMinute: number) {
  const limiter = rateLimiter(requestsPerMinute)
  return createMiddleware<AppEnv>(async (c, next) => {
    limiter.count(c, c.get('userId') ?? '')
    await next()
  })
}
