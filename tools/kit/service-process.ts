/** The process of a service. It has its own process group, which ends as a whole and does not outlive the runner. */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

const STOP_GRACE_MS = 2_000

export interface ServiceProcess {
  readonly pid: number
  readonly stdin: Writable
  readonly stdout: Readable
  /** Resolves when the process is gone. The value says why: "it exited with code 1". */
  readonly ended: Promise<string>
  /** Closes stdin, asks with SIGTERM, then kills the group. */
  stop(): Promise<void>
}

export interface ServiceProcessOptions {
  cwd: string
  /** Added to the runner's own environment, which contains no secrets. */
  env?: Record<string, string>
}

/** Rejects when the program does not exist. The process's stderr goes to the runner's. */
export async function spawnService(
  command: string,
  args: string[],
  { cwd, env }: ServiceProcessOptions,
): Promise<ServiceProcess> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  child.stdin.on('error', () => {}) // `ended` reports that it is gone
  const killWithRunner = () => signalGroup(child, 'SIGKILL')
  process.once('exit', killWithRunner)
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      process.off('exit', killWithRunner)
      signalGroup(child, 'SIGKILL') // ends the processes that it left running
      resolve(signal ? `it was ended by ${signal}` : `it exited with code ${code}`)
    })
  })
  return {
    pid: child.pid!,
    stdin: child.stdin,
    stdout: child.stdout,
    ended,
    async stop() {
      child.stdin.end()
      signalGroup(child, 'SIGTERM')
      await Promise.race([ended, sleep(STOP_GRACE_MS, undefined, { ref: false })])
      signalGroup(child, 'SIGKILL')
      await ended
    },
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-child.pid!, signal)
  } catch {
    // no process of the group is left
  }
}
