/**
 * Every error code that a tool call can end with. The model, people and webhooks see these codes, so they are stable:
 * they are never renamed, only added. `docs/tools.md` lists them.
 */
import { z } from 'zod'

interface ToolErrorEntry {
  meaning: string
  /** A call with an effect that ends with this code may or may not have happened. */
  isInDoubt?: true
  /** Another attempt may succeed, so a call without an effect runs again. */
  isRetryable?: true
}

/** Codes of a tool or of its runner. */
export const toolErrors = {
  invalid_input: { meaning: 'Some arguments are wrong. The message says which, and how to correct them.' },
  not_found: { meaning: 'A file, folder or record in the arguments does not exist.' },
  tool_failed: { meaning: 'The tool failed. The message says why.' },
  timeout: { meaning: 'The call took longer than its limit allows.', isInDoubt: true },
  cancelled: { meaning: 'The call was cancelled.', isInDoubt: true },
  unknown_tool: { meaning: 'This tool does not exist, or it is switched off for this persona.' },
  invalid_output: { meaning: 'The result of the tool does not match its output schema.' },
  sandbox_lost: { meaning: 'The sandbox ended during the call.', isInDoubt: true, isRetryable: true },
  service_lost: {
    meaning: 'A service of the sandbox that the call used ended or stopped answering.',
    isInDoubt: true,
    isRetryable: true,
  },
  service_unavailable: {
    meaning: 'A service that the tool needs could not be started. The tool was not started.',
    isRetryable: true,
  },
  need_missing: { meaning: 'This installation lacks a service or a program that the tool needs.' },
  mail_not_configured: { meaning: 'This installation has no mail server.' },
} as const satisfies Record<string, ToolErrorEntry>

/** Codes of the platform, for calls that it could not start, could not record, or did not make. */
export const callErrors = {
  sandbox_unavailable: { meaning: 'The sandbox could not be started. The tool was not started.' },
  mail_unavailable: { meaning: 'The mail server does not answer, or refuses mail at the moment. Nothing was sent.' },
  worker_lost: { meaning: 'The worker was lost during the call. The call may or may not have happened.' },
  secret_unusable: { meaning: 'A secret that the tool needs cannot be decrypted.' },
  storage_failed: { meaning: 'The call succeeded, but its files could not be stored.' },
  internal_error: { meaning: 'The platform had a problem with the call.', isInDoubt: true, isRetryable: true },
  outcome_unknown: { meaning: 'The run ended while the call was under way. Its result may still arrive.' },
  no_result: { meaning: 'The call has no result.' },
  denied: { meaning: 'A person or the persona’s policy said no.' },
  failed_before: {
    meaning: 'A person approved this call before, and it failed. The run does not ask them again by itself.',
  },
  approval_expired: { meaning: 'Nobody answered in time, so the call was not made.' },
  given_up: { meaning: 'Nobody knows whether the call happened, and a person gave it up.' },
} as const satisfies Record<string, ToolErrorEntry>

export const ToolErrorCode = z.enum(Object.keys(toolErrors) as [keyof typeof toolErrors])
export type ToolErrorCode = keyof typeof toolErrors
export type CallErrorCode = ToolErrorCode | keyof typeof callErrors

export const ToolFailure = z.object({ code: ToolErrorCode, message: z.string() })
export type ToolFailure = z.infer<typeof ToolFailure>

export function errorEntry(code: CallErrorCode): ToolErrorEntry {
  return { ...toolErrors, ...callErrors }[code]
}

/** Throw this to use another code than `tool_failed`. The message is for the model and for people. */
export class ToolError extends Error {
  override name = 'ToolError'
  readonly code: ToolErrorCode

  constructor(code: ToolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

const MAX_MESSAGE = 2000

/** Keeps only the code and the message, because a stack trace must never leave the place where the tool runs. */
export function toFailure(error: unknown): ToolFailure {
  const code = error instanceof ToolError ? error.code : 'tool_failed'
  const message = error instanceof Error ? error.message : String(error)
  return { code, message: message.slice(0, MAX_MESSAGE) || 'The tool failed without a message.' }
}
