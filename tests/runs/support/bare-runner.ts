/**
 * Replaces sandboxes in tests of the run engine: the real runner with the real tools, as a plain process without isolation.
 * These tests must not depend on what the machine can isolate. The isolation has its own tests.
 */
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Sandbox, SandboxSpec } from '../../../contracts/sandbox.ts'
import type { RunnerProcess } from '../../../executor/sandbox/launchers/launcher.ts'
import { RunnerClient, type RunProgram } from '../../../executor/sandbox/runner-client.ts'
import { runLocally } from '../../../tools/testing/local-programs.ts'

export class BareRunners {
  readonly describe = 'a runner without walls'
  /** The last request for a sandbox, for each persona. */
  readonly specs = new Map<string, SandboxSpec>()
  readonly #folder: string
  readonly #log: Logger
  readonly #runners = new Map<string, { client: RunnerClient; process: RunnerProcess }>()

  constructor(folder: string, log: Logger) {
    this.#folder = folder
    this.#log = log
  }

  async sandboxFor(spec: SandboxSpec): Promise<Sandbox> {
    const { personaId } = spec
    this.specs.set(personaId, spec)
    let runner = this.#runners.get(personaId)
    if (!runner) {
      const workspace = join(this.#folder, personaId)
      const process = startRunner(workspace)
      const runProgram: RunProgram = (program, signal, print) => runLocally(program, workspace, signal, print)
      runner = { process, client: new RunnerClient(process, this.#log, runProgram) }
      this.#runners.set(personaId, runner)
      void runner.client.ended.then(() => this.#runners.delete(personaId))
    }
    const { client, process } = runner
    await client.ready
    return {
      call: (...call) => client.call(...call),
      readFile: (...file) => client.readFile(...file),
      writeFile: (...file) => client.writeFile(...file),
      async stop() {
        process.kill()
        await client.ended
      },
    }
  }

  /** Ends the runner as if its container had died. */
  kill(personaId: string): void {
    this.#runners.get(personaId)?.process.kill()
  }

  async close(): Promise<void> {
    const runners = [...this.#runners.values()]
    for (const { process } of runners) process.kill()
    await Promise.all(runners.map(({ client }) => client.ended))
  }
}

function startRunner(workspace: string): RunnerProcess {
  mkdirSync(workspace, { recursive: true })
  const runner = join(import.meta.dirname, '../../../tools/runner/main.ts')
  const child = spawn(process.execPath, [runner], { env: { PATH: process.env.PATH, WORKSPACE: workspace } })
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended: new Promise((resolve) => child.once('close', (code, signal) => resolve(`it exited with ${code ?? signal}`))),
    kill: () => void child.kill('SIGKILL'),
  }
}
