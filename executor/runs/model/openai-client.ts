/** The `openai` client against any OpenAI-compatible URL: streamed, without retries of its own. */
import OpenAI from 'openai'
import type { ModelAnswer, ModelClient, ModelEndpoint, ModelRequest, OpenModel } from './model-client.ts'
import { ModelError, toModelError } from './model-error.ts'
import { type ModelTimeouts, modelTimeouts, Watchdog } from './watchdog.ts'

const MAX_CLIENTS = 200

/** Keeps one client per endpoint, so that connections are used again; the oldest goes when there are too many. */
export function openAiModels(timeouts: ModelTimeouts = modelTimeouts): OpenModel {
  const clients = new Map<string, ModelClient>()
  return (endpoint) => {
    const key = JSON.stringify([endpoint.baseUrl, endpoint.apiKey])
    let client = clients.get(key)
    if (!client) {
      const [oldest] = clients.keys()
      if (clients.size >= MAX_CLIENTS && oldest) clients.delete(oldest)
      client = openAiModel(endpoint, timeouts)
      clients.set(key, client)
    }
    return client
  }
}

function openAiModel({ baseUrl, apiKey }: ModelEndpoint, timeouts: ModelTimeouts): ModelClient {
  // a local server wants no key, but the library does
  const openai = new OpenAI({ baseURL: baseUrl, apiKey: apiKey || 'none', maxRetries: 0, timeout: timeouts.totalMs })
  // OpenAI's newer models refuse `max_tokens`, most other servers know nothing else
  const limitName = new URL(baseUrl).hostname.endsWith('openai.com') ? 'max_completion_tokens' : 'max_tokens'
  return {
    async complete(request, { signal, onDelta, onCut }) {
      const watchdog = new Watchdog(signal, timeouts)
      let answer: AnswerBuilder | undefined
      try {
        const stream = await openai.chat.completions.create(body(request, limitName), {
          signal: watchdog.signal,
          headers: { 'X-Trace-ID': request.traceId },
        })
        answer = new AnswerBuilder(onDelta)
        for await (const chunk of stream) {
          watchdog.alive()
          answer.add(chunk)
        }
        watchdog.signal.throwIfAborted() // the library ends an aborted stream without a word
        return answer.finish()
      } catch (error) {
        if (answer?.hasBegun) onCut(answer.soFar())
        throw watchdog.signal.aborted ? watchdog.signal.reason : toModelError(error)
      } finally {
        watchdog.stop()
      }
    },
  }
}

function body(
  request: ModelRequest,
  limitName: 'max_tokens' | 'max_completion_tokens',
): OpenAI.ChatCompletionCreateParamsStreaming {
  return {
    model: request.model,
    messages: request.messages,
    tools: request.tools,
    [limitName]: request.maxOutputTokens,
    ...(request.temperature !== undefined && { temperature: request.temperature }),
    stream: true,
    stream_options: { include_usage: true },
  }
}

/** Puts the pieces of a stream together. */
class AnswerBuilder {
  readonly #onDelta: (text: string) => void
  readonly #startedAt = performance.now()
  readonly #toolCalls: ModelAnswer['toolCalls'] = []
  #text = ''
  #thoughtBytes = 0
  #hasBegun = false
  #finishReason: string | null = null
  #usage: ModelAnswer['usage']
  #firstTokenMs: number | undefined

  constructor(onDelta: (text: string) => void) {
    this.#onDelta = onDelta
  }

  /** The provider has sent anything at all. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  add(chunk: OpenAI.ChatCompletionChunk): void {
    this.#hasBegun = true
    if (chunk.usage) {
      this.#usage = { inputTokens: chunk.usage.prompt_tokens, outputTokens: chunk.usage.completion_tokens }
    }
    const choice = chunk.choices?.[0]
    if (!choice) return
    this.#finishReason = choice.finish_reason ?? this.#finishReason
    const { content, tool_calls: toolCalls, ...others } = choice.delta ?? {}
    this.#thoughtBytes += Buffer.byteLength(thoughtOf(others))
    if (content || toolCalls?.length) this.#firstTokenMs ??= performance.now() - this.#startedAt
    if (content) {
      this.#text += content
      this.#onDelta(content)
    }
    for (const piece of toolCalls ?? []) this.#addToolCall(piece)
  }

  /** Some servers leave out `index`, or send a whole call at once. */
  #addToolCall(piece: OpenAI.ChatCompletionChunk.Choice.Delta.ToolCall): void {
    const index = piece.index ?? (piece.id ? this.#toolCalls.length : this.#toolCalls.length - 1)
    this.#toolCalls[index] ??= { id: '', name: '', arguments: '' }
    const call = this.#toolCalls[index]
    call.id ||= piece.id ?? ''
    call.name += piece.function?.name ?? ''
    call.arguments += piece.function?.arguments ?? ''
  }

  soFar(): ModelAnswer {
    return {
      text: this.#text,
      toolCalls: this.#toolCalls.filter(Boolean),
      isCut: this.#finishReason === 'length',
      thoughtBytes: this.#thoughtBytes,
      usage: this.#usage,
      firstTokenMs: this.#firstTokenMs,
    }
  }

  finish(): ModelAnswer {
    const answer = this.soFar()
    const { toolCalls, isCut } = answer
    if (this.#finishReason === 'content_filter') {
      throw new ModelError('model_refused', 'The content policy of the model provider cut the answer off.')
    }
    if (!this.#finishReason && (this.#text || toolCalls.length > 0)) {
      throw new ModelError('model_cut_off', 'The connection to the model broke off.')
    }
    if (!this.#text.trim() && toolCalls.length === 0 && !isCut) {
      throw new ModelError('model_empty_answer', 'The model gave an empty answer.')
    }
    return answer
  }
}

/** Servers that stream a model's thoughts know two names for them, both outside of OpenAI's protocol. */
function thoughtOf(delta: object): string {
  const { reasoning_content, reasoning } = delta as Record<string, unknown>
  const thought = reasoning_content ?? reasoning
  return typeof thought === 'string' ? thought : ''
}
