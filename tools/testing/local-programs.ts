/** Replaces the rooms of programs in tests of tools: plain processes without isolation, which end with their process group. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Program, ProgramResult, Programs } from '../../contracts/tool-services.ts'
import { hasCode } from '../kit/errors.ts'
import { Printer } from '../kit/printer.ts'
import { HeadAndTail } from '../kit/truncate.ts'

/** How long a program's output is still read after its exit, if a process that it started keeps the pipe open. */
const DRAIN_MS = 500

type Print = (text: string) => void

export const localPrograms = (workspace: string, signal: AbortSignal, print: Print): Programs => ({
  run: (program) => runLocally(program, workspace, signal, print),
})

export async function runLocally(
  { command, stdin, timeoutMs }: Program,
  workspace: string,
  signal: AbortSignal,
  print: Print,
): Promise<ProgramResult> {
  const child = spawn(command[0]!, command.slice(1), {
    cwd: workspace,
    env: { PATH: process.env.PATH },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  const [stdout, stderr] = [new HeadAndTail(), new HeadAndTail()]
  const printers = [new Printer(print), new Printer(print)] as const
  const flush = () => {
    for (const printer of printers) printer.flush()
  }
  let timedOut = false
  const kill = () => killGroup(child)
  const stop = () => {
    flush() // before the call is answered
    kill()
  }
  const timer = setTimeout(() => {
    timedOut = true
    kill()
  }, timeoutMs)
  signal.addEventListener('abort', stop, { once: true })
  const read = (stream: Readable, kept: HeadAndTail, printer: Printer) =>
    stream.on('data', (chunk: Buffer) => {
      kept.add(chunk)
      printer.add(chunk)
    })
  read(child.stdout, stdout, printers[0])
  read(child.stderr, stderr, printers[1])
  child.stdin.on('error', () => {}) // a program that does not read its input may close the pipe
  child.stdin.end(stdin)
  try {
    const closed = once(child, 'close')
    closed.catch(() => {}) // the same error rejects the next line
    const [exitCode, how] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    kill()
    // a process that left the group may keep the pipes open, but the call does not wait for it
    await Promise.race([closed, sleep(DRAIN_MS, undefined, { ref: false })])
    child.stdout.destroy()
    child.stderr.destroy()
    const endedFor = timedOut ? 'time' : null
    return { exitCode, signal: how, endedFor, stdout: stdout.text(), stderr: stderr.text() }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    flush()
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
