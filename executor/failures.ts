/** Failures that one folder of the executor throws and another one judges. Those of the database are in `platform/errors.ts`. */
import type { CallErrorCode, ToolErrorCode, ToolFailure } from '../contracts/tool-errors.ts'

/** The run cannot go on, and trying again would not help. `code` becomes its reason. */
export class RunFailure extends Error {
  override name = 'RunFailure'
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Why work was aborted. `lost`: cancelled, timed out, or taken over by another worker; `draining`: this worker stops. */
export class WorkAborted extends Error {
  override name = 'WorkAborted'
  readonly why: 'lost' | 'draining'

  constructor(why: 'lost' | 'draining') {
    super(why === 'lost' ? 'The work was cancelled or went to another worker.' : 'The worker stops.')
    this.why = why
  }
}

/** Why a tool call failed, in words and a code that may be shown to people and to the model. */
export class ToolCallError extends Error {
  override name = 'ToolCallError'
  readonly failure: ToolFailure

  constructor(code: ToolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.failure = { code, message }
  }
}

/** The tool was not even called: its sandbox, or something else that it needs, could not be made ready. */
export class CallNotStarted extends Error {
  override name = 'CallNotStarted'
  readonly code: CallErrorCode = 'sandbox_unavailable'
}

/** Another worker may have the call by now, so this one has not begun. */
export class CameTooLate extends CallNotStarted {
  override readonly code = 'worker_lost'
}

/** A lost effect could not be looked up. It must not run without that. */
export class LookupFailed extends Error {
  override name = 'LookupFailed'
}

/** Why a secret cannot be used, in words for people. It never holds the secret's value. */
export class SecretError extends Error {
  override name = 'SecretError'
}
