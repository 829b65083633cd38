/** The state of a run between its segments. It is plain JSON, and each checkpoint contains all of it. */
import { Annotation } from '@langchain/langgraph'
import type { PlanItem } from '../../../contracts/runs.ts'
import type { Message, ToolSpec } from '../model/model-client.ts'
import { noSummary, type Summary } from './compact.ts'

/** One call of the model, as `read-answer.ts` returns it. If it has a `problem`, it cannot be made, and the model is told why. */
export interface ModelCall {
  call_id: string
  tool: string
  arguments: Record<string, unknown>
  problem?: string
}

/** What a model's server lets in, as far as its refusals told. */
export interface Window {
  /** Provider and model. */
  from: string
  /** Of messages and tools as JSON, with room left for the answer. */
  bytes: number
}

export const RunState = Annotation.Root({
  /** Added to the end, or `{ all }` in place of the old ones. */
  messages: Annotation<Message[], Message[] | { all: Message[] }>({
    reducer: (old, update) => (Array.isArray(update) ? old.concat(update) : update.all),
    default: () => [],
  }),
  /** What stands for messages that did not fit. */
  summary: Annotation<Summary>({ reducer: (_, now) => now, default: () => noSummary }),
  window: Annotation<Window | null>({ reducer: (_, now) => now, default: () => null }),
  /** The tools that the model has chosen, with their full schemas. */
  tools: Annotation<ToolSpec[]>({ reducer: (_, now) => now, default: () => [] }),
  plan: Annotation<PlanItem[]>({ reducer: (_, now) => now, default: () => [] }),
  /** The calls of the last answer that are still open. */
  calls: Annotation<ModelCall[]>({ reducer: (_, now) => now, default: () => [] }),
  /** The number of answers in a row with an unreadable call. */
  malformed: Annotation<number>({ reducer: (_, now) => now, default: () => 0 }),
})
export type RunState = typeof RunState.State
export type RunUpdate = typeof RunState.Update

/** True when the last message is the model's and makes no calls. */
export function isOver({ messages, calls }: RunState): boolean {
  return calls.length === 0 && messages.at(-1)?.role === 'assistant'
}
