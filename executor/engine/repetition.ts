/** Runs a repeated job: a round, a pause, the next round. No failure ends it. */
import type { Logger } from 'pino'
import type { RepeatedJob } from './job.ts'
import { Pause } from './pause.ts'

const PAUSE_AFTER_FAILURE_MS = 2_000

export class Repetition {
  readonly #job: RepeatedJob
  readonly #log: Logger
  readonly #pause = new Pause()
  #stopping = false
  #running: Promise<void> | undefined

  constructor(job: RepeatedJob, log: Logger) {
    this.#job = job
    this.#log = log
  }

  get name(): string {
    return this.#job.name
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Begins the next round now, or as soon as the current one has ended. */
  wake(): void {
    this.#pause.wake()
  }

  /** Resolves when the current round has ended. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.wake()
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#pause.forgetWakes()
      const ms = await this.#round()
      // with a random part, so that workers that started together do not all look at once
      if (!this.#stopping) await this.#pause.wait(ms * (0.9 + Math.random() / 5))
    }
  }

  /** Returns the milliseconds until the next round. */
  async #round(): Promise<number> {
    try {
      return (await this.#job.run()) === 'again' ? 0 : this.#job.every
    } catch (error) {
      this.#log.warn({ err: error, job: this.#job.name }, 'a job of the worker failed; trying again')
      return PAUSE_AFTER_FAILURE_MS
    }
  }
}
