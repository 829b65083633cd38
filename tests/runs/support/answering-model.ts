/** A model server (OpenAI's protocol) whose answers a function of the test decides, with a context window if wanted. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SeenBody } from './platform.ts'

export interface Answer {
  text?: string
  calls?: { name: string; arguments: object }[]
}
export type AnswerTo = (asked: SeenBody) => Answer | Promise<Answer>

export interface AnsweringModel {
  url: string
  /** The requests that were answered, in order. */
  answered: SeenBody[]
  /** The tokens of the requests that did not fit. */
  refused: number[]
  close(): Promise<void>
}

/** Roughly as tokenizers count English text and JSON. */
const BYTES_PER_TOKEN = 4
const tokensOf = ({ messages, tools = [] }: SeenBody) =>
  Math.ceil(Buffer.byteLength(JSON.stringify([messages, tools])) / BYTES_PER_TOKEN)

/** Refuses prompts of more than `window` tokens in the words of OpenAI. */
export async function startAnsweringModel(
  answerTo: AnswerTo,
  window = Number.POSITIVE_INFINITY,
): Promise<AnsweringModel> {
  const answered: SeenBody[] = []
  const refused: number[] = []
  const server = createServer(async (request, response) => {
    const body = (await readJson(request)) as SeenBody
    const tokens = tokensOf(body)
    if (tokens > window) {
      refused.push(tokens)
      return refuse(
        response,
        `This model's maximum context length is ${window} tokens. However, your messages resulted in ${tokens} tokens.`,
      )
    }
    answered.push(body)
    stream(response, await answerTo(body), tokens)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    answered,
    refused,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += chunk
  return JSON.parse(text)
}

function refuse(response: ServerResponse, message: string): void {
  response.writeHead(400, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ error: { message, type: 'invalid_request_error', code: 'context_length_exceeded' } }))
}

let nextCall = 0
function stream(response: ServerResponse, { text = '', calls = [] }: Answer, prompt_tokens: number): void {
  const tool_calls = calls.map((call, index) => ({
    index,
    id: `call_${nextCall++}`,
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  }))
  const delta = { role: 'assistant', content: text, ...(tool_calls.length > 0 && { tool_calls }) }
  const finish_reason = tool_calls.length > 0 ? 'tool_calls' : 'stop'
  const usage = { prompt_tokens, completion_tokens: 10, total_tokens: prompt_tokens + 10 }
  const chunks = [
    { choices: [{ index: 0, delta, finish_reason: null }] },
    { choices: [{ index: 0, delta: {}, finish_reason }], usage },
  ]
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const chunk of chunks)
    response.write(`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', ...chunk })}\n\n`)
  response.end('data: [DONE]\n\n')
}
