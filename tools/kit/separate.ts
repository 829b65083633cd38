/**
 * Runs heavy work in a separate process, so that it does not block other calls, ends at once when it is cancelled, and
 * cannot use up the runner's time and memory. One process stays warm for a while after its work.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { ToolError, type ToolFailure } from '../../contracts/tool-errors.ts'

const MAX_HEAP_MB = 512
const STAYS_WARM_MS = 60_000
const ENTRY = fileURLToPath(new URL('./separate-process.ts', import.meta.url))

/** An exported function to call with structured-cloneable arguments. */
export interface Work {
  /** File URL of the module. */
  module: string
  function: string
  args: unknown[]
}

/**
 * The outcome: the function's value, or code and message of the error that it threw. After any error but a `ToolError`,
 * the process is spent: nobody knows what the error left behind, so the process does no other work.
 */
export type Outcome = { value: unknown } | (ToolFailure & { isSpent: boolean })

let idle: { child: ChildProcess; timer: NodeJS.Timeout } | undefined

/** The value that the function resolves to. Rejects with what it threw, or with the signal's reason when aborted. */
export async function runSeparately<T>(work: Work, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const child = takeIdle() ?? start()
  try {
    const outcome = await outcomeOf(child, work, signal)
    if (!('code' in outcome && outcome.isSpent)) keep(child)
    if ('code' in outcome) throw new ToolError(outcome.code, outcome.message)
    return outcome.value as T
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    if (idle?.child !== child) child.kill('SIGKILL')
  }
}

async function outcomeOf(child: ChildProcess, work: Work, signal: AbortSignal): Promise<Outcome> {
  const over = new AbortController()
  const until = { signal: AbortSignal.any([signal, over.signal]) }
  const ended = once(child, 'exit', until).then(([code]) => {
    throw new ToolError('tool_failed', whyItEnded(code))
  })
  try {
    child.send(work, () => {}) // if sending fails, the process has ended, which is noticed below
    const [outcome] = await Promise.race([once(child, 'message', until), ended])
    return outcome
  } finally {
    over.abort()
  }
}

function start(): ChildProcess {
  const child = fork(ENTRY, {
    execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`],
    env: {},
    serialization: 'advanced',
    // output of libraries goes to our stderr, because our stdout belongs to the protocol
    stdio: ['ignore', 2, 2, 'ipc'],
  })
  // without a listener, an error after the work would end this process
  child.on('error', (error) => console.error(`separate process: ${error.message}`))
  return child
}

function takeIdle(): ChildProcess | undefined {
  const child = idle?.child
  clearTimeout(idle?.timer)
  idle = undefined
  if (!child?.connected) return undefined
  child.ref()
  child.channel?.ref()
  return child
}

/** Keeps the process for the next work, unless another one is kept. A kept process does not keep this one alive. */
function keep(child: ChildProcess): void {
  if (idle || !child.connected) return
  const timer = setTimeout(() => takeIdle()?.kill('SIGKILL'), STAYS_WARM_MS)
  timer.unref()
  child.unref()
  child.channel?.unref()
  idle = { child, timer }
}

/**
 * A full heap ends Node with SIGABRT; when the sandbox's memory is full, the kernel sends SIGKILL. Both have no exit
 * code.
 */
function whyItEnded(code: number | null): string {
  return code === null ? 'This takes too much memory. Make it smaller.' : 'The work ended without a result.'
}
