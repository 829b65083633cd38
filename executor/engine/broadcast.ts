/** Sends model text and tool progress to Realtime in small batches. People see them live; nobody stores them. */
import type { Logger } from 'pino'
import {
  type PrintedEvent,
  runEvents,
  runTopic,
  type TokenEvent,
  type ToolProgressEvent,
} from '../../contracts/runs.ts'

const FLUSH_MS = 80
const TIMEOUT_MS = 5_000
/** When more messages than this wait, Realtime is too slow, and the oldest ones are dropped. */
const MAX_PENDING = 2_000

interface BroadcastMessage {
  topic: string
  event: string
  payload: TokenEvent | ToolProgressEvent | PrintedEvent
  private: true
}

/** `tokens`, `progress` and `printed` return at once, and failures never reach the caller. */
export class Broadcaster {
  readonly #url: string
  readonly #headers: Record<string, string>
  readonly #log: Logger
  #pending: BroadcastMessage[] = []
  #flushing: Promise<void> | undefined
  #hasWarned = false

  constructor(supabaseUrl: string, secretKey: string, log: Logger) {
    this.#url = new URL('/realtime/v1/api/broadcast', supabaseUrl).href
    this.#headers = { 'content-type': 'application/json', apikey: secretKey, authorization: `Bearer ${secretKey}` }
    this.#log = log
  }

  /** Sends a piece of a model's text. Consecutive pieces of one call are sent as one. */
  tokens(runId: string, event: TokenEvent): void {
    const last = this.#pending.at(-1)
    if (
      last?.event === runEvents.tokens &&
      'llm_call_id' in last.payload &&
      last.payload.llm_call_id === event.llm_call_id
    ) {
      last.payload.text += event.text
    } else {
      this.#add({ topic: runTopic(runId), event: runEvents.tokens, payload: { ...event }, private: true })
    }
  }

  progress(runId: string, event: ToolProgressEvent): void {
    this.#add({ topic: runTopic(runId), event: runEvents.progress, payload: event, private: true })
  }

  /** Sends a piece of what a program prints. */
  printed(runId: string, event: PrintedEvent): void {
    this.#add({ topic: runTopic(runId), event: runEvents.printed, payload: event, private: true })
  }

  /** Resolves when all messages so far are sent or dropped. */
  async flush(): Promise<void> {
    await this.#flushing
  }

  #add(message: BroadcastMessage): void {
    if (this.#pending.length >= MAX_PENDING) this.#pending.shift()
    this.#pending.push(message)
    this.#flushing ??= this.#flushSoon()
  }

  async #flushSoon(): Promise<void> {
    while (this.#pending.length > 0) {
      await new Promise((resolve) => setTimeout(resolve, FLUSH_MS))
      const messages = this.#pending
      this.#pending = []
      await this.#send(messages).catch((error) => this.#warnOnce(error))
    }
    this.#flushing = undefined
  }

  async #send(messages: BroadcastMessage[]): Promise<void> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: this.#headers,
      body: JSON.stringify({ messages }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`Realtime answered ${response.status}`)
    this.#hasWarned = false
  }

  /** Warns once until sending works again, because it can fail many times a second. */
  #warnOnce(error: unknown): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    this.#log.warn({ err: error }, 'live text cannot be sent; runs go on without it')
  }
}
