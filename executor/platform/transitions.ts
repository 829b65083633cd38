/** What a worker writes of the runs that it holds: each transition by a function of its own, sent together where they meet. */
import type { Query } from '../../contracts/database-handle.ts'
import { batched } from './batched.ts'
import {
  type BegunModelCall,
  type CommittedSegment,
  type EndedSegment,
  type FinishedCall,
  type NewModelCall,
  type ResumedRun,
  type Transition,
  writeTransitions,
} from './write-transitions.ts'

export interface Transitions {
  /** Reserves the worst case of a model call that did not come reserved with the claim. */
  beginModelCall(call: NewModelCall): Promise<BegunModelCall>
  /** Writes a segment's checkpoint, steps and cost, and moves the run on; some of its calls may come back claimed. */
  commitSegment(segment: EndedSegment): Promise<CommittedSegment>
  /** Writes a call's result; the run may come back claimed. */
  finishTool(call: FinishedCall): Promise<ResumedRun>
}

/** Each rejects with StaleClaimError when the worker has lost what it writes of. */
export function openTransitions(query: Query, worker: string, leaseSeconds: number, defaultModel: string): Transitions {
  const write = batched((items: Transition[]) => writeTransitions(query, items, worker, leaseSeconds, defaultModel))
  return {
    beginModelCall: (call) => write({ kind: 'begin_model_call', ...call }) as Promise<BegunModelCall>,
    async commitSegment(segment) {
      const keptUntil = performance.now() + leaseSeconds * 1000
      const state = (await write({ kind: 'commit_segment', ...segment })) as CommittedSegment
      return { ...state, calls: state.calls?.map((claimed) => ({ ...claimed, kept_until: keptUntil })) }
    },
    finishTool: (call) => write({ kind: 'finish_tool', ...call }) as Promise<ResumedRun>,
  }
}
