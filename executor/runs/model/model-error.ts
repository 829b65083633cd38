/** Why a model did not answer, classified once. `code` is stable; `message` is for people and holds no key. */
import OpenAI from 'openai'

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

const retryable: readonly ModelErrorCode[] = [
  'model_rate_limited',
  'model_unavailable',
  'model_timeout',
  'model_cut_off',
  'model_empty_answer',
]

export class ModelError extends Error {
  override name = 'ModelError'
  readonly code: ModelErrorCode
  /** The same call may succeed later. */
  readonly isRetryable: boolean
  /** What the provider asked us to wait. */
  readonly retryAfterSeconds: number | undefined

  constructor(code: ModelErrorCode, message: string, more: { retryAfterSeconds?: number; cause?: unknown } = {}) {
    super(message, { cause: more.cause })
    this.code = code
    this.isRetryable = retryable.includes(code)
    this.retryAfterSeconds = more.retryAfterSeconds
  }
}

const MAX_DETAIL = 300

/** Turns what the client library threw into a `ModelError`. */
export function toModelError(error: unknown): ModelError {
  if (error instanceof ModelError) return error
  if (error instanceof OpenAI.APIConnectionTimeoutError) {
    return new ModelError('model_timeout', 'The model did not answer in time.', { cause: error })
  }
  if (error instanceof OpenAI.APIError && error.status) {
    const code = codeOf(error)
    return new ModelError(code, describe(code, error), { retryAfterSeconds: retryAfter(error), cause: error })
  }
  if (error instanceof OpenAI.APIError && !(error instanceof OpenAI.APIConnectionError)) {
    // an error object in the middle of a stream
    const code = isContentPolicy(error) ? 'model_refused' : 'model_unavailable'
    return new ModelError(code, describe(code, error), { cause: error })
  }
  if (error instanceof OpenAI.APIConnectionError) {
    return new ModelError('model_unavailable', 'The model could not be reached.', { cause: error })
  }
  // the connection broke, or what came was not a stream of events
  return new ModelError('model_cut_off', 'The connection to the model broke off.', { cause: error })
}

type ApiError = InstanceType<typeof OpenAI.APIError>

function codeOf(error: ApiError): ModelErrorCode {
  if (isContentPolicy(error)) return 'model_refused'
  if (error.code === 'context_length_exceeded') return 'model_context_too_long'
  if (error.code === 'insufficient_quota') return 'model_quota_used_up'
  switch (error.status) {
    case 401:
    case 403:
      return 'model_not_allowed'
    case 402:
      return 'model_quota_used_up'
    case 404:
      return 'model_not_found'
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
      return (error.status ?? 500) >= 500 ? 'model_unavailable' : 'model_bad_request'
  }
}

function isContentPolicy(error: ApiError): boolean {
  return /content_?(policy|filter)|moderation/i.test(`${error.code ?? ''} ${error.type ?? ''}`)
}

const sentences: Record<ModelErrorCode, string> = {
  model_rate_limited: 'The model is asked too often.',
  model_unavailable: 'The model has a problem.',
  model_timeout: 'The model did not answer in time.',
  model_cut_off: 'The connection to the model broke off.',
  model_empty_answer: 'The model gave an empty answer.',
  model_quota_used_up: 'The quota or credit at the model provider is used up.',
  model_not_allowed: 'The model provider refused the key.',
  model_not_found: 'The model provider has no such model.',
  model_refused: 'The content policy of the model provider forbids this request.',
  model_context_too_long: 'The conversation is too long for the model.',
  model_bad_request: 'The model provider refused the request.',
}

/** The provider's own words are added, except where they quote the key. */
function describe(code: ModelErrorCode, error: ApiError): string {
  const status = error.status ? `HTTP ${error.status}` : ''
  const words = code === 'model_not_allowed' ? '' : providerWords(error)
  const detail = [status, words].filter(Boolean).join(': ')
  return detail ? `${sentences[code]} (${detail})` : sentences[code]
}

function providerWords(error: ApiError): string {
  const { message } = (error.error ?? {}) as { message?: unknown }
  return typeof message === 'string' ? message.slice(0, MAX_DETAIL).toWellFormed() : ''
}

/** Seconds, from `retry-after` (seconds or a date) or `retry-after-ms`. */
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
