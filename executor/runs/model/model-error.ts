/** Why a model did not answer. `code` is stable. `message` is for people and never contains a key. */
import OpenAI from 'openai'
import { type DEMO_MODEL_LIMIT, DemoModelLimit } from '../../../contracts/demo-model-limit.ts'
import { ForbiddenTargetError } from '../../outgoing/outgoing.ts'
import { isContextLength } from './context-length.ts'

export type ModelErrorCode =
  | 'model_rate_limited'
  | 'model_unavailable'
  | 'model_timeout'
  | 'model_cut_off'
  | 'model_empty_answer'
  | 'model_quota_used_up'
  | 'model_not_allowed'
  | 'model_not_found'
  | 'model_refused'
  | 'model_context_too_long'
  | 'model_bad_request'
  | 'model_bad_endpoint'
  | 'model_bad_answer'
  | typeof DEMO_MODEL_LIMIT

/** What any model server may cause. */
type ServerErrorCode = Exclude<ModelErrorCode, typeof DEMO_MODEL_LIMIT>

const retryable: readonly ModelErrorCode[] = [
  'model_rate_limited',
  'model_unavailable',
  'model_timeout',
  'model_cut_off',
  'model_empty_answer',
]

interface ModelErrorMore {
  retryAfterSeconds?: number | undefined
  words?: string
  examples?: string[]
  cause?: unknown
}

export class ModelError extends Error {
  override name = 'ModelError'
  readonly code: ModelErrorCode
  /** The same call may succeed later. */
  readonly isRetryable: boolean
  /** The waiting time that the provider asked for. */
  readonly retryAfterSeconds: number | undefined
  /** The provider's whole error text, from which its meaning is recognised. */
  readonly words: string
  /** Requests that the demo model can do, if this is its limit. */
  readonly examples: string[] | undefined

  constructor(code: ModelErrorCode, message: string, more: ModelErrorMore = {}) {
    super(message, { cause: more.cause })
    this.words = more.words ?? ''
    this.examples = more.examples
    this.code = code
    this.isRetryable = retryable.includes(code)
    this.retryAfterSeconds = more.retryAfterSeconds
  }
}

const MAX_DETAIL = 300
/** Control characters, and characters that change the text direction or are invisible. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu

/** Turns an error of the client library into a `ModelError`. Only with `isDemo` may the server say `demo_model_limit`. */
export function toModelError(error: unknown, { isDemo = false } = {}): ModelError {
  if (error instanceof ModelError) return error
  if (error instanceof OpenAI.APIConnectionTimeoutError) {
    return new ModelError('model_timeout', 'The model did not answer in time.', { cause: error })
  }
  if (error instanceof OpenAI.APIConnectionError) {
    if (error.cause instanceof ModelError) return error.cause
    if (error.cause instanceof ForbiddenTargetError)
      return new ModelError('model_bad_endpoint', error.cause.message, { cause: error })
    return new ModelError('model_unavailable', 'The model could not be reached.', { cause: error })
  }
  if (error instanceof OpenAI.APIError) return (isDemo && demoLimit(error)) || fromServer(error)
  // the connection was lost, or the response was not a stream of events
  return new ModelError('model_cut_off', 'The connection to the model was lost.', { cause: error })
}

type ApiError = InstanceType<typeof OpenAI.APIError>

function demoLimit(error: ApiError): ModelError | undefined {
  const { data } = DemoModelLimit.safeParse(error.error)
  return data && new ModelError(data.code, data.message, { examples: data.examples, cause: error })
}

/** An error with a status, or an error object in the middle of a stream, which may name one. */
function fromServer(error: ApiError): ModelError {
  const words = providerWords(error)
  const status = error.status ?? statusIn(error.error)
  const code = codeOf(error, status, words)
  return new ModelError(code, describe(code, status, words), {
    retryAfterSeconds: retryAfter(error),
    words: `${error.code ?? ''} ${words}`,
    cause: error,
  })
}

function statusIn(body: unknown): number | undefined {
  const { code, status } = (body ?? {}) as { code?: unknown; status?: unknown }
  return [code, status].map(Number).find((value) => value >= 400 && value < 600)
}

function codeOf(error: ApiError, status: number | undefined, words: string): ServerErrorCode {
  if (isContentPolicy(error)) return 'model_refused'
  if (error.code === 'insufficient_quota') return 'model_quota_used_up'
  if (isContextLength(`${error.code ?? ''} ${error.type ?? ''} ${words}`) && (status ?? 400) < 600)
    return 'model_context_too_long'
  if (status === undefined) return 'model_unavailable'
  switch (status) {
    case 401:
    case 403:
      return 'model_not_allowed'
    case 402:
      return 'model_quota_used_up'
    case 404:
    case 405:
      // a server that knows the path says which model it does not know
      return /model/i.test(`${error.code ?? ''} ${words}`) ? 'model_not_found' : 'model_bad_endpoint'
    case 408:
      return 'model_timeout'
    case 413:
      return 'model_context_too_long'
    case 429:
      return 'model_rate_limited'
    case 409:
    case 425:
      return 'model_unavailable'
    default:
      return status >= 500 ? 'model_unavailable' : 'model_bad_request'
  }
}

function isContentPolicy(error: ApiError): boolean {
  return /content_?(policy|filter)|moderation/i.test(`${error.code ?? ''} ${error.type ?? ''}`)
}

const sentences: Record<ServerErrorCode, string> = {
  model_rate_limited: 'The model receives too many requests.',
  model_unavailable: 'The model server has a problem.',
  model_timeout: 'The model did not answer in time.',
  model_cut_off: 'The connection to the model was lost.',
  model_empty_answer: 'The model gave an empty answer.',
  model_quota_used_up: 'The quota or credit at the model provider is used up.',
  model_not_allowed: 'The model provider refused the API key.',
  model_not_found: 'The model provider has no such model.',
  model_refused: 'The content policy of the model provider forbids this request.',
  model_context_too_long: 'The conversation is too long for the model.',
  model_bad_request: 'The model provider refused the request.',
  model_bad_endpoint: 'There is no model server at this address. Check the base URL: most end in /v1.',
  model_bad_answer: 'The model server sent something that is not an answer.',
}

/** Adds the provider's own words, unless they contain the key. */
function describe(code: ServerErrorCode, status: number | undefined, words: string): string {
  const isSecret = code === 'model_not_allowed'
  const shown = isSecret ? '' : words.replace(UNSEEN, ' ').slice(0, MAX_DETAIL).toWellFormed().trim()
  const detail = [status && `HTTP ${status}`, shown].filter(Boolean).join(': ')
  return detail ? `${sentences[code]} (${detail})` : sentences[code]
}

const MAX_WORDS = 4_000

/** Reads the error text from the shapes that servers use: `{message}`, `{error}`, `{detail}`, a list of these, or plain text. */
function providerWords(error: ApiError): string {
  const words = wordsIn(error.error, 3) || (isPage(error.message) ? '' : error.message.replace(/^\d{3} /, ''))
  return words === '(no body)' || words === 'status code (no body)' ? '' : words.slice(0, MAX_WORDS)
}

const isPage = (text: string) => /<html|<!doctype/i.test(text)

function wordsIn(value: unknown, depth: number): string {
  if (typeof value === 'string') return isPage(value) ? '' : value
  if (typeof value !== 'object' || value === null || depth === 0) return ''
  if (Array.isArray(value)) {
    return value
      .slice(0, 5)
      .map((item) => wordsIn(item, depth - 1))
      .filter(Boolean)
      .join('; ')
  }
  const { message, msg, error, errors, detail } = value as Record<string, unknown>
  for (const part of [message, msg, error, errors, detail]) {
    const words = wordsIn(part, depth - 1)
    if (words) return words
  }
  return ''
}

/** In seconds, from `retry-after` (seconds or a date) or `retry-after-ms`. */
function retryAfter(error: ApiError): number | undefined {
  const ms = Number.parseFloat(error.headers?.get('retry-after-ms') ?? '')
  if (ms >= 0) return ms / 1000
  const value = error.headers?.get('retry-after')
  if (!value) return undefined
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return Math.max(seconds, 0)
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max((date - Date.now()) / 1000, 0)
}
