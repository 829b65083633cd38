/**
 * Every error code that a tool call can end with. The model, people and webhooks see these codes, so they are stable:
 * they are never renamed, only added. `docs/tools.md` lists them.
 */
import { z } from 'zod'

interface ToolErrorEntry {
  meaning: string
  /** Nobody can tell whether an effect has happened when its call ends so. */
  isInDoubt?: true
  /** Another attempt may go well: a call that is no effect runs again. */
  isRetryable?: true
}

/** What a tool, or the runner that runs it, may answer with. */
export const toolErrors = {
  invalid_input: { meaning: 'The arguments do not fit the tool. The message says which, and how to correct them.' },
  not_found: { meaning: 'What the arguments name (a file, a folder, a record) does not exist.' },
  tool_failed: { meaning: 'The tool could not do it. The message says why.' },
  timeout: { meaning: 'The call took longer than it may.', isInDoubt: true },
  cancelled: { meaning: 'The call was cancelled.', isInDoubt: true },
  unknown_tool: { meaning: 'There is no such tool, or it is switched off for this persona.' },
  invalid_output: { meaning: 'The tool gave a result that does not fit its own output schema.' },
  sandbox_lost: { meaning: 'The sandbox ended during the call.', isInDoubt: true, isRetryable: true },
  service_lost: {
    meaning: 'A service of the sandbox that the call used died, or no longer answered.',
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

/** What the platform adds: a call that it could not start, could not record, or did not make. */
export const callErrors = {
  sandbox_unavailable: { meaning: 'The sandbox could not be made ready. The tool was not started.' },
  mail_unavailable: { meaning: 'The mail server does not answer or refuses for now. Nothing was sent.' },
  worker_lost: { meaning: 'The worker was lost. Nobody can tell whether an effect has happened.' },
  secret_unusable: { meaning: 'A secret that the tool needs cannot be decrypted.' },
  storage_failed: { meaning: 'It was done, but the files that it made could not be stored.' },
  internal_error: { meaning: 'The platform failed to carry the call out.', isInDoubt: true, isRetryable: true },
  outcome_unknown: { meaning: 'The run ended while an effect was under way. Its result may still come in.' },
  no_result: { meaning: 'The call has no result.' },
  denied: { meaning: 'A person or the persona’s policy said no.' },
  approval_expired: { meaning: 'Nobody answered in time, so it was not done.' },
  given_up: { meaning: 'Nobody knows whether it happened, and a person gave it up.' },
} as const satisfies Record<string, ToolErrorEntry>

export const ToolErrorCode = z.enum(Object.keys(toolErrors) as [keyof typeof toolErrors])
export type ToolErrorCode = keyof typeof toolErrors
export type CallErrorCode = ToolErrorCode | keyof typeof callErrors

export const ToolFailure = z.object({ code: ToolErrorCode, message: z.string() })
export type ToolFailure = z.infer<typeof ToolFailure>

export function errorEntry(code: CallErrorCode): ToolErrorEntry {
  return { ...toolErrors, ...callErrors }[code]
}

/** Throw this where the code should not be `tool_failed`. The message is for the model and for people. */
export class ToolError extends Error {
  override name = 'ToolError'
  readonly code: ToolErrorCode

  constructor(code: ToolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

const MAX_MESSAGE = 2000

/** Message and code only: a stack trace never leaves the place where a tool runs. */
export function toFailure(error: unknown): ToolFailure {
  const code = error instanceof ToolError ? error.code : 'tool_failed'
  const message = error instanceof Error ? error.message : String(error)
  return { code, message: message.slice(0, MAX_MESSAGE) || 'The tool failed without a message.' }
}
