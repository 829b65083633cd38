/** Works on one claimed tool call: through the effect ledger, into its tool, and its result into the database. */
import type { Logger } from 'pino'
import type { Query } from '../../contracts/database-handle.ts'
import type { ToolPlace } from '../../contracts/tool.ts'
import { backoffMs } from '../engine/backoff.ts'
import type { Broadcaster } from '../engine/broadcast.ts'
import { crashPoint } from '../engine/crash-points.ts'
import { Held, type HeldWork } from '../engine/held-work.ts'
import type { Reservation } from '../engine/loop.ts'
import { persist } from '../engine/persist.ts'
import type { OpenSecret } from '../engine/secrets.ts'
import { CameTooLate, ToolCallError } from '../failures.ts'
import { StaleClaimError } from '../platform/errors.ts'
import { recordLateResult } from '../platform/record-late-result.ts'
import { retryTool } from '../platform/retry-tool.ts'
import type { Transitions } from '../platform/transitions.ts'
import type { CallResult, ClaimedCall, RunError } from '../platform/types.ts'
import { goOn, type KnownRun, knownToDatabase, type RunInHand } from '../runs/known-run.ts'
import { judgeFailure } from './call-failure.ts'
import type { FileStore } from './file-store.ts'
import { storeOutput } from './large-output.ts'
import { storeFiles } from './store-files.ts'
import type { CallContext, ToolExecutor, ToolOutcome } from './tool-executor.ts'

const RETRY_BACKOFF = { first: 1_000, most: 30_000 }
/** The result of an effect is worth waiting for a database that restarts. */
const PERSIST_SECONDS = 120

/** A claimed call, with its run when it was claimed with the segment that made it. */
export interface CallInHand extends ClaimedCall {
  known?: KnownRun | undefined
}

export type ToolExecutors = Partial<Record<ToolPlace, ToolExecutor>>

export interface ToolDependencies {
  query: Query
  held: HeldWork
  executors: ToolExecutors
  files: FileStore
  openSecret: OpenSecret
  broadcaster: Broadcaster
  transitions: Pick<Transitions, 'finishTool'>
  leaseSeconds: number
  /** Keeps a slot free for the run, which may be claimed with the result that it waited for. */
  reserveRun(): Reservation<RunInHand>
  /** The run's next segment is in the queue. */
  onResumed(): void
  /** The call itself is in the queue again. */
  onRetry(): void
  log: Logger
}

export async function processCall(call: CallInHand, to: ToolDependencies): Promise<void> {
  crashPoint('tool.claimed')
  const log = to.log.child({
    run_id: call.run_id,
    trace_id: call.trace_id,
    tool_run_id: call.tool_run_id,
    tool: call.tool,
  })
  const held = new Held(call.tool_run_id, call.run_id, call.attempt, call.effect === 'effect')
  held.keep(call.kept_until)
  try {
    await to.held.while(to.held.tools, held, () => work(call, held, { ...to, log }))
  } catch (error) {
    if (!(error instanceof StaleClaimError)) throw error
    log.debug("the call was cancelled, or is another worker's; its result is thrown away")
  }
}

async function work(call: CallInHand, held: Held, to: ToolDependencies): Promise<void> {
  const startedAt = performance.now()
  const since = () => Math.round(performance.now() - startedAt)
  let carried: Carried
  try {
    carried = await carryOut(call, held, to)
  } catch (error) {
    const isAborted = held.signal.aborted && !(error instanceof CameTooLate)
    return settle(call, held, isAborted ? held.signal.reason : error, since(), to)
  }
  await finish(call, held, { ...carried, duration_ms: since() }, to)
}

type Carried = Omit<CallResult, 'duration_ms'>

async function carryOut(call: ClaimedCall, held: Held, to: ToolDependencies): Promise<Carried> {
  const executor = to.executors[call.runs]
  if (!executor) throw new ToolCallError('unknown_tool', `${call.tool} cannot run on this platform.`)
  const context: CallContext = {
    signal: held.signal,
    assertKept: () => assertKept(held),
    secrets: Object.fromEntries(call.secrets.map((secret) => [secret.name, to.openSecret(secret)])),
    onProgress: (message, fraction) =>
      to.broadcaster.progress(call.run_id, { tool_run_id: call.tool_run_id, message, fraction }),
  }
  if (call.recovering && call.effect === 'effect') {
    const found = await executor.reconcile(call, context)
    if (found.happened === 'unknown') return { status: 'unknown', error: lostEffect }
    if (found.happened === 'yes') return record(call, found.outcome, to)
  }
  crashPoint('tool.before_execution')
  if (call.effect === 'effect') assertKept(held)
  const outcome = await executor.execute(call, context)
  crashPoint('tool.executed')
  return record(call, outcome, to)
}

/** Another worker may have the call by now, so this one must not begin. */
function assertKept(held: Held): void {
  if (!held.isKept) throw new CameTooLate('The worker was held up, and came too late to begin.')
}

const lostEffect: RunError = {
  code: 'worker_lost',
  message: 'The worker was lost while the tool ran. Nobody can tell whether it happened.',
}

/** The effect is done from here on: what fails now must not look as if it had not happened. */
async function record(call: ClaimedCall, outcome: ToolOutcome, { files }: ToolDependencies): Promise<Carried> {
  try {
    const artifacts = await storeFiles(call, outcome.files, files)
    const stored = await storeOutput(call, outcome, files)
    crashPoint('tool.files_stored')
    return { status: 'succeeded', ...stored, artifacts }
  } catch (error) {
    if (call.effect !== 'effect') throw error
    const message = `It was done, but what it made could not be stored: ${(error as Error).message}`
    return { status: 'failed', error: { code: 'storage_failed', message } }
  }
}

/** What happened to an effect is kept even when its run was cancelled meanwhile. */
async function finish(call: CallInHand, held: Held, result: CallResult, to: ToolDependencies): Promise<void> {
  try {
    await write(call, held, result, to)
  } catch (error) {
    if (!(error instanceof StaleClaimError) || call.effect !== 'effect') throw error
    await persist(PERSIST_SECONDS, () => recordLateResult(to.query, call.tool_run_id, call.attempt, result))
  }
}

async function write(call: CallInHand, held: Held, result: CallResult, to: ToolDependencies): Promise<void> {
  const reserved = to.reserveRun()
  const { tool_run_id, run_id, attempt, known } = call
  // the run goes on under the lease that its call in hand has: not when that may be over before the next heartbeat
  const isOurs = () => !known || held.isKeptFor((to.leaseSeconds * 1000) / 2)
  const finished = () => ({
    tool_run_id,
    run_id,
    attempt,
    result,
    claims_run: reserved.slots > 0 && isOurs(),
    known: known && knownToDatabase(known),
  })
  let runs: RunInHand[] = []
  try {
    const { resumed, run } = await persist(PERSIST_SECONDS, () => to.transitions.finishTool(finished()))
    crashPoint('tool.recorded')
    if (run) runs = ['run_id' in run ? run : goOn(known!, run)]
    else if (resumed) to.onResumed()
  } finally {
    reserved.fill(runs)
  }
}

async function settle(
  call: CallInHand,
  held: Held,
  error: unknown,
  durationMs: number,
  to: ToolDependencies,
): Promise<void> {
  const judged = judgeFailure(call, error)
  if (judged.code === 'internal_error') to.log.error({ err: error }, 'a tool call failed unexpectedly')
  const { verdict, ...failure } = judged
  switch (verdict) {
    case 'drop':
      return
    case 'retry':
    case 'retry_now': {
      const delay = verdict === 'retry' ? Math.ceil(backoffMs(call.attempt - 1, RETRY_BACKOFF) / 1000) : 0
      crashPoint('tool.before_retry')
      await persist(PERSIST_SECONDS, () => retryTool(to.query, call.tool_run_id, call.attempt, failure, delay))
      crashPoint('tool.retried')
      return to.onRetry()
    }
    default:
      await finish(call, held, { status: verdict, error: failure, duration_ms: durationMs }, to)
  }
}
