/** One JSON line each way over the session's socket. */
import type { Answer } from './answer.ts'
import type { Place } from './arguments.ts'

export type SessionRequest = { type: 'call'; tool: string; input: unknown; place: Place } | { type: 'end' }

/** `ending`: nothing was done, for the session is about to end; a new one can be started. */
export type SessionReply = { type: 'answer'; answer: Answer } | { type: 'ending' }

export const MAX_REQUEST_BYTES = 8 * 1024 * 1024
