/** Puts the pieces of a streamed answer together, up to the length that was asked for. */
import { CallPieces } from './call-pieces.ts'
import { jsonLength } from './json-length.ts'
import type { ModelAnswer } from './model-client.ts'
import { ModelError } from './model-error.ts'
import { type CallPiece, readChunk } from './stream-chunk.ts'
import { ThinkTags } from './think-tags.ts'

const MAX_CALLS = 64
/** Characters allowed per requested token. The average token of every tokenizer in use is shorter. */
const CHARACTERS_PER_TOKEN = 32
const LEAST_CHARACTERS = 64 * 1024
/** Limit for the provider's own fields, which go back with the next request. More is dropped. */
const MAX_OTHERS_LENGTH = 256 * 1024

const CUT = new Set(['length', 'max_tokens', 'max_output_tokens'])
const REFUSED = new Set(['content_filter', 'safety', 'prohibited_content', 'recitation'])

export class AnswerBuilder {
  readonly #onDelta: (text: string) => void
  readonly #mostCharacters: number
  readonly #startedAt = performance.now()
  readonly #calls = new CallPieces()
  readonly #tags = new ThinkTags()
  #text = ''
  #thinking = ''
  readonly #others = new Map<string, unknown>()
  #othersLength = 0
  #characters = 0
  #hasBegun = false
  #isTooLong = false
  #finishReason: string | undefined
  #usage: ModelAnswer['usage']
  #firstTokenMs: number | undefined

  constructor(maxOutputTokens: number, onDelta: (text: string) => void) {
    this.#onDelta = onDelta
    this.#mostCharacters = Math.max(LEAST_CHARACTERS, maxOutputTokens * CHARACTERS_PER_TOKEN)
  }

  /** True when the provider has sent anything. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** True when the provider has said how the answer ended. Only the usage can still come. */
  get isEnded(): boolean {
    return this.#finishReason !== undefined
  }

  /** True when more came than was asked for. The rest need not be read. */
  get isTooLong(): boolean {
    return this.#isTooLong
  }

  add(chunk: unknown): void {
    this.#hasBegun = true
    const { text, thinking, calls, finishReason, usage, others } = readChunk(chunk)
    this.#usage = usage ?? this.#usage
    this.#finishReason = finishReason?.toLowerCase() ?? this.#finishReason
    if (text || calls.length > 0) this.#firstTokenMs ??= performance.now() - this.#startedAt
    this.#addOthers(others)
    this.#thinking += thinking
    this.#addText(this.#tags.add(text))
    this.#characters += text.length + thinking.length
    for (const piece of calls) this.#addCall(piece)
    this.#isTooLong = this.#characters > this.#mostCharacters
  }

  soFar(): ModelAnswer {
    return {
      text: this.#text,
      thinking: this.#thinking,
      toolCalls: this.#calls.calls,
      isCut: this.#isTooLong || CUT.has(this.#finishReason ?? ''),
      others: Object.fromEntries(this.#others),
      usage: this.#usage,
      firstTokenMs: this.#firstTokenMs,
    }
  }

  /** Returns the whole answer. Throws a `ModelError` if the stream gave no valid answer. */
  finish({ sawEnd, isTooLong }: { sawEnd: boolean; isTooLong: boolean }): ModelAnswer {
    this.#isTooLong ||= isTooLong
    this.#addText(this.#tags.end())
    const answer = this.soFar()
    const isEmpty = !answer.text.trim() && answer.toolCalls.length === 0
    if (REFUSED.has(this.#finishReason ?? '')) {
      throw new ModelError('model_refused', 'The content policy of the model provider cut the answer off.')
    }
    if (this.#finishReason === 'error') {
      throw new ModelError('model_unavailable', 'The model ended its answer with an error.')
    }
    if (!this.isEnded && !answer.isCut && !sawEnd && !isEmpty) {
      throw new ModelError('model_cut_off', 'The connection to the model was lost.')
    }
    if (isEmpty && !answer.isCut) throw new ModelError('model_empty_answer', 'The model gave an empty answer.')
    return answer
  }

  #addCall(piece: CallPiece): void {
    this.#characters += this.#calls.add(piece)
    if (this.#calls.count > MAX_CALLS) {
      throw new ModelError('model_bad_answer', `The model made more than ${MAX_CALLS} calls in one answer.`)
    }
  }

  #addText({ said, thought }: { said: string; thought: string }): void {
    this.#thinking += thought
    if (!said) return
    this.#text += said
    this.#onDelta(said)
  }

  /** Texts and lists are joined piece by piece. For any other value the last one counts. */
  #addOthers(others: Record<string, unknown>): void {
    for (const [key, value] of Object.entries(others)) {
      this.#othersLength += key.length + jsonLength(value)
      if (this.#othersLength > MAX_OTHERS_LENGTH) return
      this.#others.set(key, joined(this.#others.get(key), value))
    }
  }
}

function joined(old: unknown, added: unknown): unknown {
  if (typeof old === 'string' && typeof added === 'string') return old + added
  if (Array.isArray(old) && Array.isArray(added)) return [...old, ...added]
  return added
}
