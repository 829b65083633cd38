/** A run that its worker keeps in mind while it works on the calls of a segment, so that it need not be read again. */

import type { ClaimedRun, ContinuedRun } from '../platform/types.ts'
import type { FinishedCall } from '../platform/write-transitions.ts'
import type { RunThread } from './graph/graph.ts'
import { promptBytes } from './graph/prompt.ts'
import { DEFAULT_MAX_OUTPUT_TOKENS } from './model/tokens.ts'

/** A model, a key or a persona's name that has changed is taken up after this. */
const FORGOTTEN_AFTER_MS = 60_000

/** A claimed run, with its graph and the moment when it was read, when this worker had it before. */
export interface RunInHand extends ClaimedRun {
  thread?: RunThread
  /** Of `performance.now()`. */
  readAt?: number
}

export type KnownRun = Required<RunInHand>

/** What `finish_tool` needs of a run to claim it without reading it; undefined when it is to be read again. */
export function knownToDatabase(run: KnownRun): FinishedCall['known'] {
  if (performance.now() - run.readAt > FORGOTTEN_AFTER_MS) return undefined
  const { provider, model } = run.models[0]!
  return {
    provider,
    model,
    max_output_tokens: run.model.max_output_tokens ?? DEFAULT_MAX_OUTPUT_TOKENS,
    prompt_bytes: promptBytes + bytesOfRun(run) + run.thread.checkpointBytes,
  }
}

/** What a prompt says of the run besides its messages. */
const bytesOfRun = ({ persona, instructions, created_at }: ClaimedRun) =>
  Buffer.byteLength(JSON.stringify({ persona, instructions, created_at }))

/** The run as it is in its next segment. */
export function goOn(run: KnownRun, news: ContinuedRun): KnownRun {
  return { ...run, attempts: 0, added_input: null, ...news }
}
