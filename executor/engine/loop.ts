/**
 * Claims work in batches up to the free slots and handles it. Looks for work when it is woken (by sends of this
 * process, by NOTIFY), when a slot becomes free while more is waiting, a moment after it has found some, and else from
 * time to time. No failure ends it: while the database is away it waits longer and longer, and what `handle` throws is
 * logged.
 */
import type { Logger } from 'pino'
import { backoffMs } from './backoff.ts'

const POLL_MS = 500
/** Whoever sent more while another was about to notify has left it to that one (`platform.wake`). */
const LOOK_AGAIN_MS = 30
const CLAIM_BACKOFF = { first: 200, most: 10_000 }
const FAILING_AFTER = 3

export interface LoopOptions<T> {
  name: string
  /** How many items are worked on at once at most. */
  slots: number
  claim(most: number): Promise<T[]>
  handle(item: T): Promise<void>
  log: Logger
}

/** Slots kept free for items that come with the answer to another question. */
export interface Reservation<T> {
  readonly slots: number
  /** To be called once, with what was claimed, even if that is nothing. */
  fill(items: T[]): void
}

export class WorkLoop<T> {
  readonly #options: LoopOptions<T>
  readonly #active = new Set<Promise<void>>()
  readonly #reservations = new Set<Promise<void>>()
  #reserved = 0
  #stopping = false
  #woken = false
  #endPause: (() => void) | undefined
  #running: Promise<void> | undefined
  /** The last claim got all that it asked for, so there may be more. */
  #hasMore = false
  /** Claims in a row that failed. */
  #failures = 0

  constructor(options: LoopOptions<T>) {
    this.#options = options
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** There may be work. */
  wake(): void {
    this.#woken = true
    this.#endPause?.()
  }

  /** Claims nothing more; resolves when what was claimed is done. */
  async drain(): Promise<void> {
    this.#stopping = true
    this.wake()
    await this.#running
    while (this.#active.size + this.#reserved > 0) await Promise.all([...this.#active, ...this.#reservations])
  }

  /** Keeps up to `most` slots free; none when there is none, or the loop drains. */
  reserve(most: number): Reservation<T> {
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
    return Math.max(this.#options.slots - this.#active.size - this.#reserved, 0)
  }

  /** It could not look for work again and again. */
  get isFailing(): boolean {
    return this.#failures >= FAILING_AFTER
  }

  get activeCount(): number {
    return this.#active.size
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#woken = false
      try {
        const found = await this.#claim()
        this.#failures = 0
        if (this.#hasMore && this.#free > 0) continue
        await this.#pause(found > 0 ? LOOK_AGAIN_MS : POLL_MS * (0.75 + Math.random() / 2))
      } catch (error) {
        this.#options.log.warn({ err: error, loop: this.#options.name }, 'could not look for work; trying again')
        await this.#pause(backoffMs(this.#failures++, CLAIM_BACKOFF))
      }
    }
  }

  /** Returns how many items were there. */
  async #claim(): Promise<number> {
    const free = this.#free
    if (free === 0) {
      this.#hasMore = true
      return 0
    }
    const items = await this.#options.claim(free)
    this.#hasMore = items.length === free
    for (const item of items) this.#start(item)
    return items.length
  }

  #start(item: T): void {
    const work = this.#options
      .handle(item)
      .catch((error) => this.#options.log.error({ err: error, loop: this.#options.name }, 'work failed unexpectedly'))
      .finally(() => {
        this.#active.delete(work)
        if (this.#hasMore) this.wake()
      })
    this.#active.add(work)
  }

  async #pause(ms: number): Promise<void> {
    if (this.#woken) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#endPause = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#endPause = undefined
  }
}
