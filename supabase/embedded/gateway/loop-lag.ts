/** Measures how long the event loop was blocked recently. While it is blocked, no request is answered. */
import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION_MS = 10
const WINDOW_MS = 10_000

export class LoopLag {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  readonly #timer: NodeJS.Timeout
  #before = 0

  constructor() {
    this.#histogram.enable()
    this.#timer = setInterval(() => {
      this.#before = this.#histogram.max
      this.#histogram.reset()
    }, WINDOW_MS)
    this.#timer.unref()
  }

  /** The longest delay of the last ten to twenty seconds, in whole milliseconds. */
  get longestMs(): number {
    const nanoseconds = Math.max(this.#before, this.#histogram.max)
    return Math.max(0, Math.round(nanoseconds / 1e6) - RESOLUTION_MS)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#histogram.disable()
  }
}
