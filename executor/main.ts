/** `npm run executor`: the worker as a process of its own, beside a Supabase. Ends cleanly on SIGTERM and SIGINT. */
import { pino } from 'pino'
import { openPostgres } from './database.ts'
import { startExecutor } from './executor.ts'
import { startHealthServer } from './health-server.ts'
import { mailSettings } from './mail/settings.ts'
import { openSandboxes } from './sandbox/index.ts'
import { readSettings } from './settings.ts'

const settings = readSettings(process.env)
const log = pino({ level: settings.LOG_LEVEL })

const database = openPostgres(settings.DATABASE_URL, { max: settings.EXECUTOR_CONNECTIONS })
const sandboxes = await openSandboxes({ dataDir: settings.DATA_DIR, env: process.env, log })
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
  },
  sandboxes,
  mail: mailSettings(settings),
  log,
  concurrency: { runs: settings.EXECUTOR_RUNS, tools: settings.EXECUTOR_TOOLS },
  leaseSeconds: settings.EXECUTOR_LEASE_SECONDS,
})
const health =
  settings.HEALTH_PORT === undefined
    ? undefined
    : await startHealthServer(settings.HEALTH_PORT, database.query, executor.describe)
log.info({ ...executor.describe(), health_port: health?.port }, 'executor ready')

let isStopping = false
async function stop(): Promise<void> {
  if (isStopping) process.exit(1) // asked twice: at once
  isStopping = true
  log.info('stopping: no new work, what runs may end')
  await executor.close()
  await health?.close()
  await sandboxes.close()
  await database.close()
  log.info('stopped')
}
process.on('SIGTERM', stop).on('SIGINT', stop)
