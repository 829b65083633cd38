/** A language model, as the graph sees it. Messages have OpenAI's shape, and are stored in it. */
import type OpenAI from 'openai'
import type { LeaveOut } from '../../../contracts/api.ts'
import type { NewStep, Usage } from '../../platform/types.ts'

/** A model's message. The provider's own fields go back with it, but only to the same provider and model. */
export type AssistantMessage = OpenAI.ChatCompletionAssistantMessageParam & {
  own?: { from: string; fields: Record<string, unknown>; calls: Record<string, unknown>[] }
}
export type Message = Exclude<OpenAI.ChatCompletionMessageParam, { role: 'assistant' }> | AssistantMessage
export type ToolSpec = OpenAI.ChatCompletionFunctionTool

export interface ModelRequest {
  model: string
  /** Provider and model, as `AssistantMessage.own` names them. */
  from: string
  messages: Message[]
  tools: ToolSpec[]
  maxOutputTokens: number
  temperature?: number
  traceId: string
}

export interface ModelAnswer {
  text: string
  /** `arguments` are the text that the model wrote, which may not be valid JSON. */
  toolCalls: { id: string; name: string; arguments: string; others?: Record<string, unknown> }[]
  /** True when it reached `maxOutputTokens`, so that its end is missing. */
  isCut?: boolean
  /** The model's thinking. It is billed, but not part of the answer. */
  thinking?: string
  /** The provider's own fields, which it may need back with the calls: reasoning, signatures. */
  others?: Record<string, unknown>
  /** Absent when the provider does not report it. */
  usage?: { inputTokens: number; outputTokens: number }
  /** Milliseconds until the first piece of the answer. */
  firstTokenMs?: number
}

export interface CompleteOptions {
  signal: AbortSignal
  /** Called with each piece of the text as it arrives. */
  onDelta(text: string): void
  onCut(part: ModelAnswer): void
}

export interface ModelClient {
  /**
   * Rejects with a `ModelError`, or with the reason of `signal` when that is aborted. Before that, `onCut` is called with the
   * part of the answer that had arrived, if any.
   */
  complete(request: ModelRequest, options: CompleteOptions): Promise<ModelAnswer>
}

export interface ModelEndpoint {
  baseUrl: string
  apiKey: string
  /** True for the installation's own demo model, which may say what it cannot do. */
  isDemo?: boolean
  /** Fields that requests leave out from the start. */
  leaveOut?: readonly LeaveOut[]
}

/** Returns the client of an endpoint. Equal endpoints share a client. */
export type OpenModel = (endpoint: ModelEndpoint) => ModelClient

/** A segment's request to a model. */
export interface ModelQuestion extends Pick<ModelRequest, 'messages' | 'tools'> {
  /** The same question, shorter, after a server refused it for its length. Undefined if it cannot be made shorter. */
  shorter?(refusal: TooLong): ModelQuestion | undefined
}

export interface TooLong {
  /** Provider and model. */
  from: string
  /** The part of the prompt that fits, with room left for the answer. */
  fraction: number
}

/** An answer with its row in `llm_calls` and its cost. */
export interface AnsweredCall extends ModelAnswer, Usage {
  /** Provider and model. */
  from: string
  llmCallId: string
  latencyMs: number
}

/** Calls the persona's model or a fallback. `notice` is called with what people should know about it. */
export type CallModel = (question: ModelQuestion, notice: (step: NewStep) => void) => Promise<AnsweredCall>
