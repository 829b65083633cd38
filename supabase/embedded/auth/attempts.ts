import { AuthError } from './errors.ts'

const WINDOW_MS = 5 * 60_000
const MAX_FAILURES = 30
/** The number of callers remembered at once; beyond it the oldest is forgotten. */
const MAX_CALLERS = 10_000

/** Stops guessing of passwords and one-time codes: a caller with too many failures in five minutes has to wait. */
export class Attempts {
  readonly #failures = new Map<string, number[]>()

  assertAllowed(caller: string): void {
    if (this.#recent(caller).length >= MAX_FAILURES)
      throw new AuthError(429, 'over_request_rate_limit', 'Request rate limit reached')
  }

  failed(caller: string): void {
    const failures = [...this.#recent(caller), Date.now()]
    this.#failures.delete(caller)
    this.#failures.set(caller, failures)
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > MAX_CALLERS && oldest !== undefined) this.#failures.delete(oldest)
  }

  #recent(caller: string): number[] {
    return (this.#failures.get(caller) ?? []).filter((at) => at > Date.now() - WINDOW_MS)
  }
}
