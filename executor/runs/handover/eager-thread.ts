/** Threads that begin a segment before it is known what has come since the last one. */
import { RunThread, type SegmentEnd } from '../graph/graph.ts'
import type { SegmentContext } from '../graph/segment-context.ts'

export class EagerThread {
  readonly #thread: RunThread
  #begun: { goOn(context: SegmentContext): void; end: Promise<SegmentEnd> } | undefined

  /** As for RunThread. */
  constructor(checkpoint?: string) {
    this.#thread = new RunThread(checkpoint)
  }

  /**
   * Begins the next segment, which stops at its first node and waits for `runSegment`. LangGraph takes half a millisecond
   * to get there; that is saved when it happens while the worker waits for something else. Does nothing while a segment
   * runs, and after one that failed.
   */
  begin(): void {
    if (this.#thread.isBusy) return
    const { promise, resolve } = Promise.withResolvers<SegmentContext>()
    const end = this.#thread.runSegment(promise)
    end.catch(() => {}) // `runSegment` rejects with it; a segment that nobody takes up may fail unseen
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

/** Keeps one thread that has begun already, for whichever run begins next. */
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
