/** Runs `executor/main.ts` or another worker script as a separate process, which a test can kill. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { vi } from 'vitest'
import type { Platform } from './platform.ts'

const main = join(import.meta.dirname, '../../../executor/main.ts')

export class WorkerProcess {
  readonly #child: ChildProcess
  /** Resolves with the exit code or the name of the signal. */
  readonly ended: Promise<number | NodeJS.Signals>
  #output = ''

  constructor(platform: Platform, environment: Record<string, string> = {}, script = main) {
    this.#child = spawn(process.execPath, [script], {
      env: platform.executorEnvironment({ EXECUTOR_LEASE_SECONDS: '3', SANDBOX: 'namespaces', ...environment }),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child.stdout?.on('data', (chunk) => {
      this.#output += chunk
      if (process.env.LOG_LEVEL) process.stdout.write(chunk)
    })
    this.ended = once(this.#child, 'exit').then(([code, signal]) => code ?? signal)
  }

  /** Resolves when the worker has logged `text`; LOG_LEVEL must be low enough for it. */
  async logged(text: string): Promise<void> {
    await vi.waitUntil(() => this.#output.includes(text), { timeout: 10_000, interval: 10 })
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
}
