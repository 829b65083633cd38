/** Failures that a tool states on purpose, and how any thrown thing becomes the failure that leaves the sandbox. */
import type { ToolErrorCode, ToolFailure } from '../../contracts/runner.ts'

const MAX_MESSAGE = 2000

/** Throw this when the message should carry another code than `tool_failed`, e.g. `not_found` or `invalid_input`. */
export class ToolError extends Error {
  readonly code: ToolErrorCode

  constructor(code: ToolErrorCode, message: string) {
    super(message)
    this.name = 'ToolError'
    this.code = code
  }
}

/** Message and code only: a stack trace never leaves the sandbox. */
export function toFailure(error: unknown): ToolFailure {
  const code = error instanceof ToolError ? error.code : 'tool_failed'
  const message = error instanceof Error ? error.message : String(error)
  return { code, message: message.slice(0, MAX_MESSAGE) || 'The tool failed without a message.' }
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
