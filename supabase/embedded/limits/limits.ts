/** Limits for requests, by route. They are checked before anything parses the request, and have one error shape. */
import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { exceeded, type JsonLimits } from './json-size.ts'
import { bracketLevels } from './nesting.ts'

const KiB = 1024
export const MiB = 1024 * KiB

const MAX_QUERY_LENGTH = 16 * KiB
/** The most parameters of a query string, including filters. */
const MAX_PARAMETERS = 100
const MAX_QUERY_NESTING = 20
const ENCODED_BRACKET = /%(28|29|5b|5d|7b|7d)/gi

const JSON_LIMITS: JsonLimits = { depth: 64, outer: 10_000, values: 100_000 }

const words: Record<keyof JsonLimits, string> = {
  depth: `is nested more than ${JSON_LIMITS.depth} levels deep`,
  outer: `has more than ${JSON_LIMITS.outer} values in its outer two levels`,
  values: `has more than ${JSON_LIMITS.values} values`,
}

/** The code of every refusal for size, at every door; the API has the same (contracts/errors.ts). */
export const BODY_TOO_LARGE = 'body_too_large'

export const tooManyBytes = (maxSize: number) => `The request body may have at most ${sizeInWords(maxSize)}`

/** Refuses a body of more than `maxSize` bytes with 413. */
export const limitBytes = (maxSize: number): MiddlewareHandler =>
  bodyLimit({ maxSize, onError: (context) => refusal(context, 413, BODY_TOO_LARGE, tooManyBytes(maxSize)) })

/** The same for the API, whose errors have a shape of their own. */
export const limitFunctionBytes = (maxSize: number): MiddlewareHandler =>
  bodyLimit({
    maxSize,
    onError: (context) => context.json({ error: { code: BODY_TOO_LARGE, message: tooManyBytes(maxSize) } }, 413),
  })

/** Refuses a body with too many values with 413, and one that is nested too deeply with 400, whatever its content type is. */
export const limitJson: MiddlewareHandler = async (context, next) => {
  const refused = context.req.raw.body && refusedJson(new Uint8Array(await context.req.raw.clone().arrayBuffer()))
  return refused ? refusal(context, refused.status, refused.code, refused.message) : next()
}

/** How JSON with too many values, or nested too deeply, is refused; undefined when it is not. */
export function refusedJson(json: Uint8Array): { status: 400 | 413; code: string; message: string } | undefined {
  const limit = exceeded(json, JSON_LIMITS)
  if (!limit) return undefined
  const message = `The request body ${words[limit]}`
  return limit === 'depth'
    ? { status: 400, code: 'nested_too_deeply', message }
    : { status: 413, code: BODY_TOO_LARGE, message }
}

/** Refuses with 414 a query string that is too long or has too many conditions. */
export const limitQuery: MiddlewareHandler = async (context, next) => {
  const query = context.req.url.split('?')[1] ?? ''
  if (
    query.length > MAX_QUERY_LENGTH ||
    query.split('&').length > MAX_PARAMETERS ||
    bracketLevels(query.replace(ENCODED_BRACKET, decodeURIComponent)) > MAX_QUERY_NESTING
  )
    return refusal(
      context,
      414,
      'query_too_large',
      `The query may have at most ${MAX_QUERY_LENGTH} characters, ${MAX_PARAMETERS} parameters and ${MAX_QUERY_NESTING} levels of brackets`,
    )
  return next()
}

const refusal = (context: Context, status: 400 | 413 | 414, code: string, message: string) =>
  context.json({ statusCode: String(status), code, error: message, message }, status)

const sizeInWords = (bytes: number) => (bytes < MiB ? `${bytes / KiB} KiB` : `${Math.floor(bytes / MiB)} MiB`)
