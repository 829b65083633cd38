/**
 * The work that both sides do: a model call that asks for one tool, the tool (which does nothing), and a model call that
 * ends the run. The model is this function, in process, so that neither side pays for HTTP.
 */
import type { Message, ModelAnswer } from '../../executor/runs/model/model-client.ts'

export const TOOL = 'noop'
export const TASK = 'Call the tool once, then say that you are done.'

export async function answer(messages: Message[]): Promise<ModelAnswer> {
  const usage = { inputTokens: 10, outputTokens: 5 }
  if (messages.at(-1)?.role === 'tool') return { text: 'Done.', toolCalls: [], usage }
  return { text: '', toolCalls: [{ id: 'call_1', name: TOOL, arguments: '{}' }], usage }
}

export async function noop(): Promise<unknown> {
  return { ok: true }
}

/** One of the systems that are measured. */
export interface Side {
  /** Does the work once, from the start until its end is committed. */
  run(): Promise<void>
  close(): Promise<void>
}

/** The maximum number of connections of a side: the executor's default. */
export const POOL = 10
