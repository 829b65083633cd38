/**
 * Some servers refuse parts of a request that OpenAI accepts. This module recognises such a refusal by the error text and
 * makes the request without that part. It remembers the refusal for the endpoint and the model, so that it costs one request
 * per process. The settings of a provider can name such parts, which saves even that request.
 */
import type OpenAI from 'openai'
import { LEAVE_OUT_KEYWORDS, type LeaveOut } from '../../../contracts/api.ts'
import type { ModelRequest } from './model-client.ts'
import type { ModelError } from './model-error.ts'

type Body = OpenAI.ChatCompletionCreateParamsStreaming

/** What is left out or made smaller, for one endpoint and one model. */
export interface Omissions {
  /** Names of the field for the answer's limit that may still work. The first one is sent. */
  limitNames: readonly LimitName[]
  mostOutputTokens: number
  omits: ReadonlySet<Omission>
  /** Keywords of the tools' JSON Schemas. */
  keywords: ReadonlySet<string>
}
type LimitName = 'max_tokens' | 'max_completion_tokens'
const OMISSIONS = ['temperature', 'stream_options', 'null_content', 'own_fields'] as const satisfies LeaveOut[]
type Omission = (typeof OMISSIONS)[number]

/** `leaveOut` comes from the provider's settings. */
export function firstOmissions(baseUrl: string, leaveOut: readonly LeaveOut[] = []): Omissions {
  const named = new Set<string>(leaveOut)
  // OpenAI's newer models refuse `max_tokens`; most other servers know only that
  const isOpenAi = new URL(baseUrl).hostname.endsWith('openai.com')
  const limitNames: LimitName[] = isOpenAi
    ? ['max_completion_tokens', 'max_tokens']
    : ['max_tokens', 'max_completion_tokens']
  return {
    limitNames: limitNames.filter((name) => !named.has(name)),
    mostOutputTokens: Number.POSITIVE_INFINITY,
    omits: new Set(OMISSIONS.filter((omission) => named.has(omission))),
    keywords: new Set(LEAVE_OUT_KEYWORDS.filter((keyword) => named.has(`schema.${keyword}`))),
  }
}

/** What to leave out after this refusal. Undefined if its text names nothing that can be left out. */
export function learn(omissions: Omissions, error: ModelError, maxOutputTokens: number): Omissions | undefined {
  if (error.code !== 'model_bad_request') return undefined
  const { words } = error
  if (/max_(completion_)?tokens/.test(words) && omissions.limitNames.length > 0) {
    const most = greatestLimit(words)
    if (most && most < maxOutputTokens) return { ...omissions, mostOutputTokens: most }
    return { ...omissions, limitNames: omissions.limitNames.slice(1) }
  }
  const omission = omissionNamed(words)
  if (omission && !omissions.omits.has(omission)) {
    return { ...omissions, omits: new Set([...omissions.omits, omission]) }
  }
  const added = LEAVE_OUT_KEYWORDS.filter((keyword) => !omissions.keywords.has(keyword) && isNamed(keyword, words))
  return added.length > 0 ? { ...omissions, keywords: new Set([...omissions.keywords, ...added]) } : undefined
}

/** "max_tokens is too large: 8192. This model supports at most 4096 completion tokens." gives 4096. */
function greatestLimit(words: string): number | undefined {
  const found = /(?:at most|less than or equal to|maximum (?:value )?(?:is|of)|<=)\D{0,10}(\d+)/i.exec(words)
  return found ? Number(found[1]) : undefined
}

function isNamed(keyword: string, words: string): boolean {
  return words.split(/[^\w$]+/).includes(keyword)
}

function omissionNamed(words: string): Omission | undefined {
  if (/temperature/.test(words)) return 'temperature'
  if (/stream_options|include_usage/.test(words)) return 'stream_options'
  if (/reasoning|thinking|signature|extra_content/.test(words)) return 'own_fields'
  if (/content/.test(words) && /null|none|string|required|empty/i.test(words)) return 'null_content'
  return undefined
}

/** The request's body without what the endpoint refuses. The provider's own fields go back only to that provider. */
export function requestBody(request: ModelRequest, omissions: Omissions): Body {
  const { model, temperature, maxOutputTokens } = request
  const { mostOutputTokens, omits, keywords } = omissions
  const [limitName] = omissions.limitNames
  return {
    model,
    messages: request.messages.map((message) => wireMessage(message, request.from, omits)),
    tools: keywords.size === 0 ? request.tools : request.tools.map((tool) => withoutKeywords(tool, keywords)),
    ...(limitName && { [limitName]: Math.min(maxOutputTokens, mostOutputTokens) }),
    ...(temperature !== undefined && !omits.has('temperature') && { temperature }),
    stream: true,
    ...(!omits.has('stream_options') && { stream_options: { include_usage: true } }),
  }
}

type Message = ModelRequest['messages'][number]

function wireMessage(message: Message, from: string, omits: ReadonlySet<Omission>): OpenAI.ChatCompletionMessageParam {
  if (message.role !== 'assistant') return message
  const { own, ...plain } = message
  const content = plain.content ?? (omits.has('null_content') ? '' : null)
  if (!own || own.from !== from || omits.has('own_fields')) return { ...plain, content }
  const calls = plain.tool_calls?.map((call, index) => ({ ...own.calls[index], ...call }))
  return { ...own.fields, ...plain, content, ...(calls && { tool_calls: calls }) }
}

/** Keeps property names, because they are not keywords. */
function withoutKeywords<Tool extends Body['tools'] & {} extends (infer T)[] ? T : never>(
  tool: Tool,
  keywords: ReadonlySet<string>,
): Tool {
  if (tool.type !== 'function') return tool
  return {
    ...tool,
    function: { ...tool.function, parameters: plainSchema(tool.function.parameters, keywords) },
  } as Tool
}

function plainSchema(schema: unknown, keywords: ReadonlySet<string>): Record<string, unknown> {
  const entries = Object.entries(schema as Record<string, unknown>).filter(([key]) => !keywords.has(key))
  return Object.fromEntries(entries.map(([key, value]) => [key, plainPart(key, value, keywords)]))
}

const HOLD_SCHEMAS_BY_NAME = new Set(['properties', '$defs', 'definitions'])

function plainPart(key: string, value: unknown, keywords: ReadonlySet<string>): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (HOLD_SCHEMAS_BY_NAME.has(key)) {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plainSchema(part, keywords)]))
  }
  if (Array.isArray(value)) {
    return value.map((item) => (typeof item === 'object' && item !== null ? plainSchema(item, keywords) : item))
  }
  return key === 'default' || key === 'const' ? value : plainSchema(value, keywords)
}
