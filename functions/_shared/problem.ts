/** An expected refusal: thrown anywhere, answered by `answerError`. */
import { type ErrorCode, errors } from '../../contracts/errors.ts'

export class Problem extends Error {
  readonly code: string
  readonly status: number
  readonly details: unknown

  /** The status is the code's own (contracts/errors.ts). `message` is for people and must hold no secret. */
  constructor(code: ErrorCode, message: string = errors[code].meaning, details?: unknown, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.status = errors[code].status
    this.details = details
  }
}
