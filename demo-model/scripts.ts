/**
 * Scripted models for tests: a list of turns under the name `scripted/<id>`. The request itself decides which turn it gets
 * (by how often the assistant has spoken since the last user message). So a caller that crashed and asks again gets the
 * same turn again, and messages of earlier runs before it change nothing.
 */
import { createHash, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { ApiError, type ChatRequest, lastRequest, type Message } from './protocol.ts'

const MAX_SCRIPTS = 5000
const MAX_REQUESTS_KEPT = 500

export const Turn = z.strictObject({
  text: z.string().default(''),
  /** `arguments` is an object, or a string that is sent unchanged (for malformed JSON). Unknown tool names are sent too. */
  tool_calls: z
    .array(
      z.strictObject({
        id: z.string().optional(),
        name: z.string(),
        arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).default({}),
      }),
    )
    .default([]),
  /** Fails before it answers: always, or only the first `times` times that this conversation asks for this turn. */
  error: z
    .strictObject({
      status: z.number().int().min(400).max(599),
      code: z.string().default('scripted_error'),
      message: z.string().default('The script says so'),
      /** Sent instead of OpenAI's shape. */
      body: z.unknown().optional(),
      /** Seconds, as the header `retry-after`. */
      retry_after: z.number().optional(),
      times: z.number().int().positive().optional(),
    })
    .optional(),
  /** Refuses a conversation of more characters (as JSON), in the words of llama.cpp. */
  window: z.number().int().positive().optional(),
  delay_ms: z.number().int().nonnegative().default(0),
  chunk_delay_ms: z.number().int().nonnegative().default(0),
  chunk_size: z.number().int().positive().default(24),
  cut: z
    .strictObject({
      after_chunks: z.number().int().nonnegative(),
      how: z.enum(['end', 'destroy']).default('destroy'),
      times: z.number().int().positive().optional(),
    })
    .optional(),
  /** Replays these bytes instead of an answer of its own: what servers in the world really send. */
  raw: z
    .strictObject({
      body: z.string(),
      status: z.number().int().min(200).max(599).default(200),
      content_type: z.string().default('text/event-stream'),
      /** Keeps the connection open after the last byte. */
      stays_open: z.boolean().default(false),
      /** Sends the body this often, for answers without an end. */
      repeat: z.number().int().positive().max(1_000_000).default(1),
    })
    .optional(),
  /** Answers with `choices: []`. */
  empty_choices: z.boolean().default(false),
  finish_reason: z.string().optional(),
  usage: z.strictObject({ prompt_tokens: z.number().int(), completion_tokens: z.number().int() }).optional(),
})
/** A turn as a test writes it. */
export type Turn = z.input<typeof Turn>
export type ReadyTurn = z.output<typeof Turn>

export const Script = z.strictObject({ turns: z.array(Turn).min(1).max(1000) })

/** A request to a scripted model: its body, the turn that answered it, and when (ms since the epoch). */
export interface SeenRequest {
  turn: number
  at: number
  body: unknown
}

interface Entry {
  turns: ReadyTurn[]
  seen: SeenRequest[]
  /** How often a fault was played, by conversation. */
  faults: Map<string, number>
}

export class Scripts {
  readonly #entries = new Map<string, Entry>()

  /** Returns the model's name. Forgets the oldest script when there are too many. */
  add(turns: ReadyTurn[]): string {
    const [oldest] = this.#entries.keys()
    if (this.#entries.size >= MAX_SCRIPTS && oldest) this.#entries.delete(oldest)
    const model = `scripted/${randomUUID()}`
    this.#entries.set(model, { turns, seen: [], faults: new Map() })
    return model
  }

  requests(model: string): SeenRequest[] {
    return this.#entry(model).seen
  }

  /** The turn for this request, without the faults that have been played often enough. */
  next(request: ChatRequest): ReadyTurn {
    const entry = this.#entry(request.model)
    const index = turnIndex(request.messages)
    entry.seen.push({ turn: index, at: Date.now(), body: request })
    if (entry.seen.length > MAX_REQUESTS_KEPT) entry.seen.shift()
    const turn = entry.turns[index]
    if (!turn) throw new ApiError(400, 'script_ended', `${request.model} has no turn ${index}`)
    const length = JSON.stringify(request.messages).length
    if (turn.window && length > turn.window) {
      const message = `the request (${length} characters) exceeds the available context size`
      throw new ApiError(400, 'exceed_context_size_error', message)
    }
    const conversation = createHash('sha256').update(JSON.stringify(request.messages)).digest('base64')
    const due = (fault: 'error' | 'cut') => {
      const times = turn[fault]?.times
      if (times === undefined) return true
      const key = `${fault} ${conversation}`
      const played = entry.faults.get(key) ?? 0
      entry.faults.set(key, played + 1)
      return played < times
    }
    if (turn.error && due('error')) return turn
    const healed = { ...turn, error: undefined }
    return turn.cut && due('cut') ? healed : { ...healed, cut: undefined }
  }

  #entry(model: string): Entry {
    const entry = this.#entries.get(model)
    if (!entry) throw new ApiError(404, 'model_not_found', `There is no model ${model}`, { param: 'model' })
    return entry
  }
}

function turnIndex(messages: Message[]): number {
  const asked = lastRequest(messages)
  return messages.slice(asked + 1).filter((message) => message.role === 'assistant').length
}
