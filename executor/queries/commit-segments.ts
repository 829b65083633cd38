import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'
import type { ClaimedCall, RunState, SegmentOutcome } from './types.ts'

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
  /** Those that are claimed. */
  calls: ClaimedCall[]
}

/** Writes the checkpoint, steps and cost of each segment, and moves its run on, in one transaction. */
export async function commitSegments(
  query: Query,
  segments: EndedSegment[],
  worker: string,
  leaseSeconds: number,
): Promise<CommittedSegment[]> {
  const sql = 'select platform.commit_segments(segments => $1, worker => $2, lease_seconds => $3) as result'
  const keptUntil = performance.now() + leaseSeconds * 1000
  const states = await call<(RunState & { calls?: ClaimedCall[] })[]>(query, sql, [
    toJson(segments),
    worker,
    leaseSeconds,
  ])
  return states.map((state) => ({
    ...state,
    calls: (state.calls ?? []).map((claimed) => ({ ...claimed, kept_until: keptUntil })),
  }))
}
