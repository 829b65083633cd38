import type { ToolErrorCode, ToolFailure } from '../../contracts/runner.ts'

/** Why a call to a sandbox failed, in words and a code that may be shown to people and to the model. */
export class ToolCallError extends Error {
  readonly failure: ToolFailure

  constructor(code: ToolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ToolCallError'
    this.failure = { code, message }
  }
}
