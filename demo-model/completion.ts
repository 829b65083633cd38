/** One reply as OpenAI sends it: a JSON object, or a stream of server-sent events. */
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reply, Usage } from './protocol.ts'

/** How the reply travels, faults included. */
export interface Delivery {
  usage: Usage
  finishReason: string
  /** Milliseconds before each chunk. */
  chunkDelayMs: number
  /** Characters of text or arguments in one chunk. */
  chunkSize: number
  /** Stops after this many chunks: `end` closes the stream without a finish, `destroy` resets the connection. */
  cut?: { after_chunks: number; how: 'end' | 'destroy' }
}

export interface Head {
  id: string
  created: number
  model: string
}

export function completion(head: Head, reply: Reply, delivery: Delivery) {
  const message = {
    role: 'assistant',
    content: reply.text || null,
    refusal: null,
    ...(reply.toolCalls.length > 0 && { tool_calls: reply.toolCalls.map(wireCall) }),
  }
  return {
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: delivery.finishReason }],
    usage: delivery.usage,
  }
}

/** Writes the whole stream; returns early when the reader has gone. */
export async function streamCompletion(
  response: ServerResponse,
  head: Head,
  reply: Reply,
  delivery: Delivery,
  includeUsage: boolean,
) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  response.flushHeaders()
  let sent = 0
  for (const chunk of chunks(head, reply, delivery, includeUsage)) {
    if (delivery.cut && sent === delivery.cut.after_chunks) {
      if (delivery.cut.how === 'destroy') response.destroy()
      else response.end()
      return
    }
    if (delivery.chunkDelayMs > 0) await sleep(delivery.chunkDelayMs)
    if (response.destroyed) return
    response.write(`data: ${JSON.stringify(chunk)}\n\n`)
    sent++
  }
  response.end('data: [DONE]\n\n')
}

function* chunks(head: Head, reply: Reply, delivery: Delivery, includeUsage: boolean) {
  const choice = (delta: unknown, finish_reason: string | null = null) => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    ...(includeUsage && { usage: null }),
  })
  yield choice({ role: 'assistant', content: '' })
  for (const content of pieces(reply.text, delivery.chunkSize)) yield choice({ content })
  for (const [index, call] of reply.toolCalls.entries()) {
    const open = { name: call.name, arguments: '' }
    yield choice({ tool_calls: [{ index, id: call.id, type: 'function', function: open }] })
    for (const part of pieces(call.arguments, delivery.chunkSize)) {
      yield choice({ tool_calls: [{ index, function: { arguments: part } }] })
    }
  }
  yield choice({}, delivery.finishReason)
  if (includeUsage) yield { ...head, object: 'chat.completion.chunk', choices: [], usage: delivery.usage }
}

function wireCall(call: Reply['toolCalls'][number]) {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: call.arguments } }
}

/** Splits by whole characters, so that no piece ends inside a surrogate pair. */
function* pieces(text: string, size: number) {
  const characters = [...text]
  for (let at = 0; at < characters.length; at += size) yield characters.slice(at, at + size).join('')
}
