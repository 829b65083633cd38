/** Bounds for what a call may cost, made without a tokenizer, as we do not know which one the provider uses. */
import type { Usage } from '../../platform/types.ts'
import type { ModelAnswer, ModelRequest, ToolSpec } from './model-client.ts'

const TOKENS_PER_REQUEST = 64

/** An upper bound of what one image costs: eight tiles and the base of the model that counts most for them. */
export const TOKENS_PER_IMAGE = 48_500

/** What a model may write at most when its persona says nothing of that. */
export const DEFAULT_MAX_OUTPUT_TOKENS = 8_192

/**
 * An upper bound of the prompt's tokens: the bytes of messages and tools as JSON. Tokenizers in use fall back to single
 * bytes at worst, so no text has more tokens than UTF-8 bytes, and JSON's own signs outnumber the template's marks.
 */
export function maxInputTokens({ messages, tools }: Pick<ModelRequest, 'messages' | 'tools'>): number {
  return jsonBytes(messages) + tools.reduce((sum, tool) => sum + bytesOf(tool), 2) + TOKENS_PER_REQUEST
}

const jsonBytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

/** Tools go with every call and never change; each counts with its comma. */
const toolBytes = new WeakMap<ToolSpec, number>()
function bytesOf(tool: ToolSpec): number {
  let bytes = toolBytes.get(tool)
  if (bytes === undefined) {
    bytes = jsonBytes(tool) + 1
    toolBytes.set(tool, bytes)
  }
  return bytes
}

/** What an answer, or the part of it that came, is billed at when the provider does not tell: the bound, so that caps hold. */
export function usageOf(answer: ModelAnswer, most: Usage): Usage {
  const { text, toolCalls, thinking = '', usage } = answer
  const bytes = Buffer.byteLength(thinking) + Buffer.byteLength(text) + Buffer.byteLength(JSON.stringify(toolCalls))
  return usage ?? { inputTokens: most.inputTokens, outputTokens: Math.min(bytes, most.outputTokens) }
}
