/** Uses the `openai` library with any OpenAI-compatible URL. Answers are streamed, and the library does not retry. */
import OpenAI from 'openai'
import { AnswerBuilder } from './answer-builder.ts'
import { fittingAnswer } from './context-length.ts'
import type { ModelAnswer, ModelClient, ModelEndpoint, ModelRequest, OpenModel } from './model-client.ts'
import { ModelError, toModelError } from './model-error.ts'
import { firstOmissions, learn, type Omissions, requestBody } from './refusals.ts'
import { guardResponse } from './response-guard.ts'
import { type ModelTimeouts, modelTimeouts, Watchdog } from './watchdog.ts'

const MAX_CLIENTS = 200
const MAX_MODELS = 200
/** How often one request is repeated with a refused field left out. */
const MAX_REFUSALS = 6

export interface ModelOptions {
  timeouts?: ModelTimeouts
  /** Sends the requests. Default: the global `fetch`. */
  send?: typeof fetch
}

/** Keeps one client per endpoint, so that connections are reused. Drops the oldest when there are too many. */
export function openAiModels({ timeouts = modelTimeouts, send = fetch }: ModelOptions = {}): OpenModel {
  const clients = new Map<string, ModelClient>()
  return (endpoint) => {
    const key = JSON.stringify([endpoint.baseUrl, endpoint.apiKey, endpoint.isDemo, endpoint.leaveOut])
    let client = clients.get(key)
    if (!client) {
      forgetOldest(clients, MAX_CLIENTS)
      client = openAiModel(endpoint, timeouts, send)
      clients.set(key, client)
    }
    return client
  }
}

function openAiModel(
  { baseUrl, apiKey, isDemo, leaveOut }: ModelEndpoint,
  timeouts: ModelTimeouts,
  send: typeof fetch,
): ModelClient {
  // a local server needs no key, but the library does
  const openai = new OpenAI({
    baseURL: baseUrl,
    apiKey: apiKey || 'none',
    maxRetries: 0,
    timeout: timeouts.totalMs,
    logLevel: 'off',
  })
  /** What the endpoint refuses, for each model. */
  const known = new Map<string, Omissions>()
  return {
    async complete(request, options) {
      let omissions = known.get(request.model) ?? firstOmissions(baseUrl, leaveOut)
      let { maxOutputTokens } = request
      for (let refusals = 0; ; refusals++) {
        try {
          return await ask(openai, { ...request, maxOutputTokens }, omissions, { ...options, timeouts, send, isDemo })
        } catch (error) {
          if (!(error instanceof ModelError) || refusals === MAX_REFUSALS) throw error
          const without = learn(omissions, error, maxOutputTokens)
          if (without) {
            omissions = without
            if (!known.has(request.model)) forgetOldest(known, MAX_MODELS)
            known.set(request.model, without)
          } else {
            const shorter = error.code === 'model_context_too_long' ? fittingAnswer(error.words) : undefined
            if (!shorter || shorter >= maxOutputTokens) throw error
            maxOutputTokens = shorter
          }
        }
      }
    },
  }
}

function forgetOldest(map: Map<string, unknown>, most: number): void {
  const [oldest] = map.keys()
  if (map.size >= most && oldest !== undefined) map.delete(oldest)
}

interface Asking {
  signal: AbortSignal
  timeouts: ModelTimeouts
  send: typeof fetch
  isDemo?: boolean | undefined
  onDelta(text: string): void
  onCut(part: ModelAnswer): void
}

async function ask(openai: OpenAI, request: ModelRequest, omissions: Omissions, asking: Asking): Promise<ModelAnswer> {
  const { signal, timeouts, send, isDemo, onDelta, onCut } = asking
  const watchdog = new Watchdog(signal, timeouts)
  const answer = new AnswerBuilder(request.maxOutputTokens, onDelta)
  const guard = guardResponse(send, request.maxOutputTokens, () => watchdog.alive(answer.isEnded))
  try {
    const stream = await openai
      .withOptions({ fetch: guard.fetch })
      .chat.completions.create(requestBody(request, omissions), {
        signal: watchdog.signal,
        headers: { 'X-Trace-ID': request.traceId },
      })
    for await (const chunk of stream) {
      answer.add(chunk)
      if (answer.isTooLong) break
      watchdog.alive(answer.isEnded)
    }
    watchdog.signal.throwIfAborted() // the library ends an aborted stream without an error
    return answer.finish(guard)
  } catch (error) {
    // the provider may keep the connection open after the end of the answer
    if (watchdog.isSilent && answer.isEnded) return answer.finish(guard)
    if (answer.hasBegun) onCut(answer.soFar())
    throw watchdog.signal.aborted ? watchdog.signal.reason : toModelError(error, { isDemo })
  } finally {
    watchdog.stop()
  }
}
