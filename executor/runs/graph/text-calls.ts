/**
 * Finds a tool call that a model wrote as text. A server that does not know a model's format for calls passes them on as
 * text. Such an answer looks like a result, but is not one.
 */

/** The marks with which models begin a call. */
const MARKS =
  /<tool_call>|<\|?tool_calls?(_begin|_section_begin)?\|?>|<｜tool▁calls?▁begin｜>|\[TOOL_CALLS\]|<\|python_tag\|>|<function_call>|<function=|<invoke name=/
/** The tool's name stands within this many characters after the mark. */
const REACH = 300
const FENCED = /```(?:json|tool_call|tool_code)?\s*([\s\S]*?)```\s*$/

/** `names` are the tools that the model was offered. */
export function holdsCall(text: string, names: readonly string[]): boolean {
  const mark = MARKS.exec(text)
  if (mark) {
    const near = text.slice(mark.index, mark.index + REACH)
    return names.some((name) => near.includes(name))
  }
  const whole = text.trim()
  return [whole, FENCED.exec(whole)?.[1] ?? ''].some((part) => isCall(part.trim(), names))
}

function isCall(text: string, names: readonly string[]): boolean {
  if (!/^[[{]/.test(text)) return false
  try {
    const [call] = [JSON.parse(text)].flat() as unknown[]
    if (typeof call !== 'object' || call === null) return false
    const { name, tool, function: named, arguments: args, parameters, input } = call as Record<string, unknown>
    const hasArguments = [args, parameters, input].some((value) => value !== undefined)
    return hasArguments && [name, tool, named].some((value) => typeof value === 'string' && names.includes(value))
  } catch {
    return false
  }
}
