/**
 * Stops guessing of passwords and codes. Attempts are counted before they are checked, so that many simultaneous attempts are
 * not all tried. A successful attempt is not counted.
 */
import { AuthError } from './errors.ts'

/** The maximum number of callers to remember. Beyond it, the oldest is forgotten. */
const MAX_CALLERS = 10_000

const CODE_WINDOW_MS = 5 * 60_000
const MAX_CODES = 30

/** Attempts at one-time codes, which have few digits: a caller with too many failures in five minutes has to wait. */
export class CodeAttempts {
  readonly #attempts = new Map<string, number[]>()
  readonly #max: number

  constructor(max = MAX_CODES) {
    this.#max = max
  }

  /** Throws if the caller has to wait. Otherwise returns a function to call if the code was correct. */
  take(caller: string): () => void {
    const recent = (this.#attempts.get(caller) ?? []).filter((at) => at > Date.now() - CODE_WINDOW_MS)
    if (recent.length >= this.#max) throw overLimit(CODE_WINDOW_MS)
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

/** The number of failures without a wait, for an unknown caller and for one that has signed in to the account before. */
const FREE = { unknown: 10, known: 20 }
const DELAY_MS = { first: 1_000, most: 15_000 }
/** After this time without attempts, the failures of a caller at an account are forgotten. */
const FORGOTTEN_AFTER_MS = 15 * 60_000

/**
 * Attempts at passwords, counted by the caller's address together with the account. So somebody who knows the mail address of
 * an account cannot lock out its owner, who has another address. The wait grows to fifteen seconds but not further, because
 * both may have the same address behind a proxy.
 */
export class PasswordAttempts {
  readonly #guesses = new Map<string, Guesses>()

  /** Throws if the caller has to wait. Otherwise returns a function to call if the password was correct. */
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
