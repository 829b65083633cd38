/** Works on one claimed run, segment by segment, until it waits, ends, or goes back to the queue. */
import type { Logger } from 'pino'
import type { Query } from '../../contracts/database-handle.ts'
import { MAX_THINKING } from '../../contracts/runs.ts'
import { crashPoint } from '../engine/crash-points.ts'
import { Held, type HeldWork } from '../engine/held-work.ts'
import type { QueueJob } from '../engine/job.ts'
import { persist } from '../engine/persist.ts'
import { describeTools } from '../platform/describe-tools.ts'
import { readEarlier } from '../platform/read-earlier.ts'
import { releaseRun } from '../platform/release-run.ts'
import { searchTools } from '../platform/search-tools.ts'
import type { ClaimedRun, RunError, RunState, SegmentOutcome } from '../platform/types.ts'
import type { SegmentEnd } from './graph/graph.ts'
import type { News, SegmentContext, SegmentRecord } from './graph/segment-context.ts'
import type { Handover } from './handover/handover.ts'
import { giveBack, type ModelDependencies, modelCaller, ReservedModelCall } from './model/call-model.ts'
import { settleFailure } from './settle-failure.ts'

const SEARCH_RESULTS = 8

export interface RunDependencies extends Omit<ModelDependencies, 'beginModelCall'> {
  query: Query
  held: HeldWork
  leaseSeconds: number
  /** True when this worker is stopping and begins no further segment. */
  isDraining(): boolean
  handover: Handover
  log: Logger
}

export function runsJob(slots: number, deps: RunDependencies): QueueJob<ClaimedRun> {
  return {
    name: 'runs',
    slots,
    claim: (most) => deps.handover.claimRuns(most),
    handle: (run) => processRun(run, deps),
  }
}

async function processRun(run: ClaimedRun, deps: RunDependencies): Promise<void> {
  crashPoint('run.claimed')
  const log = deps.log.child({ run_id: run.run_id, trace_id: run.trace_id, fence: run.fence })
  const held = new Held(run.run_id, run.run_id, run.fence)
  await deps.held.while(deps.held.runs, held, async () => {
    const reserved = new ReservedModelCall(run.reserved)
    try {
      const { status, waiting_for, reason } = await runSegments(run, reserved, held, deps)
      log.debug({ status, waiting_for, reason }, 'run moved on')
    } catch (error) {
      // if the reservation cannot be freed now, it is freed when the run is settled
      await giveBack(reserved, deps.query).catch((failure) =>
        log.warn({ err: failure }, 'an unused call stays reserved'),
      )
      await settleFailure(run, error, { ...deps, log })
    }
  })
}

async function runSegments(
  run: ClaimedRun,
  reserved: ReservedModelCall,
  held: Held,
  deps: RunDependencies,
): Promise<RunState> {
  const thread = deps.handover.openThread(run)
  let news: News = { results: run.tool_results ?? [], messages: run.messages }
  for (let segment = run.segment; ; segment++) {
    passBeginPoints(run, segment, news)
    const context = contextOf({ ...run, segment }, reserved, news, held.signal, deps)
    const end = await thread.runSegment(context)
    if (hasJoined(segment, news)) crashPoint('message.answered')
    const state = await commit(run, end, context.record, deps)
    if (hasJoined(segment, news)) crashPoint('message.saved')
    if (state.status !== 'running') return state
    if (deps.isDraining()) {
      await releaseRun(deps.query, run.run_id, run.fence)
      return { status: 'queued' }
    }
    news = { results: [], messages: state.messages ?? [] }
  }
}

function passBeginPoints(run: ClaimedRun, segment: number, news: News): void {
  if (segment > 0) crashPoint('run.resumed')
  else if (run.checkpoint) crashPoint('conversation.continued')
  if (hasJoined(segment, news)) crashPoint('message.taken')
}

/** Whether people sent messages besides the one that the run begins with. */
const hasJoined = (segment: number, { messages }: News) => messages.length > (segment === 0 ? 1 : 0)

function contextOf(
  run: ClaimedRun,
  reserved: ReservedModelCall,
  news: News,
  signal: AbortSignal,
  deps: RunDependencies,
): SegmentContext {
  return {
    run,
    news,
    callModel: modelCaller(run, reserved, signal, {
      ...deps,
      beginModelCall: (call) => deps.handover.beginModelCall(call),
    }),
    searchTools: (words) => searchTools(deps.query, run.persona_id, words, SEARCH_RESULTS),
    readEarlier: (what) => readEarlier(deps.query, run.run_id, what),
    describeTools: (names) => describeTools(deps.query, run.persona_id, names),
    record: { steps: [], toolCalls: [] },
  }
}

async function commit(
  run: ClaimedRun,
  end: SegmentEnd,
  record: SegmentRecord,
  deps: RunDependencies,
): Promise<RunState> {
  const outcome = outcomeOf(end, record)
  crashPoint(outcome.next === 'finish' ? 'run.before_finish' : 'segment.before_commit')
  return persist(deps.leaseSeconds, () => deps.handover.commitSegment(run, end, outcome))
}

const cutAnswer: RunError = {
  code: 'model_answer_cut',
  message: 'The last answer was cut off. Raise the persona’s limit of output tokens, or ask for less at once.',
}

function outcomeOf(end: SegmentEnd, record: SegmentRecord): SegmentOutcome {
  const { answer, steps, plan, toolCalls } = record
  if (!answer) throw new Error('The segment ended without a model call.')
  const next = end.calls ? (end.calls.length > 0 ? 'tools' : 'continue') : 'finish'
  const outcome: SegmentOutcome = {
    next,
    steps,
    plan,
    model_call: {
      id: answer.llmCallId,
      text: answer.text,
      thinking: answer.thinking?.slice(0, MAX_THINKING) || undefined,
      tool_calls: toolCalls,
      input_tokens: answer.inputTokens,
      output_tokens: answer.outputTokens,
      latency_ms: Math.round(answer.latencyMs),
      first_token_ms: answer.firstTokenMs === undefined ? undefined : Math.round(answer.firstTokenMs),
    },
  }
  switch (next) {
    case 'tools':
      return {
        ...outcome,
        calls: end.calls?.map(({ call_id, tool, arguments: input }) => ({ call_id, tool, arguments: input })),
      }
    case 'continue':
      return outcome
    case 'finish':
      return answer.isCut
        ? { ...outcome, next: 'fail', reason: cutAnswer.code, error: cutAnswer }
        : { ...outcome, output: answer.text }
  }
}
