/** The composition root: builds everything that works on runs and tool calls, and stops it in order. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Logger } from 'pino'
import type { DatabaseHandle } from '../contracts/database-handle.ts'
import { manifests } from '../tools/registry.ts'
import { Broadcaster } from './engine/broadcast.ts'
import { drainLoops } from './engine/drain.ts'
import { beat } from './engine/heartbeat.ts'
import { HeldWork } from './engine/held-work.ts'
import { WorkLoop } from './engine/loop.ts'
import type { MailServer } from './engine/mail-server.ts'
import { repeat } from './engine/repeat.ts'
import { secretOpener } from './engine/secrets.ts'
import { type ErrandOptions, startErrands } from './jobs/errands.ts'
import { startMaintenance } from './jobs/maintenance.ts'
import { toJson } from './platform/call.ts'
import { claimRuns } from './platform/claim-runs.ts'
import { claimTools } from './platform/claim-tools.ts'
import { registerTools } from './platform/register-tools.ts'
import { openTransitions } from './platform/transitions.ts'
import { SpareThread } from './runs/graph/graph.ts'
import { promptBytes } from './runs/graph/prompt.ts'
import type { RunInHand } from './runs/known-run.ts'
import type { OpenModel } from './runs/model/model-client.ts'
import { openAiModels } from './runs/model/openai-client.ts'
import type { DefaultModel } from './runs/model/targets.ts'
import { DEFAULT_MAX_OUTPUT_TOKENS } from './runs/model/tokens.ts'
import { processRun } from './runs/process-run.ts'
import { ExecutorTools } from './tools/executor-tools.ts'
import { openFileStore } from './tools/file-store.ts'
import { type CallInHand, processCall, type ToolExecutors } from './tools/process-call.ts'
import { type Sandboxes, SandboxTools } from './tools/sandbox-tools.ts'

export interface ExecutorOptions {
  /** Must give sessions (LISTEN). Opened and closed by the caller, after `close()`. */
  database: DatabaseHandle
  /** Where Storage and Realtime answer. */
  supabaseUrl: string
  secretKey: string
  /** Base64 of 32 bytes. */
  encryptionKey: string
  defaultModel: DefaultModel
  /** From `executor/sandbox/`; closed by the caller, after `close()`. */
  sandboxes: Sandboxes & { readonly describe: string }
  log: Logger
  /** How mails go out; without it people are asked in the web app only, and personas send none. */
  mail?: MailServer | undefined
  /** Replaces the check that webhooks reach the public internet only. */
  isAllowedAddress?: ErrandOptions['isAllowedAddress']
  /** How much is worked on at once. */
  concurrency?: { runs: number; tools: number }
  /** A worker that is silent for so long has lost what it held. */
  leaseSeconds?: number
  /** Replaces the `openai` client. */
  openModel?: OpenModel
  /** Replaces what carries tool calls out, and with it the registration of the built-in tools. */
  toolExecutors?: ToolExecutors
}

export interface Executor {
  /** What runs on what, for people. */
  describe(): {
    worker: string
    sandbox: string
    model: string
    runs: number
    tools: number
    /** Which queues could not be claimed from again and again; none in health. */
    failing: ('runs' | 'tools')[]
  }
  /**
   * Claims nothing more. What is running may end within `seconds`; then it is handed back, except effects, which are
   * waited for.
   */
  drain(seconds?: number): Promise<void>
  /** Drains, then stops everything that `startExecutor` started. */
  close(): Promise<void>
}

const CONCURRENCY = { runs: 32, tools: 8 }
const LEASE_SECONDS = 30
const DRAIN_SECONDS = 20

/** Resolves when the worker listens and claims. Rejects when the database or a setting does not allow that. */
export async function startExecutor(options: ExecutorOptions): Promise<Executor> {
  const { database, log, leaseSeconds = LEASE_SECONDS, concurrency = CONCURRENCY } = options
  const { query } = database
  const worker = `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`
  const held = new HeldWork()
  const openSecret = secretOpener(options.encryptionKey)
  const broadcaster = new Broadcaster(options.supabaseUrl, options.secretKey, log)
  const files = openFileStore(options.supabaseUrl, options.secretKey)
  const executors = options.toolExecutors ?? {
    sandbox: new SandboxTools(options.sandboxes, files),
    executor: new ExecutorTools({ query, mail: options.mail, log }),
  }
  const openModel = options.openModel ?? openAiModels()
  const spare = new SpareThread()
  let draining = false

  const defaultModel = describeToDatabase(options.defaultModel)
  const transitions = openTransitions(query, worker, leaseSeconds, defaultModel)
  const shared = { query, transitions, held, openSecret, broadcaster, leaseSeconds, log }
  const runs: WorkLoop<RunInHand> = new WorkLoop({
    name: 'runs',
    slots: concurrency.runs,
    claim: (most) => claimRuns(query, worker, most, leaseSeconds, defaultModel),
    handle: (run) =>
      processRun(run, {
        ...shared,
        defaultModel: options.defaultModel,
        openModel,
        isDraining: () => draining,
        reserveCalls: (most) => tools.reserve(most),
        spare,
        onCalls: () => tools.wake(),
        onResumed: () => runs.wake(),
      }),
    log,
  })
  const tools: WorkLoop<CallInHand> = new WorkLoop({
    name: 'tools',
    slots: concurrency.tools,
    claim: (most) => claimTools(query, worker, most, leaseSeconds),
    handle: (call) =>
      processCall(call, {
        ...shared,
        executors,
        files,
        reserveRun: () => runs.reserve(1),
        onResumed: () => runs.wake(),
        onRetry: () => tools.wake(),
      }),
    log,
  })
  const wakeAll = () => {
    runs.wake()
    tools.wake()
  }

  if (!options.toolExecutors) {
    const changed = await registerTools(query, await manifests())
    if (changed > 0) log.info({ changed }, 'tools registered')
  }
  const listening = [
    await database.listen('platform_work', (queue) => {
      if (queue === 'tools') tools.wake()
      else if (queue === 'runs') runs.wake()
      else wakeAll()
    }),
    // an empty payload says that notifications may have been missed: the heartbeat tells what was cancelled
    await database.listen('platform_cancel', (runId) => {
      if (runId) held.abortRun(runId)
      else void beat(query, held, leaseSeconds).catch(() => {})
    }),
  ]
  const heartbeats = repeat(
    'heartbeat',
    async () => {
      await beat(query, held, leaseSeconds)
      return (leaseSeconds * 1000) / 3
    },
    log,
  )
  const maintenance = startMaintenance(query, wakeAll, log)
  const errands = await startErrands({
    query,
    openSecret,
    encryptionKey: options.encryptionKey,
    mail: options.mail,
    isAllowedAddress: options.isAllowedAddress,
    onRuns: () => runs.wake(),
    log,
  })
  runs.start()
  tools.start()

  const drain = async (seconds = DRAIN_SECONDS) => {
    draining = true
    await drainLoops([runs, tools], held, seconds, log)
  }
  const stop = async () => {
    await drain()
    await Promise.all([heartbeats.stop(), maintenance.stop(), errands.stop(), broadcaster.flush()])
    for (const unlisten of listening) await unlisten()
  }
  let stopped: Promise<void> | undefined
  return {
    describe: () => ({
      worker,
      sandbox: options.sandboxes.describe,
      model: describeModel(options.defaultModel),
      runs: runs.activeCount,
      tools: tools.activeCount,
      failing: [...(runs.isFailing ? (['runs'] as const) : []), ...(tools.isFailing ? (['tools'] as const) : [])],
    }),
    drain,
    close() {
      stopped ??= stop()
      return stopped
    },
  }
}

/** As `platform.models_of` takes it. */
function describeToDatabase({ model, isDemo }: DefaultModel): string {
  const provider = isDemo ? 'demo' : 'default'
  return toJson({ provider, model, max_output_tokens: DEFAULT_MAX_OUTPUT_TOKENS, prompt_bytes: promptBytes })
}

function describeModel({ model, baseUrl, isDemo }: DefaultModel): string {
  return isDemo ? 'scripted demo model (no real model is connected)' : `${model} at ${new URL(baseUrl).host}`
}
