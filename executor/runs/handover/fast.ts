/** The handover that workers use. `handover.ts` lists what makes it fast. */
import { crashPoint } from '../../engine/crash-points.ts'
import type { Held } from '../../engine/held-work.ts'
import { toJson } from '../../platform/call.ts'
import { claimRuns } from '../../platform/claim-runs.ts'
import { claimTools } from '../../platform/claim-tools.ts'
import type { CallResult, ClaimedCall, ClaimedRun, RunState, SegmentOutcome } from '../../platform/types.ts'
import {
  type BegunModelCall,
  type CommittedSegment,
  type NewModelCall,
  type ResumedRun,
  type Transition,
  writeTransitions,
} from '../../platform/write-transitions.ts'
import type { SegmentEnd } from '../graph/graph.ts'
import { promptBytes } from '../graph/prompt.ts'
import { type DefaultModel, ownProvider } from '../model/targets.ts'
import { DEFAULT_MAX_OUTPUT_TOKENS } from '../model/tokens.ts'
import { batched } from './batched.ts'
import { EagerThread, SpareThread } from './eager-thread.ts'
import type { Handover, HandoverParts } from './handover.ts'
import { continued, KnownRun, knownToDatabase } from './known-run.ts'
import { endedSegment, finishedCall, passCommitPoint } from './transitions.ts'

export const openFastHandover = (parts: HandoverParts): Handover => new FastHandover(parts)

class FastHandover implements Handover {
  readonly #parts: HandoverParts
  readonly #defaultModel: string
  readonly #write: (transition: Transition) => Promise<unknown>
  readonly #spare = new SpareThread()
  readonly #knownByRun = new WeakMap<ClaimedRun, KnownRun>()
  /** The runs of calls that were claimed in the commit of their segment. */
  readonly #knownByCall = new WeakMap<ClaimedCall, KnownRun>()

  constructor(parts: HandoverParts) {
    const { query, worker, leaseSeconds } = parts
    this.#parts = parts
    this.#defaultModel = describeToDatabase(parts.defaultModel)
    this.#write = batched((items) => writeTransitions(query, items, worker, leaseSeconds, this.#defaultModel))
  }

  claimRuns(most: number): Promise<ClaimedRun[]> {
    const { query, worker, leaseSeconds } = this.#parts
    return claimRuns(query, worker, most, leaseSeconds, this.#defaultModel)
  }

  claimCalls(most: number): Promise<ClaimedCall[]> {
    const { query, worker, leaseSeconds } = this.#parts
    return claimTools(query, worker, most, leaseSeconds)
  }

  openThread(run: ClaimedRun): EagerThread {
    return this.#knownRun(run).thread
  }

  beginModelCall(call: NewModelCall): Promise<BegunModelCall> {
    return this.#write({ kind: 'begin_model_call', ...call }) as Promise<BegunModelCall>
  }

  async commitSegment(run: ClaimedRun, end: SegmentEnd, outcome: SegmentOutcome): Promise<RunState> {
    const loops = this.#parts.loops()
    const known = this.#knownRun(run)
    known.checkpointBytes = Buffer.byteLength(end.checkpoint.data)
    const wanted = outcome.calls?.length ?? 0
    const reserved = loops.calls.reserve(wanted)
    const keptUntil = this.#leaseEnd()
    let claimed: ClaimedCall[] = []
    try {
      const written = this.#write(endedSegment(run, end, outcome, reserved.slots)) as Promise<CommittedSegment>
      setImmediate(() => this.#beginNext(known.thread, end)) // begins after the batch is sent, while the database writes
      const { calls = [], ...state } = await written
      passCommitPoint(outcome)
      claimed = calls.map((call) => ({ ...call, kept_until: keptUntil }))
      if (state.resumed) loops.runs.wake()
      else if (state.waiting_for === 'tools' && claimed.length < wanted) loops.calls.wake()
      return state
    } finally {
      for (const call of claimed) this.#knownByCall.set(call, known)
      reserved.fill(claimed)
    }
  }

  async finishCall(call: ClaimedCall, held: Held, result: CallResult): Promise<void> {
    const { runs } = this.#parts.loops()
    const known = this.#knownByCall.get(call)
    const reserved = runs.reserve(1)
    const claims_run = reserved.slots > 0 && (!known || this.#leaseLasts(held))
    let claimed: ClaimedRun[] = []
    try {
      const claim = { claims_run, known: known && knownToDatabase(known) }
      const { resumed, run } = (await this.#write(finishedCall(call, result, claim))) as ResumedRun
      crashPoint('tool.recorded')
      if (run) claimed = ['run_id' in run ? run : this.#remember(continued(known!, run))]
      else if (resumed) runs.wake()
    } finally {
      reserved.fill(claimed)
    }
  }

  /** The run goes on under the lease of its call, so that lease must last until the next heartbeat. */
  #leaseLasts(held: Held): boolean {
    return held.isKeptFor((this.#parts.leaseSeconds * 1000) / 2)
  }

  #leaseEnd(): number {
    return performance.now() + this.#parts.leaseSeconds * 1000
  }

  /** What this worker remembers of the run, from the first request on. */
  #knownRun(run: ClaimedRun): KnownRun {
    const known = this.#knownByRun.get(run)
    if (known) return known
    const thread = run.checkpoint ? new EagerThread(run.checkpoint.data) : this.#spare.take()
    const made = new KnownRun({ ...run, checkpoint: null }, thread)
    this.#knownByRun.set(run, made)
    return made
  }

  #remember(known: KnownRun): ClaimedRun {
    this.#knownByRun.set(known.run, known)
    return known.run
  }

  /** Begins the next segment, unless other runs are in a segment and need the CPU time. */
  #beginNext(thread: EagerThread, end: SegmentEnd): void {
    if (this.#parts.held.runs.size > 1) return
    if (end.calls) thread.begin()
    else this.#spare.begin()
  }
}

/** In the form that `platform.models_of` takes. */
function describeToDatabase(own: DefaultModel): string {
  return toJson({
    provider: ownProvider(own),
    model: own.model,
    max_output_tokens: DEFAULT_MAX_OUTPUT_TOKENS,
    prompt_bytes: promptBytes,
  })
}
