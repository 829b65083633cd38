/** What the graph knows of a run between its segments: plain JSON, kept whole in each checkpoint. */
import { Annotation } from '@langchain/langgraph'
import type { PlanItem } from '../../../contracts/runs.ts'
import type { Message, ToolSpec } from '../model/model-client.ts'

/** One call as the model made it, after `read-answer.ts`. `problem`: it cannot be made, and the model is told why. */
export interface ModelCall {
  call_id: string
  tool: string
  arguments: Record<string, unknown>
  problem?: string
}

export const RunState = Annotation.Root({
  messages: Annotation<Message[]>({ reducer: (old, added) => old.concat(added), default: () => [] }),
  /** Tools that the model has chosen, with their full schemas. */
  tools: Annotation<ToolSpec[]>({ reducer: (_, now) => now, default: () => [] }),
  plan: Annotation<PlanItem[]>({ reducer: (_, now) => now, default: () => [] }),
  /** Calls of the last answer that nobody has answered yet. */
  calls: Annotation<ModelCall[]>({ reducer: (_, now) => now, default: () => [] }),
  /** How many answers in a row held a call that could not be read. */
  malformed: Annotation<number>({ reducer: (_, now) => now, default: () => 0 }),
})
export type RunState = typeof RunState.State
export type RunUpdate = typeof RunState.Update

/** The last message is the model's, and it made no calls. */
export function isOver({ messages, calls }: RunState): boolean {
  return calls.length === 0 && messages.at(-1)?.role === 'assistant'
}
