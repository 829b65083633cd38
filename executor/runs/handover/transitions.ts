/** The transitions of runs and calls, as `platform.write_transitions` takes them. */
import { crashPoint } from '../../engine/crash-points.ts'
import type { CallResult, ClaimedCall, ClaimedRun, SegmentOutcome } from '../../platform/types.ts'
import type { EndedSegment, FinishedCall } from '../../platform/write-transitions.ts'
import type { SegmentEnd } from '../graph/graph.ts'

/** `max_calls` is the most calls of the segment that may be claimed in its commit. */
export function endedSegment(
  { run_id, fence }: ClaimedRun,
  { checkpoint }: SegmentEnd,
  outcome: SegmentOutcome,
  max_calls: number,
): { kind: 'commit_segment' } & EndedSegment {
  return {
    kind: 'commit_segment',
    run_id,
    fence,
    outcome,
    checkpoint_id: checkpoint.checkpointId,
    parent_id: checkpoint.parentId,
    checkpoint: checkpoint.data,
    max_calls,
  }
}

export function finishedCall(
  { tool_run_id, run_id, attempt }: ClaimedCall,
  result: CallResult,
  claim: Pick<FinishedCall, 'claims_run' | 'known'>,
): { kind: 'finish_tool' } & FinishedCall {
  return { kind: 'finish_tool', tool_run_id, run_id, attempt, result, ...claim }
}

export function passCommitPoint({ next }: SegmentOutcome): void {
  crashPoint(next === 'finish' ? 'run.finished' : 'segment.committed')
}
