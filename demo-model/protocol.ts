/** The part of OpenAI's HTTP API that the demo model speaks: the shapes of requests and of errors. */
import { z } from 'zod'
import { DEMO_MODEL_LIMIT, type DemoModelLimit } from '../contracts/demo-model-limit.ts'
import { SHOWN_BY_TOOL } from '../contracts/tool-parts.ts'

export const ToolCall = z.looseObject({
  id: z.string(),
  type: z.literal('function'),
  function: z.looseObject({ name: z.string(), arguments: z.string() }),
})

const Content = z.union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().optional() }))])

export const Message = z.discriminatedUnion('role', [
  z.looseObject({ role: z.literal('system'), content: Content }),
  z.looseObject({ role: z.literal('developer'), content: Content }),
  z.looseObject({ role: z.literal('user'), content: Content }),
  z.looseObject({
    role: z.literal('assistant'),
    content: Content.nullish(),
    tool_calls: z.array(ToolCall).nullish(),
  }),
  z.looseObject({ role: z.literal('tool'), content: Content, tool_call_id: z.string() }),
])
export type Message = z.infer<typeof Message>

/** Where the last message of a person stands; what tools show comes as a user's message too. */
export function lastRequest(messages: Message[]): number {
  return messages.findLastIndex((message) => message.role === 'user' && !isShown(message.content))
}

function isShown(content: z.infer<typeof Content>): boolean {
  const text = typeof content === 'string' ? content : content[0]?.text
  return text?.startsWith(SHOWN_BY_TOOL) ?? false
}

export const Tool = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({
    name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, _ or -'),
    description: z.string().optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
  }),
})

export const ChatRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(Message).min(1),
  tools: z.array(Tool).default([]),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.looseObject({ type: z.literal('function'), function: z.looseObject({ name: z.string() }) }),
    ])
    .optional(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  n: z.literal(1, 'this server gives one choice').nullish(),
  response_format: z.looseObject({ type: z.literal('text', 'this server answers in text only') }).nullish(),
})
export type ChatRequest = z.infer<typeof ChatRequest>

export const EmbeddingRequest = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(z.string()).min(1).max(2048)]),
  encoding_format: z.enum(['float', 'base64']).default('float'),
  dimensions: z.number().int().min(8).max(4096).default(256),
})

/** Tokens of one call, as OpenAI counts them. */
export interface Usage {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
}

/** What a model says in one turn, before it gets OpenAI's shape. `arguments` is the raw text, valid or not. */
export interface Reply {
  text: string
  toolCalls: { id: string; name: string; arguments: string }[]
}

/** An error in OpenAI's shape: `{error: {message, type, param, code}}`. */
export class ApiError extends Error {
  readonly status: number
  readonly body: unknown
  readonly headers: Record<string, string>

  constructor(status: number, code: string, message: string, more: { param?: string; type?: string } = {}) {
    super(message)
    this.status = status
    this.headers = {}
    const type = more.type ?? (status >= 500 ? 'server_error' : 'invalid_request_error')
    this.body = { error: { message, type, param: more.param ?? null, code } }
  }
}

/** Says that the demo model cannot do what is asked. The executor ends the run with this code as its reason. */
export function limitError(message: string, examples: string[]): ApiError {
  const error = { code: DEMO_MODEL_LIMIT, message: message.slice(0, 1000), examples } satisfies DemoModelLimit
  return Object.assign(new ApiError(422, error.code, message), {
    body: { error: { ...error, type: 'invalid_request_error', param: null } },
  })
}

/** Reads a request by its schema; throws the `ApiError` that names the first field that does not fit. */
export function parse<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const param = issue?.path.join('.') ?? ''
  throw new ApiError(400, 'invalid_value', `Invalid request: ${param ? `${param}: ` : ''}${issue?.message}`, { param })
}

/** The text of a message's content, in either of its two shapes. */
export function textOf(content: z.infer<typeof Content> | null | undefined): string {
  if (!content) return ''
  if (typeof content === 'string') return content
  return content.map((part) => part.text ?? '').join('')
}

/** About four characters a token: good enough to try budgets and prices without a tokenizer. */
export function estimateUsage(request: ChatRequest, reply: Reply): Usage {
  const asked = JSON.stringify([request.messages, request.tools]).length
  const said = reply.text.length + JSON.stringify(reply.toolCalls).length
  const prompt_tokens = Math.ceil(asked / 4)
  const completion_tokens = Math.ceil(said / 4)
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
}
