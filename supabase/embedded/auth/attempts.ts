/**
 * Stops guessing. Attempts are counted before they are checked, so that many at once are not all tried; one that
 * succeeds is taken back.
 */
import { AuthError } from './errors.ts'

/** The number of callers remembered at once; beyond it the oldest is forgotten. */
const MAX_CALLERS = 10_000

const CODE_WINDOW_MS = 5 * 60_000
const MAX_CODES = 30

/** Of one-time codes, which have few digits: a caller with too many failures in five minutes has to wait. */
export class CodeAttempts {
  readonly #attempts = new Map<string, number[]>()

  /** Throws if the caller has to wait; returns the function that takes the attempt back. */
  take(caller: string): () => void {
    const recent = (this.#attempts.get(caller) ?? []).filter((at) => at > Date.now() - CODE_WINDOW_MS)
    if (recent.length >= MAX_CODES) throw overLimit(CODE_WINDOW_MS)
    recent.push(Date.now())
    remember(this.#attempts, caller, recent)
    return () => recent.pop()
  }
}

interface Guesses {
  failures: number
  allowedAt: number
  hasSucceeded: boolean
}

/** Failures that cost no wait: of an unknown caller, and of one that has signed in to this account before. */
const FREE = { unknown: 10, known: 20 }
const DELAY_MS = { first: 1_000, most: 15_000 }
/** A caller that leaves an account alone for so long begins anew. */
const FORGOTTEN_AFTER_MS = 15 * 60_000

/**
 * Of passwords, by the caller's address and the account together: whoever only knows an account's mail address cannot
 * keep its owner, who comes from another address, out of it. The wait grows to fifteen seconds, never longer, because
 * behind a proxy both may have one address.
 */
export class PasswordAttempts {
  readonly #guesses = new Map<string, Guesses>()

  /** Throws if the caller has to wait; returns the function that tells that the password was right. */
  take(address: string, account: string): () => void {
    const caller = JSON.stringify([address, account.toLowerCase()])
    const now = Date.now()
    const known = this.#guesses.get(caller) ?? { failures: 0, allowedAt: 0, hasSucceeded: false }
    if (known.allowedAt > now) throw overLimit(known.allowedAt - now)
    if (now - known.allowedAt > FORGOTTEN_AFTER_MS) known.failures = 0
    known.failures++
    const over = known.failures - (known.hasSucceeded ? FREE.known : FREE.unknown)
    known.allowedAt = over < 0 ? now : now + Math.min(DELAY_MS.most, DELAY_MS.first * 2 ** Math.min(over, 10))
    remember(this.#guesses, caller, known)
    return () => remember(this.#guesses, caller, { failures: 0, allowedAt: 0, hasSucceeded: true })
  }
}

function remember<T>(callers: Map<string, T>, caller: string, value: T): void {
  callers.delete(caller)
  callers.set(caller, value)
  const [oldest] = callers.keys()
  if (callers.size > MAX_CALLERS && oldest !== undefined) callers.delete(oldest)
}

const overLimit = (waitMs: number) =>
  new AuthError(429, 'over_request_rate_limit', 'Request rate limit reached', {
    'retry-after': String(Math.ceil(waitMs / 1000)),
  })
