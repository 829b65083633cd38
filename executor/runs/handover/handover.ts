/**
 * How work passes between the database and this worker: from the queue to a segment, from a segment to its tool calls, and
 * from the last call back to its run.
 *
 * Read `plain.ts` first. It has everything that is necessary: claim from a queue, run the segment or the call, write one
 * transition, and let the queue bring what comes next. `fast.ts` does the same with fewer statements and less waiting:
 *
 * - transitions that are written at the same moment share a transaction (docs/adr/0006-batches.md)
 * - the claim of a run reserves its first model call (docs/adr/0009-claim-reserves.md)
 * - a commit claims tool calls for the free slots of this worker, and the result of the last call claims the run again;
 *   the worker remembers a run in the meantime, so that nothing is read twice (docs/adr/0011-calls-in-hand.md)
 * - a segment begins, up to the point where it needs its input, while the database writes (docs/adr/0008-graph.md)
 *
 * Both write the same states, so workers with either one can work side by side: the rules are in the database.
 */
import type { Query } from '../../../contracts/database-handle.ts'
import type { Held, HeldWork } from '../../engine/held-work.ts'
import type { WorkLoop } from '../../engine/loop.ts'
import type { CallResult, ClaimedCall, ClaimedRun, RunState, SegmentOutcome } from '../../platform/types.ts'
import type { BegunModelCall, NewModelCall } from '../../platform/write-transitions.ts'
import type { RunThread, SegmentEnd } from '../graph/graph.ts'
import type { DefaultModel } from '../model/targets.ts'

/** All methods that write reject with StaleClaimError when this worker has lost the run or the call. */
export interface Handover {
  /** Claims up to `most` runs from the queue. */
  claimRuns(most: number): Promise<ClaimedRun[]>
  /** Claims up to `most` tool calls from the queue. When this returns, each is committed as *started*. */
  claimCalls(most: number): Promise<ClaimedCall[]>
  /** The graph of a claimed run, at the point where its last segment stopped. */
  openThread(run: ClaimedRun): Pick<RunThread, 'runSegment'>
  /** Reserves the worst-case cost of a model call, if the claim did not reserve it. */
  beginModelCall(call: NewModelCall): Promise<BegunModelCall>
  /** Writes a segment's checkpoint, steps and cost, moves the run on, and wakes the loop that comes next. */
  commitSegment(run: ClaimedRun, end: SegmentEnd, outcome: SegmentOutcome): Promise<RunState>
  /** Writes a call's result. After the last open call its run goes on. */
  finishCall(call: ClaimedCall, held: Held, result: CallResult): Promise<void>
}

export interface HandoverParts {
  query: Query
  /** This worker's name. */
  worker: string
  leaseSeconds: number
  defaultModel: DefaultModel
  held: HeldWork
  /** Called when there is work, but not before all parts of the worker exist. */
  loops(): { runs: Inbox<ClaimedRun>; calls: Inbox<ClaimedCall> }
}

type Inbox<Item> = Pick<WorkLoop<Item>, 'wake' | 'reserve'>

export type OpenHandover = (parts: HandoverParts) => Handover
