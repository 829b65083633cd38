/**
 * Runs a queue job: claims as many items as there are free slots, and handles them. It looks for work when it is woken (by
 * this process or by NOTIFY), when a slot becomes free while more is waiting, shortly after it has found some, and
 * otherwise from time to time. No failure ends it: while the database is away it waits longer and longer, and errors of
 * `handle` are logged.
 */
import type { Logger } from 'pino'
import { backoffMs } from './backoff.ts'
import type { QueueJob } from './job.ts'
import { Pause } from './pause.ts'

const POLL_MS = 500
/** A sender does not notify while another sender is about to (`platform.wake`), so more may arrive just after a claim. */
const LOOK_AGAIN_MS = 30
const CLAIM_BACKOFF = { first: 200, most: 10_000 }
const FAILING_AFTER = 3

/** Slots kept free for items that another statement claims, not the loop's own `claim`. */
export interface Reservation<Item> {
  readonly slots: number
  /** Must be called once with the claimed items, even if there are none. */
  fill(items: Item[]): void
}

export class WorkLoop<Item> {
  readonly #job: QueueJob<Item>
  readonly #log: Logger
  readonly #active = new Set<Promise<void>>()
  readonly #reservations = new Set<Promise<void>>()
  #reserved = 0
  #stopping = false
  readonly #pause = new Pause()
  #running: Promise<void> | undefined
  /** The last claim returned as many items as it asked for, so there may be more. */
  #hasMore = false
  /** The number of claims in a row that have failed. */
  #failures = 0

  constructor(job: QueueJob<Item>, log: Logger) {
    this.#job = job
    this.#log = log
  }

  get name(): string {
    return this.#job.name
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Looks for work now. */
  wake(): void {
    this.#pause.wake()
  }

  /** Claims nothing more. Resolves when all claimed items are done. */
  async drain(): Promise<void> {
    this.#stopping = true
    this.wake()
    await this.#running
    while (this.#active.size + this.#reserved > 0) await Promise.all([...this.#active, ...this.#reservations])
  }

  /** Keeps up to `most` of the free slots. It keeps none while the loop drains. */
  reserve(most: number): Reservation<Item> {
    const slots = this.#stopping ? 0 : Math.min(most, this.#free)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#reserved += slots
    this.#reservations.add(promise)
    return {
      slots,
      fill: (items) => {
        this.#reserved -= slots
        this.#reservations.delete(promise)
        resolve()
        for (const item of items) this.#start(item)
        if (items.length < slots && this.#hasMore) this.wake()
      },
    }
  }

  get #free(): number {
    return Math.max(this.#job.slots - this.#active.size - this.#reserved, 0)
  }

  /** Several claims in a row have failed. */
  get isFailing(): boolean {
    return this.#failures >= FAILING_AFTER
  }

  get activeCount(): number {
    return this.#active.size
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#pause.forgetWakes()
      try {
        const found = await this.#claim()
        this.#failures = 0
        if (this.#hasMore && this.#free > 0) continue
        await this.#pause.wait(found > 0 ? LOOK_AGAIN_MS : POLL_MS * (0.75 + Math.random() / 2))
      } catch (error) {
        this.#log.warn({ err: error, job: this.#job.name }, 'could not look for work; trying again')
        await this.#pause.wait(backoffMs(this.#failures++, CLAIM_BACKOFF))
      }
    }
  }

  /** Returns the number of claimed items. */
  async #claim(): Promise<number> {
    const free = this.#free
    if (free === 0) {
      this.#hasMore = true
      return 0
    }
    const items = await this.#job.claim(free)
    this.#hasMore = items.length === free
    for (const item of items) this.#start(item)
    return items.length
  }

  #start(item: Item): void {
    const work = this.#job
      .handle(item)
      .catch((error) => this.#log.error({ err: error, job: this.#job.name }, 'work failed unexpectedly'))
      .finally(() => {
        this.#active.delete(work)
        if (this.#hasMore) this.wake()
      })
    this.#active.add(work)
  }
}
