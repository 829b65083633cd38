/**
 * An OpenAI-compatible HTTP server with two kinds of models: `demo` plays an office worker by plain rules, and
 * `scripted/<id>` answers what a test told it to. It needs no network, no key and no weights.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { completion, type Delivery, streamCompletion } from './completion.ts'
import { embed, toBase64 } from './embedding.ts'
import { ApiError, ChatRequest, EmbeddingRequest, estimateUsage, parse, type Reply } from './protocol.ts'
import { play } from './rules/play.ts'
import { type ReadyTurn, Script, Scripts } from './scripts.ts'

export const DEMO_MODEL = 'demo'
const MAX_BODY_BYTES = 16 * 1024 * 1024

export interface DemoModel {
  /** Base URL for an OpenAI client, ends with `/v1`. */
  url: string
  close(): Promise<void>
}

export interface DemoModelOptions {
  /** 0: a free one. */
  port?: number
  /** Called for every answer and for errors of the server itself. */
  log?(event: { message: string; model?: string; status?: number; error?: unknown }): void
}

/** Listens on the loopback interface only. Rejects when the port is taken. */
export async function startDemoModel({ port = 0, log }: DemoModelOptions = {}): Promise<DemoModel> {
  const scripts = new Scripts()
  const server = createServer((request, response) => {
    answer(scripts, request, response, log).catch((error) => sendError(response, error, log))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  scripts: Scripts,
  request: IncomingMessage,
  response: ServerResponse,
  log: DemoModelOptions['log'],
) {
  const { pathname } = new URL(request.url ?? '/', 'http://demo')
  const path = pathname.replace(/^\/v1(?=\/)/, '')
  const seen = path.match(/^\/scripts\/([^/]+)\/requests$/)
  switch (`${request.method} ${seen ? '/scripts/:id/requests' : path}`) {
    case 'POST /chat/completions':
      return chat(scripts, parse(ChatRequest, await readJson(request)), response, log)
    case 'POST /embeddings':
      return sendJson(response, embeddings(await readJson(request)))
    case 'GET /models':
      return sendJson(response, { object: 'list', data: [modelCard] })
    case `GET /models/${DEMO_MODEL}`:
      return sendJson(response, modelCard)
    case 'POST /scripts':
      return sendJson(response, { model: scripts.add(parse(Script, await readJson(request)).turns) }, 201)
    case 'GET /scripts/:id/requests':
      return sendJson(response, { requests: scripts.requests(`scripted/${seen?.[1]}`) })
  }
  throw new ApiError(404, 'not_found', `There is no ${request.method} ${pathname}`)
}

const modelCard = { id: DEMO_MODEL, object: 'model', created: 0, owned_by: 'persona-platform' }

async function chat(scripts: Scripts, request: ChatRequest, response: ServerResponse, log: DemoModelOptions['log']) {
  const head = { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: request.model }
  const turn = request.model === DEMO_MODEL ? undefined : scripts.next(request)
  if (turn?.delay_ms) await sleep(turn.delay_ms)
  if (turn?.error) throw scriptedError(turn.error)
  if (turn?.raw) return replay(response, turn.raw)
  const reply = turn ? scriptedReply(turn, head.id) : play(request)
  checkToolChoice(request, reply, turn !== undefined)
  const delivery = deliveryOf(request, reply, turn)
  log?.({ message: 'answered', model: request.model, status: 200 })
  if (turn?.empty_choices) {
    sendEmpty(response, { ...completion(head, reply, delivery), choices: [] }, request.stream ?? false)
  } else if (request.stream) {
    await streamCompletion(response, head, reply, delivery, request.stream_options?.include_usage ?? false)
  } else if (delivery.cut) {
    response.destroy()
  } else {
    sendJson(response, completion(head, reply, delivery))
  }
}

/** Sends the scripted bytes as they stand, until the reader has gone. */
async function replay(response: ServerResponse, raw: NonNullable<ReadyTurn['raw']>) {
  response.writeHead(raw.status, { 'content-type': raw.content_type })
  const pieces = Readable.from(Array.from({ length: raw.repeat }, () => raw.body))
  await pipeline(pieces, response, { end: !raw.stays_open }).catch(() => {})
}

/** A success without a choice: some providers send this when a filter removed the answer. */
function sendEmpty(response: ServerResponse, body: object, stream: boolean) {
  if (!stream) return sendJson(response, body)
  const chunk = JSON.stringify({ ...body, object: 'chat.completion.chunk' })
  response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${chunk}\n\ndata: [DONE]\n\n`)
}

function deliveryOf(request: ChatRequest, reply: Reply, turn: ReadyTurn | undefined): Delivery {
  const usage = turn?.usage
    ? { ...turn.usage, total_tokens: turn.usage.prompt_tokens + turn.usage.completion_tokens }
    : estimateUsage(request, reply)
  return {
    usage,
    finishReason: turn?.finish_reason ?? (reply.toolCalls.length > 0 ? 'tool_calls' : 'stop'),
    // The demo's text arrives at the speed of fast reading, so that people see it stream.
    chunkDelayMs: turn?.chunk_delay_ms ?? (reply.toolCalls.length > 0 ? 0 : 10),
    chunkSize: turn?.chunk_size ?? 16,
    cut: turn?.cut,
  }
}

/** The demo model follows its rules, not `tool_choice`. If the two disagree, the caller gets an error. */
function checkToolChoice({ tools, tool_choice: choice }: ChatRequest, reply: Reply, scripted: boolean) {
  if (typeof choice === 'object' && !tools.some((tool) => tool.function.name === choice.function.name)) {
    throw new ApiError(400, 'invalid_value', `tool_choice names ${choice.function.name}, which is not in tools`, {
      param: 'tool_choice',
    })
  }
  if (scripted || choice === undefined || choice === 'auto' || choice === 'none') return
  const wanted = choice === 'required' ? undefined : choice.function.name
  if (!reply.toolCalls.some((call) => wanted === undefined || call.name === wanted)) {
    throw new ApiError(400, 'unsupported_value', 'The demo model has no such tool call for this message', {
      param: 'tool_choice',
    })
  }
}

function scriptedReply(turn: ReadyTurn, completionId: string): Reply {
  const toolCalls = turn.tool_calls.map((call, index) => ({
    id: call.id ?? `call_${completionId.slice(9, 17)}_${index}`,
    name: call.name,
    arguments: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
  }))
  return { text: turn.text, toolCalls }
}

function scriptedError(error: NonNullable<ReadyTurn['error']>): ApiError {
  const type = error.status === 429 ? 'rate_limit_error' : undefined
  const failure = new ApiError(error.status, error.code, error.message, { type })
  if (error.retry_after !== undefined) failure.headers['retry-after'] = String(error.retry_after)
  return error.body === undefined ? failure : Object.assign(failure, { body: error.body })
}

function embeddings(body: unknown) {
  const request = parse(EmbeddingRequest, body)
  const texts = typeof request.input === 'string' ? [request.input] : request.input
  const data = texts.map((text, index) => {
    const vector = embed(text, request.dimensions)
    return { object: 'embedding', index, embedding: request.encoding_format === 'base64' ? toBase64(vector) : vector }
  })
  const tokens = Math.ceil(texts.join('').length / 4)
  return { object: 'list', model: request.model, data, usage: { prompt_tokens: tokens, total_tokens: tokens } }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request) {
    size += part.length
    if (size > MAX_BODY_BYTES) throw new ApiError(413, 'request_too_large', 'The request is larger than 16 MB')
    parts.push(part)
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'))
  } catch {
    throw new ApiError(400, 'invalid_json', 'The request is not valid JSON')
  }
}

function sendJson(response: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

function sendError(response: ServerResponse, error: unknown, log: DemoModelOptions['log']) {
  const known = error instanceof ApiError ? error : new ApiError(500, 'internal_error', 'The demo model failed')
  log?.({ message: known.message, status: known.status, error: error instanceof ApiError ? undefined : error })
  if (response.headersSent) response.destroy()
  else sendJson(response, known.body, known.status, known.headers)
}
