/** Runs the edge functions: starts, watches and restarts a Deno child process, and passes requests to it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { proxy } from 'hono/proxy'
import type { Logger } from 'pino'
import { bearerOf, type Identities, Unauthorized } from '../identity/identity.ts'
import type { HostMessage } from './host.ts'

export interface FunctionsSettings {
  /** Has a folder with an `index.ts` for each function. Folders that start with `_` are shared code. */
  folder: string
  /** The complete environment of the functions. */
  env: Record<string, string>
  /** The folder for Deno's cache. */
  cacheFolder: string
  identities: Identities
  log: Logger
}

export type FunctionState = 'starting' | 'up' | 'down'

const root = join(import.meta.dirname, '../../..')
const START_TIMEOUT_MS = 20_000
/** How long a request waits until its function has started or restarted. */
const WAIT_MS = 3_000
const HUNG_AFTER_MS = 30_000
const RESTART_MS = { first: 250, most: 10_000 }
const STOP_MS = 2_000

export class Functions {
  readonly #settings: FunctionsSettings
  readonly #token = randomBytes(24).toString('hex')
  readonly #ports = new Map<string, number>()
  readonly #states = new Map<string, FunctionState>()
  readonly #changes = new EventEmitter().setMaxListeners(0)
  #child: ChildProcessWithoutNullStreams | undefined
  #watchdog: NodeJS.Timeout | undefined
  #restart: NodeJS.Timeout | undefined
  #closed = false

  constructor(settings: FunctionsSettings) {
    this.#settings = settings
  }

  /** Resolves when every function is up or has failed to load; `states` says which. */
  async start(): Promise<void> {
    const folder = this.#settings.folder
    const entries = existsSync(folder) ? await readdir(folder, { withFileTypes: true }) : []
    const names = entries.filter((entry) => entry.isDirectory() && /^[a-z0-9][\w-]*$/i.test(entry.name))
    for (const { name } of names) {
      if (existsSync(join(folder, name, 'index.ts'))) this.#states.set(name, 'starting')
    }
    if (this.#states.size === 0) return
    this.#spawn()
    await this.#until(() => ![...this.#states.values()].includes('starting'), START_TIMEOUT_MS)
  }

  get states(): Record<string, FunctionState> {
    return Object.fromEntries(this.#states)
  }

  /** Answers a request to `/functions/v1/<name>…`. The path that the function sees starts with its name. */
  async fetch(request: Request, address: string): Promise<Response> {
    const url = new URL(request.url)
    const path = url.pathname.slice('/functions/v1'.length)
    const name = path.split('/')[1] ?? ''
    if (!this.#states.has(name)) return failure(404, 'NOT_FOUND', 'Requested function was not found')
    await this.#until(() => this.#ports.has(name), WAIT_MS)
    const port = this.#ports.get(name)
    if (!port) return failure(503, 'BOOT_ERROR', 'Function is starting or failed to start', { 'retry-after': '1' })
    const headers = await this.#headers(request, url, address)
    try {
      return await proxy(`http://127.0.0.1:${port}${path}${url.search}`, { raw: request, headers, redirect: 'manual' })
    } catch (error) {
      if (request.signal.aborted) return new Response(null, { status: 499 })
      this.#settings.log.warn({ err: error, function: name }, 'function did not answer')
      return failure(502, 'WORKER_ERROR', 'Function exited while it handled the request')
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#watchdog)
    clearTimeout(this.#restart)
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.stdin.end()
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await exited
    clearTimeout(force)
  }

  #spawn(wait = RESTART_MS.first) {
    const { env, cacheFolder, folder, log } = this.#settings
    const command = denoCommand()
    // without the last condition, the signal of a successful request would abort too
    const options = [
      ...['--no-prompt', '--cached-only', '--no-remote', '--config', join(root, 'deno.json')],
      '--unstable-no-legacy-abort',
    ]
    const rights = ['--allow-net', '--allow-env', '--allow-read', '--allow-sys']
    const child = spawn(
      command[0] as string,
      [...command.slice(1), 'run', ...options, ...rights, join(import.meta.dirname, 'host.ts')],
      { cwd: root, env: { ...env, DENO_DIR: cacheFolder, DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' } },
    )
    this.#child = child
    const functions = [...this.#states.keys()].map((name) => ({
      name,
      url: pathToFileURL(join(folder, name, 'index.ts')).href,
    }))
    child.stdin.on('error', () => {})
    child.stdin.write(`${JSON.stringify({ token: this.#token, functions })}\n`)

    const started = Date.now()
    let lastSign = started
    createInterface(child.stdout).on('line', (line) => {
      if (!line.startsWith(`${this.#token} `)) return logLine(log, 'info', line)
      lastSign = Date.now()
      this.#onMessage(JSON.parse(line.slice(this.#token.length + 1)))
    })
    createInterface(child.stderr).on('line', (line) => logLine(log, 'warn', line))
    clearInterval(this.#watchdog)
    this.#watchdog = setInterval(() => {
      if (Date.now() - lastSign > HUNG_AFTER_MS) child.kill('SIGKILL')
    }, 1_000)
    const onEnd = (reason: unknown) => {
      if (this.#child !== child) return
      this.#child = undefined
      this.#allDown()
      if (this.#closed) return
      log.error({ reason }, 'the edge functions stopped: starting them again')
      const next = Date.now() - started > RESTART_MS.most ? RESTART_MS.first : Math.min(wait * 2, RESTART_MS.most)
      this.#restart = setTimeout(() => this.#spawn(next), wait)
    }
    child.on('error', (error) => onEnd(error.message))
    child.on('exit', (code, signal) => onEnd(signal ?? code))
  }

  #onMessage(message: HostMessage) {
    if (message.type === 'up') {
      this.#ports.set(message.name, message.port)
      this.#states.set(message.name, 'up')
    } else if (message.type === 'down') {
      this.#settings.log.error({ function: message.name, reason: message.message }, 'edge function stopped')
      this.#ports.delete(message.name)
      this.#states.set(message.name, 'down')
    } else return
    this.#changes.emit('change')
  }

  #allDown() {
    this.#ports.clear()
    for (const name of this.#states.keys()) this.#states.set(name, 'down')
    this.#changes.emit('change')
  }

  async #until(reached: () => boolean, timeoutMs: number): Promise<void> {
    const signal = AbortSignal.timeout(timeoutMs)
    while (!reached() && !signal.aborted && !this.#closed) {
      await once(this.#changes, 'change', { signal }).catch(() => {})
    }
  }

  /** Replaces an API key in `Authorization` by a token of its role, as Supabase's gateway does. */
  async #headers(request: Request, url: URL, address: string): Promise<Headers> {
    const headers = new Headers(request.headers)
    const bearer = bearerOf(request)
    if (bearer?.startsWith('sb_')) {
      const role = this.#settings.identities.roleOfKey(bearer)
      if (!role) throw new Unauthorized('Invalid API key')
      headers.set('authorization', `Bearer ${await this.#settings.identities.tokenFor(role)}`)
    }
    headers.set('x-gateway-token', this.#token)
    headers.set('x-forwarded-for', address)
    headers.set('x-forwarded-host', url.host)
    headers.set('x-forwarded-proto', url.protocol.slice(0, -1))
    return headers
  }
}

/** Keeps level and message if a function logs JSON with both; anything else becomes the message. */
function logLine(log: Logger, level: 'info' | 'warn', line: string) {
  try {
    const { level: own, message, ...fields }: { level?: unknown; message?: string } = JSON.parse(line)
    log[own === 'error' || own === 'warn' ? own : level](fields, message)
  } catch {
    log[level](line)
  }
}

const failure = (status: number, code: string, message: string, headers?: Record<string, string>) =>
  Response.json({ code, message }, { status, headers })

/** The binary of the npm package, so that signals reach it; or the package's launcher if the binary is not installed. */
function denoCommand(): string[] {
  const folder = dirname(createRequire(import.meta.url).resolve('deno/package.json'))
  const binary = join(folder, 'deno')
  return existsSync(binary) ? [binary] : [process.execPath, join(folder, 'bin.cjs')]
}
