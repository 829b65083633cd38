/** What a worker remembers of a run while it works on the calls of a segment, so that the run need not be read again. */
import type { ClaimedRun, ContinuedRun } from '../../platform/types.ts'
import type { FinishedCall } from '../../platform/write-transitions.ts'
import { promptBytes } from '../graph/prompt.ts'
import { DEFAULT_MAX_OUTPUT_TOKENS } from '../model/tokens.ts'
import type { EagerThread } from './eager-thread.ts'

/** Changes of models, keys and the persona's name take effect after this time. */
const FORGOTTEN_AFTER_MS = 60_000

export class KnownRun {
  /** Without the checkpoint's text, which the thread has. */
  readonly run: ClaimedRun
  readonly thread: EagerThread
  /** When it was read from the database, in milliseconds of `performance.now()`. */
  readonly readAt: number
  /** The id of the last checkpoint, which contains all messages. */
  checkpointBytes = 0

  constructor(run: ClaimedRun, thread: EagerThread, readAt = performance.now()) {
    this.run = run
    this.thread = thread
    this.readAt = readAt
  }
}

/** What `finish_tool` needs in order to claim a run without reading it. Undefined when the run must be read again. */
export function knownToDatabase({ run, readAt, checkpointBytes }: KnownRun): FinishedCall['known'] {
  if (performance.now() - readAt > FORGOTTEN_AFTER_MS) return undefined
  const { provider, model } = run.models[0]!
  return {
    provider,
    model,
    max_output_tokens: run.model.max_output_tokens ?? DEFAULT_MAX_OUTPUT_TOKENS,
    prompt_bytes: promptBytes + bytesOfRun(run) + checkpointBytes,
  }
}

/** What a prompt says about the run, besides its messages. */
const bytesOfRun = ({ persona, instructions, created_at }: ClaimedRun) =>
  Buffer.byteLength(JSON.stringify({ persona, instructions, created_at }))

/** The run in its next segment. */
export function continued({ run, thread, readAt }: KnownRun, news: ContinuedRun): KnownRun {
  return new KnownRun({ ...run, attempts: 0, ...news }, thread, readAt)
}
