/** Turns every error into an answer: `{error: {code, message, details?}}`. */
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { Problem } from '../problem.ts'
import type { AppEnv } from './context.ts'
import { describeError, type Log } from './log.ts'

/** Seconds to wait after a limit of the database, whose exact time is not known here. */
const RETRY_AFTER = '10'

export const answerError = (log: Log) => (error: Error, c: Context<AppEnv>) => {
  const problem = problemOf(error)
  if (problem.status >= 500 || problem.cause) {
    log({
      level: problem.status >= 500 ? 'error' : 'info',
      message: problem.status >= 500 ? 'request failed' : 'request refused by the database',
      trace_id: c.get('traceId'),
      method: c.req.method,
      path: c.req.path,
      code: problem.code,
      error: describeError(problem.cause ?? error),
    })
  }
  if (problem.status === 429 && !c.res.headers.has('Retry-After')) c.header('Retry-After', RETRY_AFTER)
  const { code, message, details } = problem
  return c.json({ error: { code, message, details } }, problem.status as ContentfulStatusCode)
}

function problemOf(error: Error): Problem {
  if (error instanceof Problem) return error
  if (error instanceof HTTPException && error.status === 400) return new Problem('invalid_json')
  return new Problem('internal', undefined, undefined, { cause: error })
}
