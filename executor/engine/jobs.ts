/** All jobs of one worker: how they start, are woken, drain and stop. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { HeldWork } from './held-work.ts'
import type { QueueJob, RepeatedJob } from './job.ts'
import { WorkLoop } from './loop.ts'
import { Repetition } from './repetition.ts'

/** How long handing back may take, and effects that are under way. */
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

  /** There may be work for the job of that name. */
  wake(name: string): void {
    for (const job of [...this.#loops, ...this.#repetitions]) if (job.name === name) job.wake()
  }

  /** There may be work in any queue. */
  wakeQueues(): void {
    for (const loop of this.#loops) loop.wake()
  }

  /** Queues that could not be claimed from again and again. */
  get failing(): string[] {
    return this.#loops.filter((loop) => loop.isFailing).map((loop) => loop.name)
  }

  /**
   * Claims nothing more. What is running may end within `seconds`; after that, what can be done again elsewhere is handed
   * back, and effects get HAND_BACK_SECONDS more. Repeated jobs go on, since heartbeats keep what is still held.
   */
  async drain(held: HeldWork, seconds: number): Promise<void> {
    const idle = Promise.all(this.#loops.map((loop) => loop.drain()))
    if (await endsWithin(seconds, idle)) return
    held.abortForDrain()
    if (!(await endsWithin(HAND_BACK_SECONDS, idle))) {
      this.#log.warn('some work could not be handed back; its lease ends by itself')
    }
  }

  /** Ends the repeated jobs; `drain` comes before. */
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
