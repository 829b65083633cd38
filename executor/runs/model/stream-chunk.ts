/**
 * One piece of a streamed answer, as real servers send it. The server is not trusted: a field counts only if it has the
 * expected type, and a wrong field never fails the whole piece.
 */
import { z } from 'zod'

/** Treats a value of another type as absent. */
const lenient = <S extends z.ZodType>(schema: S) => schema.optional().catch(undefined)

const text = lenient(z.string())
const anything = z.unknown().optional()
const count = lenient(z.number().int().nonnegative())
/** More tokens than any model accepts. A larger number is not a usage. */
const MAX_TOKENS = 100_000_000
const tokens = z.number().int().nonnegative().max(MAX_TOKENS)

const ContentPart = z.looseObject({ type: text, text, thinking: anything, reasoning: anything })
const FunctionPiece = z.object({
  name: text,
  arguments: lenient(z.union([z.string(), z.record(z.string(), z.unknown())])),
})
const CallPiece = z.looseObject({ index: count, id: text, type: anything, function: lenient(FunctionPiece) })
export type CallPiece = z.infer<typeof CallPiece>

const Delta = z.looseObject({
  content: lenient(z.union([z.string(), z.array(ContentPart)])),
  reasoning_content: text,
  reasoning: text,
  tool_calls: lenient(z.array(z.unknown())),
  /** The older form of `tool_calls`. */
  function_call: lenient(FunctionPiece),
})

const Chunk = z.object({
  choices: lenient(z.array(z.object({ delta: lenient(Delta), message: lenient(Delta), finish_reason: text }))),
  usage: lenient(z.object({ prompt_tokens: tokens, completion_tokens: tokens })),
})

export interface AnswerPiece {
  text: string
  thinking: string
  calls: CallPiece[]
  finishReason: string | undefined
  usage: { inputTokens: number; outputTokens: number } | undefined
  /** Fields that the protocol does not have, which the provider may need back. */
  others: Record<string, unknown>
}

const KNOWN = new Set(['role', 'content', 'refusal', 'tool_calls', 'function_call', 'audio', 'annotations', 'name'])

/** Reads a chunk. Anything that is not a chunk gives an empty piece. */
export function readChunk(chunk: unknown): AnswerPiece {
  const { choices, usage } = Chunk.safeParse(chunk).data ?? {}
  const [choice] = choices ?? []
  const delta = choice?.delta ?? choice?.message ?? {}
  const calls = (delta.tool_calls ?? [])
    .map((call) => CallPiece.safeParse(call).data)
    .filter((call) => call !== undefined)
  if (delta.function_call) calls.push({ function: delta.function_call, type: 'function' })
  return {
    text: textOf(delta.content),
    thinking: delta.reasoning_content ?? delta.reasoning ?? thinkingOf(delta.content),
    calls,
    finishReason: choice?.finish_reason || undefined,
    usage: usage && { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens },
    others: Object.fromEntries(Object.entries(delta).filter(([key, value]) => !KNOWN.has(key) && value != null)),
  }
}

type Content = z.infer<typeof Delta>['content']

const isThinking = ({ type = '' }: z.infer<typeof ContentPart>) => type === 'thinking' || type === 'reasoning'

function textOf(content: Content): string {
  if (!Array.isArray(content)) return content ?? ''
  return content.map((part) => (isThinking(part) ? '' : (part.text ?? ''))).join('')
}

function thinkingOf(content: Content): string {
  if (!Array.isArray(content)) return ''
  return content
    .filter(isThinking)
    .map((part) => wordsOf(part.thinking ?? part.reasoning ?? part.text))
    .join('')
}

/** Thinking comes as a string or as a list of parts with a `text`. */
function wordsOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return ''
  return value.map((part) => ContentPart.safeParse(part).data?.text ?? '').join('')
}
