/** Processes one claimed tool call: checks the effect ledger, runs the tool, and writes its result into the database. */
import type { Logger } from 'pino'
import type { Query } from '../../contracts/database-handle.ts'
import type { ToolPlace } from '../../contracts/tool.ts'
import { backoffMs } from '../engine/backoff.ts'
import type { Broadcaster } from '../engine/broadcast.ts'
import { crashPoint } from '../engine/crash-points.ts'
import { Held, type HeldWork } from '../engine/held-work.ts'
import type { QueueJob } from '../engine/job.ts'
import { persist } from '../engine/persist.ts'
import type { OpenSecret } from '../engine/secrets.ts'
import { CameTooLate, LookupFailed, ToolCallError } from '../failures.ts'
import { StaleClaimError } from '../platform/errors.ts'
import { keepPrinted } from '../platform/keep-printed.ts'
import { noteLookup } from '../platform/note-lookup.ts'
import { recordLateResult } from '../platform/record-late-result.ts'
import { retryTool } from '../platform/retry-tool.ts'
import type { CallResult, ClaimedCall, RunError } from '../platform/types.ts'
import { judgeFailure } from './call-failure.ts'
import type { FileStore } from './file-store.ts'
import { storeOutput } from './large-output.ts'
import { Printed } from './printed.ts'
import { storeFiles } from './store-files.ts'
import { storeParts } from './store-parts.ts'
import type { CallContext, ToolExecutor, ToolOutcome } from './tool-executor.ts'

const RETRY_BACKOFF = { first: 1_000, most: 30_000 }
/** How long to wait for a database that restarts, so that the result of an effect is not lost. */
const PERSIST_SECONDS = 120

export type ToolExecutors = Partial<Record<ToolPlace, ToolExecutor>>

export interface ToolDependencies {
  query: Query
  held: HeldWork
  executors: ToolExecutors
  files: FileStore
  openSecret: OpenSecret
  broadcaster: Broadcaster
  /** Claims up to `most` calls from the queue. */
  claimCalls(most: number): Promise<ClaimedCall[]>
  /** Writes a result. Rejects with StaleClaimError when this worker has lost the call. */
  finishCall(call: ClaimedCall, held: Held, result: CallResult): Promise<void>
  /** Called when the call is in the queue again. */
  onRetry(): void
  /** Called when a tool turned out to lack something that this installation does not have. `note` says what. */
  onNeedMissing(tool: string, note: string): Promise<unknown>
  log: Logger
}

export function toolsJob(slots: number, deps: ToolDependencies): QueueJob<ClaimedCall> {
  return { name: 'tools', slots, claim: deps.claimCalls, handle: (call) => processCall(call, deps) }
}

async function processCall(call: ClaimedCall, deps: ToolDependencies): Promise<void> {
  crashPoint('tool.claimed')
  const log = deps.log.child({
    run_id: call.run_id,
    trace_id: call.trace_id,
    tool_run_id: call.tool_run_id,
    tool: call.tool,
  })
  const held = new Held(call.tool_run_id, call.run_id, call.attempt, call.effect === 'effect')
  held.keep(call.kept_until)
  try {
    await deps.held.while(deps.held.tools, held, () => work(call, held, { ...deps, log }))
  } catch (error) {
    if (!(error instanceof StaleClaimError)) throw error
    log.debug('the call was cancelled or went to another worker; its result is thrown away')
  }
}

async function work(call: ClaimedCall, held: Held, deps: ToolDependencies): Promise<void> {
  const startedAt = performance.now()
  const since = () => Math.round(performance.now() - startedAt)
  const printed = new Printed((piece) =>
    deps.broadcaster.printed(call.run_id, { tool_run_id: call.tool_run_id, ...piece }),
  )
  let carried: Carried
  try {
    carried = await carryOut(call, held, printed, deps)
  } catch (error) {
    const isAborted = held.signal.aborted && !(error instanceof CameTooLate)
    await settle(call, held, isAborted ? held.signal.reason : error, since(), deps)
    if (isAborted && printed.text()) await keepPrinted(deps.query, call.tool_run_id, call.attempt, printed.text())
    return
  }
  await finish(call, held, { ...carried, duration_ms: since() }, deps)
}

type Carried = Omit<CallResult, 'duration_ms'>

async function carryOut(call: ClaimedCall, held: Held, printed: Printed, deps: ToolDependencies): Promise<Carried> {
  const executor = deps.executors[call.runs]
  if (!executor) throw new ToolCallError('unknown_tool', `${call.tool} cannot run on this platform.`)
  const context: CallContext = {
    signal: held.signal,
    assertKept: () => assertKept(held),
    secrets: Object.fromEntries(call.secrets.map((secret) => [secret.name, deps.openSecret(secret)])),
    onProgress: (message, fraction) =>
      deps.broadcaster.progress(call.run_id, { tool_run_id: call.tool_run_id, message, fraction }),
    onPrinted: (text) => printed.add(text),
  }
  if (call.recovering && call.effect === 'effect') {
    const settled = await lookUp(call, executor, context, deps)
    if (settled) return settled
  }
  crashPoint('tool.before_execution')
  if (call.effect === 'effect') assertKept(held)
  const outcome = await executor.execute(call, context)
  crashPoint('tool.executed')
  return record(call, outcome, deps)
}

/** Finds out whether an effect happened whose worker was lost. Undefined if it did not happen, so that it may run now. */
async function lookUp(
  call: ClaimedCall,
  executor: ToolExecutor,
  context: CallContext,
  deps: ToolDependencies,
): Promise<Carried | undefined> {
  const found = await executor.reconcile(call, context).catch((error: Error) => {
    throw new LookupFailed(`Nobody could look up whether it happened: ${error.message}`, { cause: error })
  })
  crashPoint('tool.looked_up')
  if (found.happened === 'unknown') return { status: 'unknown', error: lostEffect }
  if (found.happened === 'yes') return { ...(await record(call, found.outcome, deps)), looked_up: true }
  await persist(PERSIST_SECONDS, () => noteLookup(deps.query, call.tool_run_id, call.attempt))
  return undefined
}

/** Throws if another worker may hold the call by now, because then this worker must not begin. */
function assertKept(held: Held): void {
  if (!held.isKept) throw new CameTooLate('The worker was delayed, and it was too late to begin.')
}

const lostEffect: RunError = {
  code: 'worker_lost',
  message: 'The worker was lost while the tool was running. It is not known whether it happened.',
}

/** From here on the effect has happened, so an error must not look as if it had not. */
async function record(call: ClaimedCall, outcome: ToolOutcome, { files }: ToolDependencies): Promise<Carried> {
  try {
    const artifacts = await storeFiles(call, outcome.files, files)
    const parts = await storeParts(call, outcome.parts ?? [], files)
    const stored = await storeOutput(call, outcome, files)
    crashPoint('tool.files_stored')
    return { status: 'succeeded', ...stored, artifacts, ...(parts.length > 0 && { parts }) }
  } catch (error) {
    if (call.effect !== 'effect') throw error
    const message = `It was done, but its result could not be stored: ${(error as Error).message}`
    return { status: 'failed', error: { code: 'storage_failed', message } }
  }
}

/** Records the outcome of an effect even if its run was cancelled in the meantime. */
async function finish(call: ClaimedCall, held: Held, result: CallResult, deps: ToolDependencies): Promise<void> {
  try {
    await persist(PERSIST_SECONDS, () => deps.finishCall(call, held, result))
  } catch (error) {
    if (!(error instanceof StaleClaimError) || call.effect !== 'effect') throw error
    await persist(PERSIST_SECONDS, () => recordLateResult(deps.query, call.tool_run_id, call.attempt, result))
  }
}

async function settle(
  call: ClaimedCall,
  held: Held,
  error: unknown,
  durationMs: number,
  deps: ToolDependencies,
): Promise<void> {
  const judged = judgeFailure(call, error)
  if (judged.code === 'internal_error') deps.log.error({ err: error }, 'a tool call failed unexpectedly')
  if (error instanceof LookupFailed) deps.log.warn({ err: error }, 'an effect could not be looked up')
  if (judged.code === 'need_missing') await noteMissing(call, judged.message, deps)
  const { verdict, ...failure } = judged
  switch (verdict) {
    case 'drop':
      return
    case 'retry':
    case 'retry_now': {
      const delay = verdict === 'retry' ? Math.ceil(backoffMs(call.attempt - 1, RETRY_BACKOFF) / 1000) : 0
      crashPoint('tool.before_retry')
      await persist(PERSIST_SECONDS, () => retryTool(deps.query, call.tool_run_id, call.attempt, failure, delay))
      crashPoint('tool.retried')
      return deps.onRetry()
    }
    default:
      await finish(call, held, { status: verdict, error: failure, duration_ms: durationMs }, deps)
  }
}

/** From now on the tool is not offered, until a worker starts where nothing is missing. */
async function noteMissing(
  { tool }: ClaimedCall,
  note: string,
  { onNeedMissing, log }: ToolDependencies,
): Promise<void> {
  await onNeedMissing(tool, note).catch((err) => log.warn({ err }, 'could not record that a tool lacks something'))
}
