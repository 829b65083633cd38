/** One JSON line each way over the session's socket. */
import type { Answer } from './answer.ts'
import type { Place } from './arguments.ts'

export type SessionRequest = { type: 'call'; tool: string; input: unknown; place: Place } | { type: 'end' }

/** `ending` means that nothing was done, because the session is about to end. The client can start a new one. */
export type SessionReply = { type: 'answer'; answer: Answer } | { type: 'ending' }

export const MAX_REQUEST_BYTES = 8 * 1024 * 1024
