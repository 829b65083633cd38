/** The work that this worker has claimed and not yet finished. Heartbeats extend its leases; cancelled work and work whose lease is lost is aborted. */
import { WorkAborted } from '../failures.ts'

export class Held {
  readonly id: string
  readonly runId: string
  /** The fence of a run, the attempt of a tool call. */
  readonly claim: number
  /** A tool call that must not be aborted just because this worker stops. */
  readonly isEffect: boolean
  readonly #controller = new AbortController()
  #keptUntil = Number.POSITIVE_INFINITY
  #lapse: NodeJS.Timeout | undefined

  constructor(id: string, runId: string, claim: number, isEffect = false) {
    this.id = id
    this.runId = runId
    this.claim = claim
    this.isEffect = isEffect
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /**
   * Nobody else can claim this before `until`, in milliseconds of `performance.now()`. The fence refuses a late write,
   * but nothing outside refuses a late effect, so an effect is aborted when its lease is not extended in time.
   */
  keep(until: number): void {
    this.#keptUntil = until
    if (!this.isEffect) return
    clearTimeout(this.#lapse)
    this.#lapse = setTimeout(() => this.abort('lost'), Math.max(until - performance.now(), 0))
  }

  /** True while nobody else can have claimed this. Compares times, because timers fire late after the process was paused. */
  get isKept(): boolean {
    return this.isKeptFor(0)
  }

  /** True if nobody else can claim this within the next `ms` milliseconds. */
  isKeptFor(ms: number): boolean {
    return !this.signal.aborted && performance.now() + ms < this.#keptUntil
  }

  release(): void {
    clearTimeout(this.#lapse)
  }

  abort(why: WorkAborted['why']): void {
    this.#controller.abort(new WorkAborted(why))
  }
}

export class HeldWork {
  readonly runs = new Set<Held>()
  readonly tools = new Set<Held>()

  /** Stops the segment and the tools of a run that was cancelled. */
  abortRun(runId: string): void {
    for (const held of [...this.runs, ...this.tools]) if (held.runId === runId) held.abort('lost')
  }

  /** Aborts everything that another worker can do again, because this worker is stopping. */
  abortForDrain(): void {
    for (const held of [...this.runs, ...this.tools]) if (!held.isEffect) held.abort('draining')
  }

  /** Keeps `held` in `set` while `work` runs. */
  async while<T>(set: Set<Held>, held: Held, work: () => Promise<T>): Promise<T> {
    set.add(held)
    try {
      return await work()
    } finally {
      set.delete(held)
      held.release()
    }
  }
}
