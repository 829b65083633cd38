/** The composition root: builds the parts of a worker, starts its jobs, and stops them in order. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Logger } from 'pino'
import { answerLinkKey } from '../contracts/answer-link.ts'
import type { DatabaseHandle } from '../contracts/database-handle.ts'
import type { InternalHosts } from '../contracts/outgoing.ts'
import { manifests } from '../tools/registry.ts'
import { Broadcaster } from './engine/broadcast.ts'
import { heartbeatJob } from './engine/heartbeat.ts'
import { HeldWork } from './engine/held-work.ts'
import { Jobs } from './engine/jobs.ts'
import type { WorkLoop } from './engine/loop.ts'
import type { MailServer } from './engine/mail-server.ts'
import { secretOpener } from './engine/secrets.ts'
import { type AuditOutlets, openPublish } from './jobs/audit/publish.ts'
import { sealAuditJob } from './jobs/audit/seal-audit.ts'
import { signAuditJob, signLastHeads } from './jobs/audit/sign-audit.ts'
import { providersJob } from './jobs/providers/providers-job.ts'
import { questionsJob } from './jobs/questions/questions-job.ts'
import { schedulesJob } from './jobs/schedules/schedules-job.ts'
import { sweepJob } from './jobs/sweep.ts'
import { webhooksJob } from './jobs/webhooks/webhooks-job.ts'
import { openOutgoing } from './outgoing/outgoing.ts'
import { reach } from './outgoing/reach.ts'
import { registerTools } from './platform/register-tools.ts'
import { reportTools } from './platform/report-tools.ts'
import type { ClaimedCall, ClaimedRun } from './platform/types.ts'
import { openFastHandover } from './runs/handover/fast.ts'
import type { OpenHandover } from './runs/handover/handover.ts'
import type { OpenModel } from './runs/model/model-client.ts'
import { openAiModels } from './runs/model/openai-client.ts'
import type { DefaultModel } from './runs/model/targets.ts'
import { runsJob } from './runs/process-run.ts'
import { toolReports } from './tools/availability.ts'
import { ExecutorTools } from './tools/executor-tools.ts'
import { openFileStore } from './tools/file-store.ts'
import { type ToolExecutors, toolsJob } from './tools/process-call.ts'
import { type Sandboxes, SandboxTools } from './tools/sandbox-tools.ts'

export interface ExecutorOptions {
  /** Must support sessions (LISTEN). The caller opens it, and closes it after `close()`. */
  database: DatabaseHandle
  /** Base URL of Storage and Realtime. */
  supabaseUrl: string
  secretKey: string
  /** Base64 of 32 bytes. */
  encryptionKey: string
  defaultModel: DefaultModel
  /** From `executor/sandbox/`. The caller closes it after `close()`. */
  sandboxes: Sandboxes & { readonly describe: string; readonly missing?: string }
  log: Logger
  /** Sends mails. Without it, people are asked only in the web app, and personas send mail only to the outbox, if at all. */
  mail?: MailServer | undefined
  /** The sender of mails that stay in the outbox, while there is no `mail`. Without both, personas cannot write mail. */
  outboxSender?: string | undefined
  /** Hosts of the internal network that providers and webhooks may use, besides the public internet. Default: none. */
  internalHosts?: InternalHosts | undefined
  /** Where signed heads of the audit log are written, in addition to the database and the log. */
  auditOutlets?: AuditOutlets | undefined
  /** How many runs and tool calls are worked on at the same time. */
  concurrency?: { runs: number; tools: number }
  /** A worker that sends no heartbeat for this long loses what it held. */
  leaseSeconds?: number
  /** Replaces the `openai` client. */
  openModel?: OpenModel
  /** Replaces the part that executes tool calls, and the registration of the built-in tools. */
  toolExecutors?: ToolExecutors
  /** Replaces the fast handover. */
  openHandover?: OpenHandover
}

export interface Executor {
  /** What this worker is and does, for people. */
  describe(): {
    worker: string
    sandbox: string
    model: string
    runs: number
    tools: number
    /** Queues from which several claims in a row have failed. */
    failing: string[]
  }
  /**
   * Claims nothing more. Running work has `seconds` to end; after that it is handed back. Effects get some seconds more.
   */
  drain(seconds?: number): Promise<void>
  /** Drains, then stops everything that `startExecutor` started. */
  close(): Promise<void>
}

const CONCURRENCY = { runs: 32, tools: 8 }
const LEASE_SECONDS = 30
const DRAIN_SECONDS = 20

/** Resolves when the worker listens and claims. Rejects when the database or a setting prevents that. */
export async function startExecutor(options: ExecutorOptions): Promise<Executor> {
  const {
    database,
    defaultModel,
    mail,
    outboxSender,
    log,
    leaseSeconds = LEASE_SECONDS,
    concurrency = CONCURRENCY,
  } = options
  const { query } = database
  const worker = `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`
  const held = new HeldWork()
  const openSecret = secretOpener(options.encryptionKey)
  const broadcaster = new Broadcaster(options.supabaseUrl, options.secretKey, log)
  const files = openFileStore(options.supabaseUrl, options.secretKey)
  const outgoing = openOutgoing(reach(options.internalHosts))
  const openHandover = options.openHandover ?? openFastHandover
  const loops = () => ({ runs, calls })
  const handover = openHandover({ query, worker, leaseSeconds, defaultModel, held, loops })
  let isDraining = false

  const jobs = new Jobs(log)
  const shared = { query, held, openSecret, broadcaster, leaseSeconds, log }
  const runs: WorkLoop<ClaimedRun> = jobs.addQueue(
    runsJob(concurrency.runs, {
      ...shared,
      handover,
      defaultModel,
      openModel: options.openModel ?? openModels(defaultModel, outgoing.fetch),
      loadImage: (path) => files.download('artifacts', path),
      isDraining: () => isDraining,
    }),
  )
  const calls: WorkLoop<ClaimedCall> = jobs.addQueue(
    toolsJob(concurrency.tools, {
      ...shared,
      claimCalls: (most) => handover.claimCalls(most),
      finishCall: (call, heldCall, result) => handover.finishCall(call, heldCall, result),
      executors: options.toolExecutors ?? {
        sandbox: new SandboxTools(options.sandboxes, files),
        executor: new ExecutorTools({ query, mail, outboxSender, log }),
      },
      files,
      onRetry: () => calls.wake(),
      onNeedMissing: (tool, note) => reportTools(query, [{ name: tool, works: false, note }]),
    }),
  )
  jobs.addQueue(webhooksJob({ query, send: outgoing.fetch, openSecret, log }))
  const openGuarded = openAiModels({ send: outgoing.fetch })
  jobs.addQueue(providersJob({ query, send: outgoing.fetch, openModel: openGuarded, openSecret, log }))
  jobs.addQueue(questionsJob({ query, mail, answerKey: await answerLinkKey(options.encryptionKey), log }))
  const publish = openPublish(options.auditOutlets ?? {})
  const signing = signAuditJob({ query, encryptionKey: options.encryptionKey, publish, log })
  jobs.addRepeated(
    heartbeatJob(query, held, leaseSeconds),
    schedulesJob(query, () => runs.wake(), log),
    sweepJob(query, () => jobs.wakeQueues(), log),
    sealAuditJob(query),
    signing,
  )

  if (!options.toolExecutors) {
    const tools = await manifests()
    const changed = await registerTools(query, tools)
    const noSandbox = options.sandboxes.missing
    await reportTools(query, toolReports(tools, { canSendMail: !!mail, keepsMail: !!outboxSender, noSandbox }))
    if (changed > 0) log.info({ changed }, 'tools registered')
  }
  const listening = await listen(database, jobs, held)
  jobs.start()

  const drain = async (seconds = DRAIN_SECONDS) => {
    isDraining = true
    await jobs.drain(held, seconds)
  }
  const stop = async () => {
    await drain()
    await Promise.all([jobs.stop(), outgoing.close(), broadcaster.flush()])
    await signLastHeads(signing, query, log)
    for (const unlisten of listening) await unlisten()
  }
  let stopped: Promise<void> | undefined
  return {
    describe: () => ({
      worker,
      sandbox: options.sandboxes.describe,
      model: describeModel(defaultModel),
      runs: runs.activeCount,
      tools: calls.activeCount,
      failing: jobs.failing,
    }),
    drain,
    close() {
      stopped ??= stop()
      return stopped
    },
  }
}

/** An empty payload says that notifications may have been missed. Returns what ends the listening. */
async function listen(database: DatabaseHandle, jobs: Jobs, held: HeldWork): Promise<(() => Promise<void>)[]> {
  return [
    await database.listen('platform_work', (queue) => (queue ? jobs.wake(queue) : jobs.wakeQueues())),
    // the heartbeat learns what was cancelled meanwhile
    await database.listen('platform_cancel', (runId) => (runId ? held.abortRun(runId) : jobs.wake('heartbeat'))),
  ]
}

/** The operator chooses the address of the installation's own model. All other models go through the guarded client. */
function openModels(own: DefaultModel, guarded: typeof fetch): OpenModel {
  const openOwn = openAiModels()
  const openGuarded = openAiModels({ send: guarded })
  return (endpoint) => (endpoint === own ? openOwn(endpoint) : openGuarded(endpoint))
}

function describeModel({ model, baseUrl, isDemo }: DefaultModel): string {
  return isDemo ? 'scripted demo model (no real model is connected)' : `${model} at ${new URL(baseUrl).host}`
}
