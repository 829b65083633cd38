/** Limits for one client. They are Supabase's defaults where those exist. */
export const MAX_FRAME_BYTES = 5_000_000
export const MAX_PAYLOAD_BYTES = 3_000_000
export const CHANNELS_PER_SOCKET = 100
export const CHANGES_PER_CHANNEL = 100
/** The most conditions of one subscription to row changes. */
export const MAX_FILTERS = 20
export const MAX_FILTER_LENGTH = 8_000
/** A limit on patterns, because a long pattern, or one with back references, can keep the database busy for minutes. */
export const MAX_REGEX_LENGTH = 200
export const JOINS_PER_SECOND = 100
export const FRAMES_PER_SECOND = 100
export const FRAMES_BURST = 500
export const PRESENCE_EVENTS_PER_WINDOW = 5
export const PRESENCE_WINDOW_SECONDS = 30
export const MAX_CONNECTIONS = 2_000
/** A slow client with more unsent bytes than this is disconnected; it then reconnects and reads again. */
export const MAX_BUFFERED_BYTES = 16_000_000
export const PING_EVERY_MS = 30_000

/** Allows `perSecond` events on average, and `burst` events at once. */
export class RateLimit {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #at = performance.now()

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
  }

  /** False if the event exceeds the limit. */
  take(): boolean {
    const now = performance.now()
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond)
    this.#at = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
