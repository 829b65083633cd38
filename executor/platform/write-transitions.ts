import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'
import type {
  CallResult,
  ClaimedCall,
  ClaimedRun,
  ContinuedRun,
  ReservedCall,
  RunState,
  SegmentOutcome,
} from './types.ts'

/** A model call whose worst-case cost is to be reserved. */
export interface NewModelCall {
  run_id: string
  fence: number
  provider: string
  model: string
  /** Upper bounds: the worst-case cost is reserved. */
  input_tokens: number
  max_output_tokens: number
}
/** `stopped` names the cap that does not allow the call; the run has failed then. */
export type BegunModelCall = (ReservedCall & { stopped?: undefined }) | { stopped: string }

/** A segment that has ended: its checkpoint, steps and cost, and what comes next. */
export interface EndedSegment {
  run_id: string
  fence: number
  outcome: SegmentOutcome
  checkpoint_id: string
  parent_id: string | null
  checkpoint: string
  /** How many of the segment's calls the worker can begin at once; effects are left to the queue. */
  max_calls: number
}
export type CommittedSegment = RunState & {
  /** The calls that came back claimed. */
  calls?: ClaimedCall[]
}

/** The result of a call that this worker started. */
export interface FinishedCall {
  tool_run_id: string
  run_id: string
  attempt: number
  result: CallResult
  /** Whether the worker can claim the run when this was its last open call. */
  claims_run: boolean
  /** For a worker that knows the run: the model that it will call, and a bound of the prompt's bytes without new results. */
  known?: { provider: string; model: string; max_output_tokens: number; prompt_bytes: number } | undefined
}
export interface ResumedRun {
  /** The run's next segment is in the queue. */
  resumed: boolean
  /** The run, when it comes back claimed: whole, or only what is new when it is `known`. */
  run?: ClaimedRun | ContinuedRun
}

export type Transition =
  | ({ kind: 'begin_model_call' } & NewModelCall)
  | ({ kind: 'commit_segment' } & EndedSegment)
  | ({ kind: 'finish_tool' } & FinishedCall)

/**
 * Writes several transitions in one transaction. The answers come in the same order, each in the shape of its kind above.
 * `defaultModel` as for `claimRuns`; needed only where a run may be claimed.
 */
export function writeTransitions(
  query: Query,
  transitions: Transition[],
  worker: string,
  leaseSeconds: number,
  defaultModel: string | null,
): Promise<unknown[]> {
  const sql = `select platform.write_transitions(
    transitions => $1, worker => $2, lease_seconds => $3, default_model => $4) as result`
  return call(query, sql, [toJson(transitions), worker, leaseSeconds, defaultModel])
}
