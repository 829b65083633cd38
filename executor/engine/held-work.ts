/** The work that this worker has claimed and not yet given back. Heartbeats keep it; cancellations and lost leases abort it. */
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

  /** True while nobody else can have claimed this. Compares times, because timers are late after a pause of the process. */
  get isKept(): boolean {
    return this.isKeptFor(0)
  }

  /** True when nobody else can claim this within the next `ms` milliseconds either. */
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

  /** Somebody cancelled the run: its segment and its tools stop now. */
  abortRun(runId: string): void {
    for (const held of [...this.runs, ...this.tools]) if (held.runId === runId) held.abort('lost')
  }

  /** This worker stops: everything that another worker can do again is aborted. */
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
