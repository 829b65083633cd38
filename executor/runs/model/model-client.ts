/** A language model, as the graph needs it. Messages are in OpenAI's shape, which is also the shape they are kept in. */
import type OpenAI from 'openai'
import type { LeaveOut } from '../../../contracts/api.ts'
import type { NewStep, Usage } from '../../platform/types.ts'

/** What a model said, with the fields of its provider's own: they go back with it to the same provider and model only. */
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
  /** `arguments` as the model wrote them: JSON, or what it took for JSON. */
  toolCalls: { id: string; name: string; arguments: string; others?: Record<string, unknown> }[]
  /** It reached `maxOutputTokens`, so its end is missing. */
  isCut?: boolean
  /** What the model thought aloud, which is billed, but no part of the answer. */
  thinking?: string
  /** Fields of the provider's own that it may want back with the calls: reasoning, signatures. */
  others?: Record<string, unknown>
  /** Absent when the provider does not tell. */
  usage?: { inputTokens: number; outputTokens: number }
  /** Milliseconds until the first piece of the answer. */
  firstTokenMs?: number
}

export interface CompleteOptions {
  signal: AbortSignal
  /** Gets the text as it comes. */
  onDelta(text: string): void
  onCut(part: ModelAnswer): void
}

export interface ModelClient {
  /**
   * Rejects with a `ModelError`, or as `signal` says when that is aborted; `onCut` got then what had come of an answer, if
   * anything had.
   */
  complete(request: ModelRequest, options: CompleteOptions): Promise<ModelAnswer>
}

export interface ModelEndpoint {
  baseUrl: string
  apiKey: string
  /** What requests go without from the start. */
  leaveOut?: readonly LeaveOut[]
}

/** Gives the client for an endpoint, the same for equal ones. */
export type OpenModel = (endpoint: ModelEndpoint) => ModelClient

/** What a segment asks of a model. */
export type ModelQuestion = Pick<ModelRequest, 'messages' | 'tools'>

/** An answer with its row in `llm_calls` and what it is billed at. */
export interface AnsweredCall extends ModelAnswer, Usage {
  /** Provider and model. */
  from: string
  llmCallId: string
  latencyMs: number
}

/** Calls the persona's model, or a fallback; `notice` gets what people should see of that. */
export type CallModel = (question: ModelQuestion, notice: (step: NewStep) => void) => Promise<AnsweredCall>
