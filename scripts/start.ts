/** `npm start`: starts the whole platform in one process, prints what it does, and stops cleanly. */
import './require-node.ts'
import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { destination, type Logger, multistream, pino } from 'pino'
import { type LeaveOut, parseLeaveOut } from '../contracts/api.ts'
import { hostAndPort, type InternalHosts, parseInternalHosts } from '../contracts/outgoing.ts'
import { type IsTrustedProxy, parseTrustedProxies } from '../contracts/trusted-proxies.ts'
import type { WebConfig } from '../contracts/web-config.ts'
import { startDemoModel } from '../demo-model/server.ts'
import { addressOf, mailSettings } from '../executor/engine/mail-server.ts'
import { startExecutor } from '../executor/executor.ts'
import { reach } from '../executor/outgoing/reach.ts'
import type { DefaultModel } from '../executor/runs/model/targets.ts'
import { openSandboxes } from '../executor/sandbox/index.ts'
import { DEMO_PASSWORD, demoAccounts } from '../supabase/embedded/demo.ts'
import { PortTaken } from '../supabase/embedded/gateway/http-server.ts'
import { type Embedded, startEmbedded } from '../supabase/embedded/main.ts'
import { buildWeb } from './build-web.ts'
import { freshDatabase } from './fresh-database.ts'
import { AlreadyRunning, AUDIT_HEADS, claimInstance, dataFolder, publishInstance, releaseInstance } from './instance.ts'
import { chooseLocalModel, findLocalServers, type LocalModel, type LocalServer, offerOf } from './local-models.ts'
import { Refusal, resetData } from './reset.ts'

const DEFAULT_API_PORT = 54_321
const DEFAULT_MODEL = 'gpt-4.1-mini'
const DEFAULT_SENDER = 'Persona Platform <no-reply@localhost>'
/** How long runs may take to finish after a stop. Then they go back to the queue. */
const DRAIN_SECONDS = 3
const STOP_TIMEOUT_MS = 10_000

const folder = dataFolder()
const closers: { part: string; close(): Promise<unknown> }[] = []
let stopping = false

try {
  await main()
} catch (error) {
  await closeAll()
  console.log(inWords(error))
  if (process.env.LOG_LEVEL === 'debug') console.log(error)
  process.exit(1)
}

async function main() {
  const began = performance.now()
  const flags = readFlags()
  if (flags.reset) await resetData(folder, flags.yes ?? false)
  await claimInstance(folder)
  closers.push({ part: 'instance file', close: () => releaseInstance(folder) })
  process.on('SIGINT', stop).on('SIGTERM', stop)
  const log = await openLog()
  // one unhandled rejection must not end database and runs; it is logged, and printed in the terminal
  process.on('unhandledRejection', (err) => log.error({ err }, 'a part failed unexpectedly'))
  const webDir = await step('web app', openWebApp)
  const databaseUrl = process.env.DATABASE_URL || undefined

  const fresh = await freshDatabase()
  const isModelNamed = Boolean(process.env.OPENAI_BASE_URL || process.env.OPENAI_API_KEY)
  const servers = isModelNamed ? Promise.resolve([]) : lookForModels()
  const local = flags.model === undefined ? undefined : takeLocalModel(await servers, flags.model, isModelNamed)
  const internalHosts = readInternalHosts(local)
  let shown: Pick<WebConfig, 'model' | 'sandbox'> = { model: { name: 'starting', is_demo: false }, sandbox: null }
  const embedded = await step('database, API, functions', () =>
    startEmbedded({
      dataDir: folder,
      databaseUrl,
      freshDatabase: fresh,
      apiPort: port('API_PORT') ?? DEFAULT_API_PORT,
      webPort: port('PORT'),
      webDir,
      functionsDir: join(import.meta.dirname, '../functions'),
      isTrustedProxy: readTrustedProxies(),
      functionsEnv: { INTERNAL_HOSTS: [...internalHosts].join(' ') },
      demo: databaseUrl === undefined, // the demo's public password is only for a database in our own folder
      onUpgrade: (message) => console.log(`  ! ${message}`),
      installation: () => shown,
      log,
    }),
  )
  closers.push({ part: 'database, API, functions', close: embedded.close })

  if (local) await makeFree(embedded, local.model)

  const executor = await step('model, sandbox, executor', async () => {
    const defaultModel = await chooseModel(log.child({ part: 'demo-model' }), local)
    const { SMTP_URL, MAIL_FROM = DEFAULT_SENDER } = process.env
    const executorLog = log.child({ part: 'executor' })
    const egress = { reach: reach(internalHosts) }
    const sandboxes = await openSandboxes({ dataDir: resolve(folder), env: process.env, egress, log: executorLog })
    closers.push({ part: 'sandboxes', close: () => sandboxes.close() })
    const running = await startExecutor({
      database: embedded.database,
      supabaseUrl: embedded.apiUrl,
      secretKey: embedded.keys.secret,
      encryptionKey: embedded.keys.encryptionKey,
      defaultModel,
      sandboxes,
      internalHosts,
      auditOutlets: { file: join(resolve(folder), AUDIT_HEADS), url: process.env.AUDIT_HEADS_URL },
      mail: mailSettings({ SMTP_URL, MAIL_FROM, WEB_URL: embedded.webUrl }),
      outboxSender: addressOf(MAIL_FROM),
      log: executorLog,
    })
    shown = {
      model: { name: running.describe().model, is_demo: defaultModel.isDemo },
      sandbox: sandboxes.name === 'none' ? null : sandboxes.name,
    }
    closers.push({ part: 'executor', close: () => running.drain(DRAIN_SECONDS).then(() => running.close()) })
    return running
  })

  const { sandbox, model } = executor.describe()
  await publishInstance(folder, {
    api_url: embedded.apiUrl,
    web_url: embedded.webUrl,
    publishable_key: embedded.keys.publishable,
    secret_key: embedded.keys.secret,
    database: embedded.describe.database,
    sandbox,
    model,
    ready: true,
  })
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`
The platform is ready (${seconds} s): ${embedded.webUrl}

  database  ${embedded.describe.database}
  sandbox   ${sandbox}
  model     ${model}
  data      ${folder} (log: ${join(folder, 'platform.log')})

${databaseUrl ? await howToSignIn(embedded) : demoSignIn()}
${local ? '' : await offer(servers)}
Stop with Ctrl-C.`)
}

function demoSignIn(): string {
  const accounts = demoAccounts.map(({ email, role }) => `    ${email.padEnd(20)} ${role}`)
  return [`  Sign in with password "${DEMO_PASSWORD}" as`, ...accounts].join('\n')
}

/** A database that DATABASE_URL names has no demo accounts, only those that people create. */
async function howToSignIn({ database, webUrl }: Embedded): Promise<string> {
  const [{ admins } = { admins: 0 }] = await database.query<{ admins: number }>(
    'select count(*) as admins from public.profiles where is_platform_admin',
  )
  const admin = `
  Nobody is platform admin yet. A platform admin sees the operations of the whole installation. To make an account
  platform admin, run this in that database:
    update public.profiles set is_platform_admin = true where email = '…';`
  return `  Sign up at ${webUrl}/sign-up, or sign in.${admins === 0 ? `\n${admin}` : ''}`
}

/** Model servers that already run on this machine. */
function lookForModels(): Promise<LocalServer[]> {
  const servers = findLocalServers(process.env.LOCAL_MODEL_SERVERS || undefined)
  servers.catch(() => {}) // whoever awaits it is told
  return servers
}

function takeLocalModel(servers: LocalServer[], wanted: string, isModelNamed: boolean): LocalModel {
  if (isModelNamed)
    throw new Refusal('OPENAI_BASE_URL or OPENAI_API_KEY names a model already. Unset them, or leave out --model.')
  try {
    return chooseLocalModel(servers, wanted)
  } catch (error) {
    throw new Refusal((error as Error).message)
  }
}

async function offer(servers: Promise<LocalServer[]>): Promise<string> {
  const text = offerOf(await servers)
  return text ? `\n${text}\n` : ''
}

/** A model of this machine costs nothing, unless the operator has set its price. */
async function makeFree({ database }: Embedded, model: string): Promise<void> {
  await database.query(
    `insert into public.model_prices (model, input_per_million, output_per_million, source)
     values ($1, 0, 0, 'A model on this machine: npm start -- --model.')
     on conflict on constraint model_prices_model_workspace_id_key do nothing`,
    [model],
  )
}

/** The operator's list and the server of the installation's own model, so that providers can use it as well. */
function readInternalHosts(local: LocalModel | undefined): InternalHosts {
  const { INTERNAL_HOSTS = '', OPENAI_BASE_URL } = process.env
  try {
    const own = OPENAI_BASE_URL ? hostAndPort(new URL(OPENAI_BASE_URL)) : (local?.server.host ?? '')
    return parseInternalHosts(`${INTERNAL_HOSTS} ${own}`)
  } catch (error) {
    throw new Refusal((error as Error).message)
  }
}

function readTrustedProxies(): IsTrustedProxy {
  try {
    return parseTrustedProxies(process.env.TRUSTED_PROXIES ?? '')
  } catch (error) {
    throw new Refusal((error as Error).message)
  }
}

function readLeaveOut(): LeaveOut[] {
  try {
    return parseLeaveOut(process.env.OPENAI_LEAVE_OUT ?? '')
  } catch (error) {
    throw new Refusal((error as Error).message)
  }
}

/** The model that `--model` or the environment names, or else the scripted demo model. */
async function chooseModel(log: Logger, local: LocalModel | undefined): Promise<DefaultModel> {
  const { OPENAI_BASE_URL, OPENAI_API_KEY = '', OPENAI_MODEL, OPENAI_MODEL_SEES_IMAGES } = process.env
  const seesImages = OPENAI_MODEL_SEES_IMAGES === 'true'
  if (local) {
    return {
      baseUrl: local.server.baseUrl,
      apiKey: '',
      model: local.model,
      isDemo: false,
      seesImages,
      leaveOut: readLeaveOut(),
    }
  }
  const model = OPENAI_MODEL || DEFAULT_MODEL
  if (OPENAI_BASE_URL || OPENAI_API_KEY) {
    const baseUrl = OPENAI_BASE_URL || 'https://api.openai.com/v1'
    return { baseUrl, apiKey: OPENAI_API_KEY, model, isDemo: false, seesImages, leaveOut: readLeaveOut() }
  }
  const demo = await startDemoModel({ log: (event) => log.info(event, event.message) })
  closers.push({ part: 'demo model', close: () => demo.close() })
  return { baseUrl: demo.url, apiKey: 'demo', model: 'demo', isDemo: true }
}

/** The rest works without the web app, so a failed build is reported and does not stop the start. */
async function openWebApp(): Promise<string | undefined> {
  try {
    return await buildWeb((line) => console.log(`    ${line}`))
  } catch (error) {
    console.log(`  ! ${(error as Error).message}\n  ! The platform starts without the web app.`)
  }
}

async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  console.log(`  … ${what}`)
  const result = await work()
  console.log(`  ✓ ${what} (${((performance.now() - began) / 1000).toFixed(1)} s)`)
  return result
}

function readFlags() {
  try {
    const options = { reset: { type: 'boolean' }, yes: { type: 'boolean' }, model: { type: 'string' } } as const
    return parseArgs({ options }).values
  } catch {
    throw new Refusal('Usage: npm start [-- [--model NAME] [--reset [--yes]]]')
  }
}

function port(variable: 'PORT' | 'API_PORT'): number | undefined {
  const value = process.env[variable]
  if (!value) return undefined
  const number = Number(value)
  if (!Number.isInteger(number) || number < 0 || number > 65_535)
    throw new Refusal(`${variable} is not a port: ${value}`)
  return number
}

/** Logs everything to a file, and errors also to the terminal. The log of the last start is kept beside it. */
async function openLog(): Promise<Logger> {
  const file = join(folder, 'platform.log')
  if (existsSync(file)) await rename(file, `${file}.1`)
  const terminal = {
    write(line: string) {
      const { msg, part, err } = JSON.parse(line)
      console.log(`  ! ${part ?? 'platform'}: ${msg}${err?.message ? ` (${err.message})` : ''}`)
    },
  }
  const log = pino(
    { level: process.env.LOG_LEVEL || 'info' },
    multistream([
      { level: 'debug', stream: destination({ dest: file, mode: 0o600, sync: false }) },
      { level: 'error', stream: terminal },
    ]),
  )
  // lite prints every refused statement; this belongs in the log file
  console.error = console.warn = (...parts: unknown[]) =>
    log.warn({ part: 'lite', said: parts.map((part) => (part instanceof Error ? part.message : part)) })
  return log
}

function inWords(error: unknown): string {
  if (error instanceof AlreadyRunning || error instanceof Refusal) return error.message
  if (error instanceof PortTaken)
    return `Another program uses port ${error.port}. Choose other ports with PORT and API_PORT.`
  // If Node tried several addresses without success, its error has no message of its own.
  const first = error instanceof AggregateError ? error.errors[0] : error
  return `The platform could not start: ${first instanceof Error ? first.message : first}`
}

function stop() {
  if (stopping) process.exit(1)
  stopping = true
  console.log('\nStopping …')
  setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref()
  void closeAll().then(() => process.exit(0))
}

async function closeAll() {
  for (const { part, close } of closers.splice(0).reverse()) {
    await close().catch((error: Error) => console.log(`  ! ${part} did not stop cleanly: ${error.message}`))
  }
}
