/** Ends a model call that has become silent, or takes too long altogether, or that its caller gave up. */
import { ModelError } from './model-error.ts'

export interface ModelTimeouts {
  firstTokenMs: number
  idleMs: number
  totalMs: number
}

export const modelTimeouts: ModelTimeouts = { firstTokenMs: 120_000, idleMs: 60_000, totalMs: 600_000 }

export class Watchdog {
  readonly #controller = new AbortController()
  readonly #timeouts: ModelTimeouts
  readonly #outer: AbortSignal
  readonly #total: NodeJS.Timeout
  #silence: NodeJS.Timeout

  constructor(outer: AbortSignal, timeouts: ModelTimeouts) {
    this.#timeouts = timeouts
    this.#outer = outer
    outer.addEventListener('abort', this.#onOuterAbort)
    if (outer.aborted) this.#onOuterAbort()
    this.#total = setTimeout(this.#onTimeout, timeouts.totalMs)
    this.#silence = setTimeout(this.#onTimeout, timeouts.firstTokenMs)
  }

  /** Aborted with the reason: a `ModelError`, or the caller's own. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Something came. */
  alive(): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(this.#onTimeout, this.#timeouts.idleMs)
  }

  stop(): void {
    clearTimeout(this.#total)
    clearTimeout(this.#silence)
    this.#outer.removeEventListener('abort', this.#onOuterAbort)
  }

  readonly #onTimeout = () => {
    this.#controller.abort(new ModelError('model_timeout', 'The model did not answer in time.'))
  }

  readonly #onOuterAbort = () => {
    this.#controller.abort(this.#outer.reason)
  }
}
