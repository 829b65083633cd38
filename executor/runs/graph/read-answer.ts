/**
 * Makes a model's answer safe to store and to send back: call ids are unique, names have the allowed form, arguments are
 * valid JSON. A call that could not be read gets a `problem`, which the model reads as the call's result.
 */
import JSON5 from 'json5'
import { isNestedBeyond } from '../model/json-length.ts'
import type { AssistantMessage, ModelAnswer } from '../model/model-client.ts'
import type { ModelCall } from './state.ts'

const NAME = /^[a-zA-Z0-9_-]{1,64}$/
const MAX_QUOTE = 2_000
const MAX_DEPTH = 64
const CUT =
  'The answer was cut off at its maximum length, so this call was not made. Make it shorter, or split it into parts.'

/** `from` names provider and model; their own fields go back only to them. */
export function readAnswer(
  answer: ModelAnswer & { from: string },
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
    const own = ownFields(answer)
    if (own) message.own = own
  }
  return { message, calls, isMalformed: calls.some((call) => call.problem) }
}

/** Fields that a provider needs back with its calls: reasoning, signatures. */
function ownFields({ from, others = {}, toolCalls }: ModelAnswer & { from: string }): AssistantMessage['own'] {
  const calls = toolCalls.map((call) => call.others ?? {})
  const isEmpty = [others, ...calls].every((fields) => Object.keys(fields).length === 0)
  return isEmpty ? undefined : { from, fields: others, calls }
}

function readCall(callId: string, written: string, text: string): ModelCall {
  const name = withoutPrefix(written)
  const tool = NAME.test(name) ? name : 'unknown_tool'
  const problem = tool === name ? undefined : 'There is no tool of that name. Use tool_search to find one.'
  const parsed = parseArguments(text)
  if (parsed) return { call_id: callId, tool, arguments: parsed, ...(problem && { problem }) }
  return {
    call_id: callId,
    tool,
    arguments: { malformed: text.slice(0, MAX_QUOTE).toWellFormed() },
    problem: problem ?? 'The arguments are not a valid JSON object, so nothing was done. Make the call again.',
  }
}

/** "functions.read_file", "default_api:read_file": some models put a namespace before the name. */
const withoutPrefix = (name: string) => name.trim().split(/[.:/]/).at(-1) ?? ''

/** Corrects unambiguous mistakes: a code fence around the JSON, a trailing comma, JSON inside a string. */
function parseArguments(text: string): Record<string, unknown> | undefined {
  const plain = /^```(?:json)?\s*([\s\S]*?)\s*```$/.exec(text.trim())?.[1] ?? text.trim()
  if (!plain) return {}
  const value = parseJson(plain)
  const inner = typeof value === 'string' ? parseJson(value) : value
  if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return undefined
  return isNestedBeyond(inner, MAX_DEPTH) ? undefined : (inner as Record<string, unknown>)
}

/** JSON5 accepts a trailing comma, but not JSON that is cut off. */
function parseJson(text: string): unknown {
  for (const parse of [JSON.parse, JSON5.parse]) {
    try {
      return parse(text)
    } catch {}
  }
  return undefined
}
