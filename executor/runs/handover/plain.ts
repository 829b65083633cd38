/** The handover without optimisations: each claim and each transition is one statement, and all work goes through the queues. */
import { crashPoint } from '../../engine/crash-points.ts'
import { claimRuns } from '../../platform/claim-runs.ts'
import { claimTools } from '../../platform/claim-tools.ts'
import type { ClaimedRun, UsableModel } from '../../platform/types.ts'
import {
  type BegunModelCall,
  type CommittedSegment,
  type ResumedRun,
  type Transition,
  writeTransitions,
} from '../../platform/write-transitions.ts'
import { RunThread } from '../graph/graph.ts'
import { type DefaultModel, ownProvider } from '../model/targets.ts'
import type { Handover, HandoverParts } from './handover.ts'
import { endedSegment, finishedCall, passCommitPoint } from './transitions.ts'

export function openPlainHandover({ query, worker, leaseSeconds, defaultModel, loops }: HandoverParts): Handover {
  const write = async (transition: Transition): Promise<unknown> => {
    const [answer] = await writeTransitions(query, [transition], worker, leaseSeconds, null)
    return answer
  }
  return {
    async claimRuns(most) {
      const runs = await claimRuns(query, worker, most, leaseSeconds, null)
      return runs.map((run) => withDefaultModel(run, defaultModel))
    },
    claimCalls: (most) => claimTools(query, worker, most, leaseSeconds),
    openThread: ({ checkpoint }) => new RunThread(checkpoint?.data),
    beginModelCall: (call) => write({ kind: 'begin_model_call', ...call }) as Promise<BegunModelCall>,
    async commitSegment(run, end, outcome) {
      const state = (await write(endedSegment(run, end, outcome, 0))) as CommittedSegment
      passCommitPoint(outcome)
      if (state.resumed) loops().runs.wake()
      else if (state.waiting_for === 'tools') loops().calls.wake()
      return state
    },
    async finishCall(call, _held, result) {
      const { resumed } = (await write(finishedCall(call, result, { claims_run: false }))) as ResumedRun
      crashPoint('tool.recorded')
      if (resumed) loops().runs.wake()
    },
  }
}

/** A claim without a default model reserves nothing, and returns the installation's own model without a name. */
function withDefaultModel(run: ClaimedRun, own: DefaultModel): ClaimedRun {
  const fill = (model: UsableModel): UsableModel =>
    model.base_url ? model : { ...model, provider: ownProvider(own), model: model.model ?? own.model }
  return { ...run, models: run.models.map(fill) }
}
