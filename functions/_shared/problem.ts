/** An expected refusal. Any code may throw it; `answerError` turns it into an answer. */
import { type ErrorCode, errors } from '../../contracts/errors.ts'

export class Problem extends Error {
  readonly code: string
  readonly status: number
  readonly details: unknown

  /** The status comes from the code (contracts/errors.ts). `message` is for people and must not contain secrets. */
  constructor(code: ErrorCode, message: string = errors[code].meaning, details?: unknown, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.status = errors[code].status
    this.details = details
  }
}
