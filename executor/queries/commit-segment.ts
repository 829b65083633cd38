import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'
import type { RunState, SegmentCheckpoint, SegmentOutcome } from './types.ts'

/** Writes a segment's checkpoint, steps and cost, and moves the run on, in one transaction. */
export function commitSegment(
  query: Query,
  runId: string,
  fence: number,
  outcome: SegmentOutcome,
  checkpoint: SegmentCheckpoint,
): Promise<RunState> {
  const sql = `select platform.commit_segment(run_id => $1, fence => $2, outcome => $3, checkpoint_id => $4,
    parent_id => $5, checkpoint => $6) as result`
  const { checkpointId, parentId, data } = checkpoint
  return call(query, sql, [runId, fence, toJson(outcome), checkpointId, parentId, data])
}
