/** Formats the results of calls for the model. */
import type { ToolResult } from '../../platform/types.ts'
import type { Message } from '../model/model-client.ts'

export function toolMessage(callId: string, content: unknown): Message {
  return {
    role: 'tool',
    tool_call_id: callId,
    content: typeof content === 'string' ? content : JSON.stringify(content ?? null),
  }
}

export const errorContent = (code: string, message: string) => ({ error: { code, message } })

/** Formats the result of a call that a tool or a person answered. */
export function resultMessage(result: ToolResult): Message {
  if (result.status === 'succeeded') return toolMessage(result.call_id, result.output)
  const { code, message } = result.error ?? { code: result.status, message: `The call is ${result.status}.` }
  return toolMessage(result.call_id, errorContent(code, message))
}
