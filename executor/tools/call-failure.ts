/** Decides what a failed call means, depending on its tool's effect. */
import { type CallErrorCode, errorEntry } from '../../contracts/tool-errors.ts'
import { CallNotStarted, LookupFailed, SecretError, ToolCallError, WorkAborted } from '../failures.ts'
import type { ClaimedCall, RunError } from '../platform/types.ts'

const MAX_ATTEMPTS = 4
const MAX_MESSAGE = 4_000

interface CallFailure extends RunError {
  code: CallErrorCode
}

export interface Judgement extends CallFailure {
  /**
   * `failed`: the model is told. `unknown`: a person is asked. `retry`: it may run again, now or later.
   * `drop`: nothing is written, because the call is cancelled or its lease will expire.
   */
  verdict: 'failed' | 'unknown' | 'retry' | 'retry_now' | 'drop'
}

export function judgeFailure(call: Pick<ClaimedCall, 'effect' | 'attempt'>, error: unknown): Judgement {
  const failure = failureOf(error)
  const isEffect = call.effect === 'effect'
  if (error instanceof WorkAborted) {
    return { ...failure, verdict: error.why === 'draining' && !isEffect ? 'retry_now' : 'drop' }
  }
  const isLastAttempt = call.attempt >= MAX_ATTEMPTS
  if (error instanceof CallNotStarted) return { ...failure, verdict: isLastAttempt ? 'failed' : 'retry' }
  // the lease expires, and the next claim looks it up again
  if (error instanceof LookupFailed) return { ...failure, verdict: isLastAttempt ? 'unknown' : 'drop' }
  const { isInDoubt, isRetryable } = errorEntry(failure.code)
  if (isEffect) return { ...failure, verdict: isInDoubt ? 'unknown' : 'failed' }
  return { ...failure, verdict: isRetryable && !isLastAttempt ? 'retry' : 'failed' }
}

function failureOf(error: unknown): CallFailure {
  if (error instanceof ToolCallError) {
    return { code: error.failure.code, message: error.failure.message.slice(0, MAX_MESSAGE) }
  }
  if (error instanceof WorkAborted) return { code: 'cancelled', message: error.message }
  if (error instanceof LookupFailed) return { code: 'worker_lost', message: error.message }
  if (error instanceof CallNotStarted) return { code: error.code, message: error.message }
  if (error instanceof SecretError) return { code: 'secret_unusable', message: error.message }
  return { code: 'internal_error', message: 'An internal error of the platform prevented this call.' }
}
