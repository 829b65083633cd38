/** The process of a service: a group of its own, which ends as a whole and does not outlive the runner. */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

const STOP_GRACE_MS = 2_000

export interface ServiceProcess {
  readonly pid: number
  readonly stdin: Writable
  readonly stdout: Readable
  /** Resolves, with half a sentence that says why, when the process is gone. */
  readonly ended: Promise<string>
  /** Closes stdin, asks with SIGTERM, then kills the group. */
  stop(): Promise<void>
}

export interface ServiceProcessOptions {
  cwd: string
  /** Beside the runner's own environment, which holds no secret. */
  env?: Record<string, string>
}

/** Rejects when there is no such program. What the process writes on stderr goes to the runner's. */
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
  child.stdin.on('error', () => {}) // `ended` tells that it is gone
  const killWithRunner = () => signalGroup(child, 'SIGKILL')
  process.once('exit', killWithRunner)
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      process.off('exit', killWithRunner)
      signalGroup(child, 'SIGKILL') // what it left running
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
    // nothing of the group is left
  }
}
