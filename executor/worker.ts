/** The worker as a process. On SIGTERM or SIGINT it drains, closes everything, and exits within a deadline. */
import { pino } from 'pino'
import { openPostgres } from '../supabase/connection/postgres.ts'
import { startHealthServer } from './engine/health-server.ts'
import { mailSettings } from './engine/mail-server.ts'
import { type ExecutorOptions, startExecutor } from './executor.ts'
import { reach } from './outgoing/reach.ts'
import { openSandboxes } from './sandbox/index.ts'
import { readSettings } from './settings.ts'

/** Draining takes at most 30 s, closing almost no time. After this the process exits, and its leases expire. */
const STOP_SECONDS = 40

/** Resolves when the worker is ready. `overrides` win over the environment. Rejects as `readSettings` and `startExecutor` do. */
export async function runWorker(
  environment: NodeJS.ProcessEnv,
  overrides: Partial<ExecutorOptions> = {},
): Promise<void> {
  const settings = readSettings(environment)
  const log = pino({ level: settings.LOG_LEVEL })

  const database = openPostgres(settings.DATABASE_URL, {
    max: settings.EXECUTOR_CONNECTIONS,
    onWarning: (message) => log.warn({ part: 'database' }, message),
  })
  const internalHosts = settings.INTERNAL_HOSTS
  const egress = { reach: reach(internalHosts) }
  const sandboxes = await openSandboxes({ dataDir: settings.DATA_DIR, env: environment, egress, log })
  const executor = await startExecutor({
    database,
    supabaseUrl: settings.SUPABASE_URL,
    secretKey: settings.SUPABASE_SECRET_KEY,
    encryptionKey: settings.ENCRYPTION_KEY,
    defaultModel: {
      baseUrl: settings.OPENAI_BASE_URL,
      apiKey: settings.OPENAI_API_KEY,
      model: settings.OPENAI_MODEL,
      isDemo: settings.MODEL_IS_DEMO,
      seesImages: settings.OPENAI_MODEL_SEES_IMAGES,
      leaveOut: settings.OPENAI_LEAVE_OUT,
    },
    sandboxes,
    mail: mailSettings(settings),
    internalHosts,
    auditOutlets: { file: settings.AUDIT_HEADS_FILE, url: settings.AUDIT_HEADS_URL },
    log,
    concurrency: { runs: settings.EXECUTOR_RUNS, tools: settings.EXECUTOR_TOOLS },
    leaseSeconds: settings.EXECUTOR_LEASE_SECONDS,
    ...overrides,
  })
  const health =
    settings.HEALTH_PORT === undefined
      ? undefined
      : await startHealthServer(settings.HEALTH_PORT, database.query, executor.describe)
  log.info({ ...executor.describe(), health_port: health?.port }, 'executor ready')

  let isStopping = false
  const stop = async () => {
    if (isStopping) process.exit(1) // a second signal ends it at once
    isStopping = true
    log.info('stopping: takes no new work, and lets running work end')
    setTimeout(() => {
      log.warn('stopping took too long; the leases will expire')
      process.exit(1)
    }, STOP_SECONDS * 1000)
    await executor.close()
    await health?.close()
    await sandboxes.close()
    await database.close()
    log.info('stopped')
    process.exit(0)
  }
  process.on('SIGTERM', stop).on('SIGINT', stop)
}
