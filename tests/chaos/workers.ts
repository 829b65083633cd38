/** Executors as processes that are killed, paused and replaced. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const program = join(import.meta.dirname, 'worker.ts')

export class Worker {
  readonly #child: ChildProcess
  /** Its name in the database. Known once it is ready. */
  name = ''
  isReady = false
  /** How it ended: an exit code, or the name of a signal. */
  readonly ended: Promise<number | NodeJS.Signals>
  end: number | NodeJS.Signals | undefined

  constructor(environment: Record<string, string>, onError: (message: string) => void) {
    this.#child = spawn(process.execPath, [program], {
      env: { ...environment, LOG_LEVEL: 'info' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.ended = once(this.#child, 'exit').then(([code, signal]) => {
      this.isReady = false
      this.end = code ?? signal
      return this.end as number | NodeJS.Signals
    })
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const { level, msg, worker, err } = JSON.parse(line)
      if (msg === 'executor ready') {
        this.name = worker
        this.isReady = true
      }
      if (level >= 50) onError(`${msg}: ${err?.message}`)
    })
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
}

/** Keeps a number of workers alive. It replaces workers that die, as a supervisor does. */
export class Fleet {
  readonly #environment: Record<string, string>
  readonly #workers = new Set<Worker>()
  readonly #errors: Map<string, number>
  #size = 0

  /** `errors` counts the errors that workers log. */
  constructor(environment: Record<string, string>, errors: Map<string, number>) {
    this.#environment = environment
    this.#errors = errors
    // if the harness fails, no worker is left behind
    process.once('exit', () => {
      for (const worker of this.#workers) worker.signal('SIGKILL')
    })
  }

  get ready(): Worker[] {
    return [...this.#workers].filter((worker) => worker.isReady)
  }

  /** A worker that is not replaced automatically. */
  start(extra: Record<string, string> = {}): Worker {
    const worker = new Worker({ ...this.#environment, ...extra }, (message) =>
      this.#errors.set(message, (this.#errors.get(message) ?? 0) + 1),
    )
    this.#workers.add(worker)
    void worker.ended.then(() => {
      this.#workers.delete(worker)
      this.#fill()
    })
    return worker
  }

  /** Resolves when this number of workers is working. Additional workers stay. */
  async resize(size: number): Promise<void> {
    this.#size = size
    this.#fill()
    await this.untilReady(size)
  }

  async untilReady(size: number): Promise<void> {
    while (this.ready.length < size) await sleep(50)
  }

  #fill(): void {
    while (this.#workers.size < this.#size) this.start()
  }

  async stop(): Promise<void> {
    this.#size = 0
    const workers = [...this.#workers]
    for (const worker of workers) {
      worker.signal('SIGCONT')
      worker.signal('SIGTERM')
    }
    await Promise.all(workers.map((worker) => worker.ended))
  }
}
