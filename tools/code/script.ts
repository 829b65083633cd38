/**
 * Runs one program in its own process group, which ends with the call. Processes that leave the group end with the call's
 * room (executor/sandbox/program-rooms.ts).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { ToolError } from '../../contracts/tool-errors.ts'
import { hasCode } from '../kit/errors.ts'
import { Printer } from '../kit/printer.ts'
import { HeadAndTail } from '../kit/truncate.ts'
import { locate, PRIVATE_FOLDER, PROGRAM_FILE, writeWhole } from '../kit/workspace.ts'
import { apart } from './apart.ts'

/** The only variables of the runner's environment that a program sees: where programs are, and the proxy to the network. */
const PASSED_ON = [
  'PATH',
  'TMPDIR',
  'TZ',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'NODE_USE_ENV_PROXY',
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
]

/** No call takes longer. An older program belongs to a room that was lost. */
const STALE_MS = 3_600_000
/** How long a program's output is still read after its exit, if a process that it started keeps the pipe open. */
const DRAIN_MS = 500

const LANGUAGES = {
  javascript: { command: process.execPath, args: ['--no-warnings'], extension: '.js' },
  python: { command: 'python3', args: ['-u', '-X', 'utf8'], extension: '.py' },
}

/** The exit code when the program does not exist. */
const NOT_FOUND = 127

export interface Script {
  language: keyof typeof LANGUAGES
  code: string
  stdin: string
  workspace: string
  timeoutMs: number
}

export interface ScriptResult {
  /** Null when a signal ended it. */
  exitCode: number | null
  signal: NodeJS.Signals | null
  timedOut: boolean
  stdout: string
  stderr: string
}

/** Rejects with the signal's reason when aborted; a program that fails or is too slow is a result, not a rejection. */
export async function runScript(
  script: Script,
  signal: AbortSignal,
  print: (text: string) => void,
): Promise<ScriptResult> {
  signal.throwIfAborted()
  const { command, args, extension } = LANGUAGES[script.language]
  await removeStale(script.workspace)
  const path = `.program-${randomUUID()}${extension}`
  await writeWhole(script.workspace, path, script.code)
  const file = await locate(script.workspace, path)
  try {
    const [starter, ...words] = apart([command, ...args, file])
    const child = spawn(starter!, words, {
      cwd: script.workspace,
      env: environment(script.workspace),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    })
    const result = await watch(child, script, signal, print)
    if (result.exitCode === NOT_FOUND && result.stderr.includes(`${command}: not found`)) {
      throw new ToolError('tool_failed', `This sandbox has no ${command}. Use the other language.`)
    }
    return result
  } finally {
    await rm(file, { force: true })
  }
}

async function watch(
  child: ChildProcess,
  script: Script,
  signal: AbortSignal,
  print: (text: string) => void,
): Promise<ScriptResult> {
  const stdout = new HeadAndTail()
  const stderr = new HeadAndTail()
  let timedOut = false
  const kill = () => killGroup(child)
  const stop = () => {
    flush() // before the call is answered
    kill()
  }
  const timer = setTimeout(() => {
    timedOut = true
    kill()
  }, script.timeoutMs)
  signal.addEventListener('abort', stop, { once: true })
  const read = (stream: Readable | null, kept: HeadAndTail) => {
    const printer = new Printer(print)
    stream?.on('data', (chunk: Buffer) => {
      kept.add(chunk)
      printer.add(chunk)
    })
    return printer
  }
  const printers = [read(child.stdout, stdout), read(child.stderr, stderr)]
  const flush = () => {
    for (const printer of printers) printer.flush()
  }
  // a program that does not read its input may close the pipe, which is fine
  child.stdin?.on('error', () => {})
  child.stdin?.end(script.stdin)
  try {
    const [exitCode, endSignal] = await ended(child, kill)
    signal.throwIfAborted()
    return { exitCode, signal: endSignal, timedOut, stdout: stdout.text(), stderr: stderr.text() }
  } finally {
    flush()
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

/** Resolves with exit code and signal once the program's output is read. */
async function ended(child: ChildProcess, kill: () => void): Promise<[number | null, NodeJS.Signals | null]> {
  const closed = once(child, 'close')
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  closed.catch(() => {}) // the same error rejects `exited`
  const how = await exited
  kill()
  // a process that left the group may keep the pipes open, but the call does not wait for it
  await Promise.race([closed, sleep(DRAIN_MS, undefined, { ref: false })])
  child.stdout?.destroy()
  child.stderr?.destroy()
  return how
}

async function removeStale(workspace: string): Promise<void> {
  for (const name of await readdir(workspace)) {
    if (!PROGRAM_FILE.test(name)) continue
    const { mtimeMs } = await stat(join(workspace, name)).catch(() => ({ mtimeMs: Date.now() }))
    if (Date.now() - mtimeMs > STALE_MS) await rm(join(workspace, name), { force: true })
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error
  }
}

function environment(workspace: string): NodeJS.ProcessEnv {
  const passed = PASSED_ON.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))
  return {
    ...Object.fromEntries(passed),
    HOME: workspace,
    LANG: 'C.UTF-8',
    PYTHONDONTWRITEBYTECODE: '1',
    // matplotlib: draw without a window, and keep caches out of the workspace
    MPLBACKEND: 'Agg',
    MPLCONFIGDIR: join(workspace, PRIVATE_FOLDER, 'matplotlib'),
  }
}
