/** `npm start`: the whole platform in one process. Composes the parts, says what it does, stops cleanly. */
import './require-node.ts'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { destination, type Logger, multistream, pino } from 'pino'
import { DEMO_PASSWORD, demoAccounts } from '../supabase/embedded/demo.ts'
import { startDemoModel } from '../supabase/embedded/demo-model/server.ts'
import { PortTaken } from '../supabase/embedded/gateway/http-server.ts'
import { startEmbedded } from '../supabase/embedded/main.ts'
import {
  AlreadyRunning,
  claimInstance,
  dataFolder,
  publishInstance,
  releaseInstance,
  runningInstance,
} from './instance.ts'

const root = join(import.meta.dirname, '..')
const webFolder = join(root, 'nuxt-app/.output/public')
const STOP_TIMEOUT_MS = 8_000

const { values: flags } = parseArgs({ options: { reset: { type: 'boolean' }, yes: { type: 'boolean' } } })
const folder = dataFolder()

/** A failure that the person at the keyboard can mend: shown without a stack. */
class Refusal extends Error {}

const closers: { part: string; close(): Promise<unknown> }[] = []
let stopping = false

try {
  await main()
} catch (error) {
  await closeAll()
  if (error instanceof AlreadyRunning || error instanceof Refusal) console.error(error.message)
  else if (error instanceof PortTaken)
    console.error(`Port ${error.port} is taken by another program. Choose others with PORT and API_PORT.`)
  else console.error(`The platform could not start: ${error instanceof Error ? error.message : error}`)
  if (process.env.LOG_LEVEL === 'debug') console.error(error)
  process.exit(1)
}

async function main() {
  const began = performance.now()
  if (flags.reset) await reset()
  await claimInstance(folder)
  closers.push({ part: 'instance file', close: () => releaseInstance(folder) })
  process.on('SIGINT', stop).on('SIGTERM', stop)

  const log = await openLog()
  if (!existsSync(webFolder)) await step('building the web app (the first time only)', buildWebApp)

  const embedded = await step('database, API, functions', () =>
    startEmbedded({
      dataDir: folder,
      databaseUrl: process.env.DATABASE_URL || undefined,
      apiPort: port('API_PORT', 54321),
      webPort: process.env.PORT ? port('PORT', 0) : undefined,
      webDir: existsSync(webFolder) ? webFolder : undefined,
      functionsDir: join(root, 'functions'),
      demo: true,
      log,
    }),
  )
  closers.push({ part: 'database, API, functions', close: embedded.close })

  const model = await step('language model', () => chooseModel(log))
  // The executor (executor/main.ts: startExecutor) is composed here; until then runs stay queued and no sandbox is used.
  const sandbox = 'none'

  const { apiUrl, webUrl, keys, describe } = embedded
  await publishInstance(folder, {
    api_url: apiUrl,
    web_url: webUrl,
    publishable_key: keys.publishable,
    secret_key: keys.secret,
    database: describe.database,
    sandbox,
    model: model.name,
    ready: true,
  })
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`
The platform is ready (${seconds} s): ${webUrl}

  database  ${describe.database}
  sandbox   ${sandbox}
  model     ${model.name}
  data      ${folder} (log: ${join(folder, 'platform.log')})

  Sign in with password "${DEMO_PASSWORD}" as
${demoAccounts.map(({ email, role }) => `    ${email.padEnd(20)} ${role}`).join('\n')}

Stop with Ctrl-C.`)
}

/** An OpenAI-compatible endpoint if the environment names one, else the scripted demo. */
async function chooseModel(log: Logger) {
  const { OPENAI_BASE_URL, OPENAI_API_KEY } = process.env
  if (OPENAI_BASE_URL || OPENAI_API_KEY) {
    const url = OPENAI_BASE_URL || 'https://api.openai.com/v1'
    return { name: new URL(url).host, url, apiKey: OPENAI_API_KEY }
  }
  const modelLog = log.child({ part: 'demo-model' })
  const demo = await startDemoModel({ port: 0, log: (event) => modelLog.info(event) })
  closers.push({ part: 'demo model', close: () => demo.close() })
  return {
    name: 'scripted demo (set OPENAI_BASE_URL and OPENAI_API_KEY for a real one)',
    url: demo.url,
    apiKey: 'demo',
  }
}

async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  console.log(`  … ${what}`)
  const result = await work()
  console.log(`  ✓ ${what} (${((performance.now() - began) / 1000).toFixed(1)} s)`)
  return result
}

/** The rest works without the web app, so a failure to build it is told and does not stop the start. */
async function buildWebApp() {
  const output: string[] = []
  const build = spawn('npm', ['run', 'build', '-w', 'nuxt-app'], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  build.stdout.on('data', (text) => output.push(String(text)))
  build.stderr.on('data', (text) => output.push(String(text)))
  const code = await new Promise((resolve) => build.on('close', resolve).on('error', resolve))
  if (code === 0) return
  console.error('  ! The web app could not be built (npm run build -w nuxt-app); going on without it:')
  console.error(output.join('').trimEnd().split('\n').slice(-15).join('\n'))
}

async function reset() {
  const running = await runningInstance(folder)
  if (running) throw new AlreadyRunning(folder, running)
  if (!existsSync(folder)) return
  const names = await readdir(folder)
  if (names.length > 0 && !names.includes('keys.json'))
    throw new Refusal(`${folder} does not look like a data folder of the platform: nothing was deleted.`)
  if (process.env.DATABASE_URL) console.log('The database that DATABASE_URL names is left as it is.')
  if (!flags.yes && !(await confirm(`Delete everything in ${relative('.', folder) || folder}? [y/N] `)))
    throw new Refusal('Nothing was deleted.')
  await rm(folder, { recursive: true })
}

async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')))
  const answer = await Promise.race([terminal.question(question), ended])
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}

function port(variable: string, otherwise: number): number {
  const value = process.env[variable]
  if (!value) return otherwise
  const number = Number(value)
  if (!Number.isInteger(number) || number < 0 || number > 65_535)
    throw new Refusal(`${variable} is not a port: ${value}`)
  return number
}

/** Everything into a file, errors to the terminal too; the last run's file is kept beside it. */
async function openLog(): Promise<Logger> {
  const file = join(folder, 'platform.log')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (existsSync(file)) await rename(file, `${file}.1`)
  const terminal = {
    write(line: string) {
      const { msg, part, err } = JSON.parse(line)
      console.error(`  ! ${part ?? 'platform'}: ${msg}${err?.message ? ` (${err.message})` : ''}`)
    },
  }
  const streams = [
    { level: 'debug', stream: destination({ dest: file, mode: 0o600, sync: false }) },
    { level: 'error', stream: terminal },
  ] as const
  return pino({ level: process.env.LOG_LEVEL || 'info' }, multistream([...streams]))
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
    await close().catch((error: Error) => console.error(`  ! ${part} did not stop cleanly: ${error.message}`))
  }
}
