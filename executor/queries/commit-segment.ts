import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'
import type { ClaimedCall, RunState, SegmentCheckpoint, SegmentOutcome } from './types.ts'

/** Whoever commits, and how much it can take on. */
export interface ClaimWith {
  worker: string
  maxCalls: number
  leaseSeconds: number
}

/**
 * Writes a segment's checkpoint, steps and cost, and moves the run on, in one transaction. Up to `maxCalls` of the calls
 * that this sends are claimed at once; effects are not.
 */
export async function commitSegment(
  query: Query,
  runId: string,
  fence: number,
  outcome: SegmentOutcome,
  checkpoint: SegmentCheckpoint,
  { worker, maxCalls, leaseSeconds }: ClaimWith,
): Promise<RunState & { calls: ClaimedCall[] }> {
  const sql = `select platform.commit_segment_and_claim(run_id => $1, fence => $2, outcome => $3, checkpoint_id => $4,
    parent_id => $5, checkpoint => $6, worker => $7, max_calls => $8, lease_seconds => $9) as result`
  const { checkpointId, parentId, data } = checkpoint
  const params = [runId, fence, toJson(outcome), checkpointId, parentId, data, worker, maxCalls, leaseSeconds]
  const keptUntil = performance.now() + leaseSeconds * 1000
  const state = await call<RunState & { calls: ClaimedCall[] }>(query, sql, params)
  return { ...state, calls: state.calls.map((claimed) => ({ ...claimed, kept_until: keptUntil })) }
}
