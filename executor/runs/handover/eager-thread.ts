/** Threads that can begin a segment before its input is known. */
import { RunThread, type SegmentEnd } from '../graph/graph.ts'
import type { SegmentContext } from '../graph/segment-context.ts'

export class EagerThread {
  readonly #thread: RunThread
  #begun: { goOn(context: SegmentContext): void; end: Promise<SegmentEnd> } | undefined

  /** As in RunThread. */
  constructor(checkpoint?: string) {
    this.#thread = new RunThread(checkpoint)
  }

  /**
   * Begins the next segment, which stops at its first node and waits for `runSegment`. LangGraph takes half a millisecond
   * to get there, which costs nothing while the worker waits for something else. Does nothing while a segment runs and after
   * one has failed.
   */
  begin(): void {
    if (this.#thread.isBusy) return
    const { promise, resolve } = Promise.withResolvers<SegmentContext>()
    const end = this.#thread.runSegment(promise)
    end.catch(() => {}) // `runSegment` rejects with this error; the failure of a segment that is never used does not matter
    this.#begun = { goOn: resolve, end }
  }

  async runSegment(context: SegmentContext): Promise<SegmentEnd> {
    this.begin()
    const begun = this.#begun
    if (!begun) return this.#thread.runSegment(context)
    this.#begun = undefined
    begun.goOn(context)
    return begun.end
  }
}

/** Keeps one thread that has already begun, for the next new run. */
export class SpareThread {
  #thread: EagerThread | undefined

  take(): EagerThread {
    const thread = this.#thread ?? new EagerThread()
    this.#thread = undefined
    return thread
  }

  begin(): void {
    if (this.#thread) return
    this.#thread = new EagerThread()
    this.#thread.begin()
  }
}
