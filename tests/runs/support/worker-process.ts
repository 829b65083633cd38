/** `executor/main.ts`, or another script that runs a worker, as a process of its own, which a test may kill. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Platform } from './platform.ts'

const main = join(import.meta.dirname, '../../../executor/main.ts')

export class WorkerProcess {
  readonly #child: ChildProcess
  /** How it ended: an exit code, or the name of a signal. */
  readonly ended: Promise<number | NodeJS.Signals>

  constructor(platform: Platform, environment: Record<string, string> = {}, script = main) {
    this.#child = spawn(process.execPath, [script], {
      env: platform.executorEnvironment({ EXECUTOR_LEASE_SECONDS: '3', SANDBOX: 'none', ...environment }),
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    this.ended = once(this.#child, 'exit').then(([code, signal]) => code ?? signal)
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
}
