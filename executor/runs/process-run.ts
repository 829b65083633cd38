/** Works on one claimed run, segment by segment, until it waits, ends, or goes back to the queue. */
import type { Logger } from 'pino'
import type { Query } from '../../contracts/database-handle.ts'
import { crashPoint } from '../engine/crash-points.ts'
import { Held, type HeldWork } from '../engine/held-work.ts'
import type { Reservation } from '../engine/loop.ts'
import { persist } from '../engine/persist.ts'
import { describeTools } from '../platform/describe-tools.ts'
import { releaseRun } from '../platform/release-run.ts'
import { searchTools } from '../platform/search-tools.ts'
import type { Transitions } from '../platform/transitions.ts'
import type { ClaimedCall, ClaimedRun, RunError, RunState, SegmentOutcome } from '../platform/types.ts'
import type { CallInHand } from '../tools/process-call.ts'
import { RunThread, type SegmentEnd, type SpareThread } from './graph/graph.ts'
import type { News, SegmentContext, SegmentRecord } from './graph/segment-context.ts'
import type { KnownRun, RunInHand } from './known-run.ts'
import { giveBack, type ModelDependencies, modelCaller, ReservedModelCall } from './model/call-model.ts'
import { settleFailure } from './settle-failure.ts'

const SEARCH_RESULTS = 8

export interface RunDependencies extends ModelDependencies {
  query: Query
  held: HeldWork
  leaseSeconds: number
  /** True when this worker stops and takes no further segment. */
  isDraining(): boolean
  transitions: Transitions
  /** Keeps slots free for calls that are claimed with the commit that sends them. */
  reserveCalls(most: number): Reservation<CallInHand>
  /** For the next run that begins. */
  spare: SpareThread
  /** Tool calls are in the queue. */
  onCalls(): void
  /** The run itself is in the queue again. */
  onResumed(): void
  log: Logger
}

export async function processRun(run: RunInHand, to: RunDependencies): Promise<void> {
  crashPoint('run.claimed')
  const log = to.log.child({ run_id: run.run_id, trace_id: run.trace_id, fence: run.fence })
  const held = new Held(run.run_id, run.run_id, run.fence)
  await to.held.while(to.held.runs, held, async () => {
    const reserved = new ReservedModelCall(run.reserved)
    try {
      const { status, waiting_for, reason } = await runSegments(run, reserved, held, to)
      log.debug({ status, waiting_for, reason }, 'run moved on')
    } catch (error) {
      // what cannot be given back now is settled with the run
      await giveBack(reserved, to.query).catch((failure) => log.warn({ err: failure }, 'an unused call stays reserved'))
      await settleFailure(run, error, { ...to, log })
    }
  })
}

async function runSegments(
  run: RunInHand,
  reserved: ReservedModelCall,
  held: Held,
  to: RunDependencies,
): Promise<RunState> {
  const thread = run.thread ?? threadOf(run, to.spare)
  const known: KnownRun = { ...run, thread, readAt: run.readAt ?? performance.now(), checkpoint: null }
  let news: News = { results: run.tool_results ?? [], addedInput: run.added_input }
  for (let segment = run.segment; ; segment++) {
    if (segment > 0) crashPoint('run.resumed')
    const context = contextOf({ ...run, segment }, reserved, news, held.signal, to)
    const end = await thread.runSegment(context)
    const state = await commit(known, end, context.record, to)
    if (state.status !== 'running') return state
    if (to.isDraining()) {
      await releaseRun(to.query, run.run_id, run.fence)
      return { status: 'queued' }
    }
    news = { results: [], addedInput: null }
  }
}

function threadOf({ checkpoint }: ClaimedRun, spare: SpareThread): RunThread {
  return checkpoint ? new RunThread(checkpoint.data) : spare.take()
}

function contextOf(
  run: ClaimedRun,
  reserved: ReservedModelCall,
  news: News,
  signal: AbortSignal,
  to: RunDependencies,
): SegmentContext {
  return {
    run,
    news,
    callModel: modelCaller(run, reserved, signal, to),
    searchTools: (words) => searchTools(to.query, run.persona_id, words, SEARCH_RESULTS),
    describeTools: (names) => describeTools(to.query, run.persona_id, names),
    record: { steps: [], toolCalls: [] },
  }
}

async function commit(run: KnownRun, end: SegmentEnd, record: SegmentRecord, to: RunDependencies): Promise<RunState> {
  const outcome = outcomeOf(end, record)
  crashPoint(outcome.next === 'finish' ? 'run.before_finish' : 'segment.before_commit')
  const reserved = to.reserveCalls(outcome.calls?.length ?? 0)
  const segment = {
    run_id: run.run_id,
    fence: run.fence,
    outcome,
    checkpoint_id: end.checkpoint.checkpointId,
    parent_id: end.checkpoint.parentId,
    checkpoint: end.checkpoint.data,
    max_calls: reserved.slots,
  }
  let calls: ClaimedCall[] = []
  try {
    const written = persist(to.leaseSeconds, () => to.transitions.commitSegment(segment))
    setImmediate(() => beginNext(run.thread, end, to)) // after the batch is sent, while the database writes
    const state = await written
    crashPoint(outcome.next === 'finish' ? 'run.finished' : 'segment.committed')
    calls = state.calls ?? []
    if (state.resumed) to.onResumed()
    else if (state.waiting_for === 'tools' && calls.length < (outcome.calls?.length ?? 0)) to.onCalls()
    return state
  } finally {
    reserved.fill(calls.map((call) => ({ ...call, known: run })))
  }
}

/** Begins what comes next, unless other runs are in a segment: they have better use for the time. */
function beginNext(thread: RunThread, end: SegmentEnd, { held, spare }: RunDependencies): void {
  if (held.runs.size > 1) return
  if (end.calls) thread.begin()
  else spare.begin()
}

const cutAnswer: RunError = {
  code: 'model_answer_cut',
  message: 'The last answer was cut off. Let the persona have more output tokens, or ask for less at once.',
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
