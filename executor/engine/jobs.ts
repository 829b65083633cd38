/** Starts, wakes, drains and stops all jobs of one worker. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { HeldWork } from './held-work.ts'
import type { QueueJob, RepeatedJob } from './job.ts'
import { WorkLoop } from './loop.ts'
import { Repetition } from './repetition.ts'

/** Time limit for handing work back, and for effects that are still running. */
const HAND_BACK_SECONDS = 10

type Loop = Pick<WorkLoop<unknown>, 'name' | 'start' | 'wake' | 'drain' | 'isFailing'>

export class Jobs {
  readonly #loops: Loop[] = []
  readonly #repetitions: Repetition[] = []
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  addQueue<Item>(job: QueueJob<Item>): WorkLoop<Item> {
    const loop = new WorkLoop(job, this.#log)
    this.#loops.push(loop)
    return loop
  }

  addRepeated(...jobs: RepeatedJob[]): void {
    this.#repetitions.push(...jobs.map((job) => new Repetition(job, this.#log)))
  }

  start(): void {
    for (const job of [...this.#loops, ...this.#repetitions]) job.start()
  }

  /** Tells the job of that name that there may be work. */
  wake(name: string): void {
    for (const job of [...this.#loops, ...this.#repetitions]) if (job.name === name) job.wake()
  }

  /** Tells all jobs that there may be work. */
  wakeQueues(): void {
    for (const loop of this.#loops) loop.wake()
  }

  /** Queues from which several claims in a row have failed. */
  get failing(): string[] {
    return this.#loops.filter((loop) => loop.isFailing).map((loop) => loop.name)
  }

  /**
   * Claims nothing more. Running work has `seconds` to end. After that, work that another worker can repeat is handed
   * back, and effects get HAND_BACK_SECONDS more. Repeated jobs go on, because work that is still held needs heartbeats.
   */
  async drain(held: HeldWork, seconds: number): Promise<void> {
    const idle = Promise.all(this.#loops.map((loop) => loop.drain()))
    if (await endsWithin(seconds, idle)) return
    held.abortForDrain()
    if (!(await endsWithin(HAND_BACK_SECONDS, idle))) {
      this.#log.warn('some work could not be handed back; its lease ends by itself')
    }
  }

  /** Ends the repeated jobs. Call `drain` first. */
  async stop(): Promise<void> {
    await Promise.all(this.#repetitions.map((repetition) => repetition.stop()))
  }
}

async function endsWithin(seconds: number, work: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController()
  const late = sleep(seconds * 1000, false, { signal: timer.signal }).catch(() => false)
  const isDone = await Promise.race([work.then(() => true), late])
  timer.abort()
  return isDone
}
