/** Validates a model's arguments. Harmless mistakes are corrected; the model is told about all others. */
import { z } from 'zod'
import { ToolError } from '../../contracts/tool-errors.ts'

const MAX_MESSAGE = 1500

/** Returns the parsed input. Throws `invalid_input` with a message that tells the model what to correct. */
export function validateInput<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const first = schema.safeParse(input ?? {})
  if (first.success) return first.data
  const second = schema.safeParse(mend(input, first.error.issues))
  if (second.success) return second.data
  const message = z.prettifyError(first.error).slice(0, MAX_MESSAGE)
  throw new ToolError('invalid_input', `The arguments do not fit the tool's input schema:\n${message}`)
}

/** Throws `invalid_output` when the tool broke its own contract. */
export function validateOutput<T extends z.ZodType>(schema: T, output: unknown): z.output<T> {
  const result = schema.safeParse(output)
  if (result.success) return result.data
  const message = z.prettifyError(result.error).slice(0, MAX_MESSAGE)
  throw new ToolError('invalid_output', `The tool returned a result that does not fit its output schema:\n${message}`)
}

/** A copy without nulls in optional fields, and with JSON, numbers and booleans decoded that came as strings. */
function mend(input: unknown, issues: z.core.$ZodIssue[]): unknown {
  const copy: unknown = structuredClone(input)
  for (const issue of issues) {
    if (issue.code !== 'invalid_type') continue
    const key = issue.path.at(-1)
    const parent = issue.path
      .slice(0, -1)
      .reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), copy)
    if (key === undefined || !isObject(parent)) continue
    const value = parent[key]
    if (value === null && !Array.isArray(parent)) delete parent[key]
    else if (typeof value === 'string' && issue.expected !== 'string') parent[key] = decode(value)
    else if (typeof value === 'number' && issue.expected === 'string') parent[key] = String(value)
  }
  return copy
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null
}

function decode(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
