/** Upper bounds for the cost of a call. They use no tokenizer, because we do not know the provider's. */
import type { Usage } from '../../platform/types.ts'
import type { ModelAnswer, ModelRequest, ToolSpec } from './model-client.ts'

const TOKENS_PER_REQUEST = 64

/** An upper bound for one image: eight tiles and the base, of the model that counts most for images. */
export const TOKENS_PER_IMAGE = 48_500

/** The default limit of an answer, if the persona does not set one. */
export const DEFAULT_MAX_OUTPUT_TOKENS = 8_192

/**
 * An upper bound of the prompt's tokens: the bytes of messages and tools as JSON. Tokenizers use single bytes at worst, so
 * no text has more tokens than UTF-8 bytes, and JSON's punctuation outnumbers the marks of the prompt template.
 */
export function maxInputTokens({ messages, tools }: Pick<ModelRequest, 'messages' | 'tools'>): number {
  return jsonBytes(messages) + tools.reduce((sum, tool) => sum + bytesOf(tool), 2) + TOKENS_PER_REQUEST
}

const jsonBytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

/** Tools are part of every call and never change. Each counts with its comma. */
const toolBytes = new WeakMap<ToolSpec, number>()
function bytesOf(tool: ToolSpec): number {
  let bytes = toolBytes.get(tool)
  if (bytes === undefined) {
    bytes = jsonBytes(tool) + 1
    toolBytes.set(tool, bytes)
  }
  return bytes
}

/** Tokens that an answer or a part of it is billed at if the provider does not report usage. It is the upper bound, so that spending limits hold. */
export function usageOf(answer: ModelAnswer, most: Usage): Usage {
  const { text, toolCalls, thinking = '', usage } = answer
  const bytes = Buffer.byteLength(thinking) + Buffer.byteLength(text) + Buffer.byteLength(JSON.stringify(toolCalls))
  return usage ?? { inputTokens: most.inputTokens, outputTokens: Math.min(bytes, most.outputTokens) }
}
