/**
 * Makes a model's answer safe to keep and to send back: call ids unique, names of the allowed form, arguments valid
 * JSON. What could not be read becomes a call with a `problem`, which the model is told as the call's result.
 */
import type { AssistantMessage, ModelAnswer } from '../model/model-client.ts'
import type { ModelCall } from './state.ts'

const NAME = /^[a-zA-Z0-9_-]{1,64}$/
const MAX_QUOTE = 2_000
const CUT = 'The answer was cut off at its greatest length, so this call was not made. Make it shorter, or in parts.'

export function readAnswer(
  answer: ModelAnswer,
  segment: number,
): { message: AssistantMessage; calls: ModelCall[]; isMalformed: boolean } {
  const ids = new Set<string>()
  const calls = answer.toolCalls.map((call, index) => {
    const callId = call.id.length <= 100 && call.id && !ids.has(call.id) ? call.id : `call_${segment}_${index}`
    ids.add(callId)
    const read = readCall(callId, call.name, call.arguments)
    return answer.isCut && index === answer.toolCalls.length - 1 ? { ...read, problem: CUT } : read
  })
  const message: AssistantMessage = { role: 'assistant', content: answer.text || null }
  if (calls.length > 0) {
    message.tool_calls = calls.map((call) => ({
      id: call.call_id,
      type: 'function',
      function: { name: call.tool, arguments: JSON.stringify(call.arguments) },
    }))
  }
  return { message, calls, isMalformed: calls.some((call) => call.problem) }
}

function readCall(callId: string, name: string, text: string): ModelCall {
  const tool = NAME.test(name) ? name : 'unknown_tool'
  const problem = tool === name ? undefined : 'That is not the name of a tool. Use tool_search to find one.'
  const parsed = parseArguments(text)
  if (parsed) return { call_id: callId, tool, arguments: parsed, ...(problem && { problem }) }
  return {
    call_id: callId,
    tool,
    arguments: { malformed: text.slice(0, MAX_QUOTE).toWellFormed() },
    problem: problem ?? 'The arguments are not a valid JSON object, so nothing was done. Make the call again.',
  }
}

function parseArguments(text: string): Record<string, unknown> | undefined {
  if (!text.trim()) return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
