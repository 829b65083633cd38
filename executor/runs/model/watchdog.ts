/** Ends a model call that is silent for too long, takes too long as a whole, or was aborted by its caller. */
import { ModelError } from './model-error.ts'

export interface ModelTimeouts {
  firstTokenMs: number
  idleMs: number
  /** Time for the usage and the end of the stream, after the answer has ended. */
  afterEndMs: number
  totalMs: number
}

export const modelTimeouts: ModelTimeouts = {
  firstTokenMs: 120_000,
  idleMs: 60_000,
  afterEndMs: 5_000,
  totalMs: 600_000,
}

export class Watchdog {
  readonly #controller = new AbortController()
  readonly #timeouts: ModelTimeouts
  readonly #outer: AbortSignal
  readonly #total: NodeJS.Timeout
  #silence: NodeJS.Timeout
  #isSilent = false

  constructor(outer: AbortSignal, timeouts: ModelTimeouts) {
    this.#timeouts = timeouts
    this.#outer = outer
    outer.addEventListener('abort', this.#onOuterAbort)
    if (outer.aborted) this.#onOuterAbort()
    this.#total = setTimeout(this.#onTimeout, timeouts.totalMs)
    this.#silence = setTimeout(this.#onSilence, timeouts.firstTokenMs)
  }

  /** Aborts with a `ModelError`, or with the caller's reason. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** True when it was ended because nothing came any more. */
  get isSilent(): boolean {
    return this.#isSilent
  }

  /** To be called when something came. `isEnded` says that the answer is already over. */
  alive(isEnded: boolean): void {
    clearTimeout(this.#silence)
    const { idleMs, afterEndMs } = this.#timeouts
    this.#silence = setTimeout(this.#onSilence, isEnded ? afterEndMs : idleMs)
  }

  stop(): void {
    clearTimeout(this.#total)
    clearTimeout(this.#silence)
    this.#outer.removeEventListener('abort', this.#onOuterAbort)
  }

  readonly #onSilence = () => {
    this.#isSilent = true
    this.#onTimeout()
  }

  readonly #onTimeout = () => {
    this.#controller.abort(new ModelError('model_timeout', 'The model did not answer in time.'))
  }

  readonly #onOuterAbort = () => {
    this.#controller.abort(this.#outer.reason)
  }
}
