/** Failures that one folder of the executor throws and another one handles. `platform/errors.ts` has those of the database. */
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
    super(why === 'lost' ? 'The work was cancelled or went to another worker.' : 'The worker is stopping.')
    this.why = why
  }
}

/** Why a tool call failed. People and the model may see both the message and the code. */
export class ToolCallError extends Error {
  override name = 'ToolCallError'
  readonly failure: ToolFailure

  constructor(code: ToolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.failure = { code, message }
  }
}

/** The tool was not called, because its sandbox or something else that it needs could not be prepared. */
export class CallNotStarted extends Error {
  override name = 'CallNotStarted'
  readonly code: CallErrorCode = 'sandbox_unavailable'
}

/** Another worker may hold the call by now, so this worker did not start it. */
export class CameTooLate extends CallNotStarted {
  override readonly code = 'worker_lost'
}

/** Nobody could find out whether a lost effect happened. It must not run again before that is known. */
export class LookupFailed extends Error {
  override name = 'LookupFailed'
}

/** Why a secret cannot be used. People read the message, and it never contains the secret's value. */
export class SecretError extends Error {
  override name = 'SecretError'
}
