/** Protects: the platform reads answers as real servers send them, byte for byte, and survives hostile ones. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setInterval } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LeaveOut } from '../../../contracts/api.ts'
import { addScript, scriptRequests } from '../../../demo-model/client.ts'
import type { Turn } from '../../../demo-model/scripts.ts'
import { type DemoModel, startDemoModel } from '../../../demo-model/server.ts'
import type { Message, ModelRequest } from './model-client.ts'
import { openAiModels } from './openai-client.ts'

let server: DemoModel
beforeAll(async () => {
  server = await startDemoModel()
})
afterAll(() => server.close())

type Raw = NonNullable<Turn['raw']>
const timeouts = { firstTokenMs: 2_000, idleMs: 2_000, afterEndMs: 100, totalMs: 10_000 }

async function ask(turns: Turn[], more: Partial<ModelRequest> = {}, leaveOut: LeaveOut[] = []) {
  const model = await addScript(server.url, turns)
  const request: ModelRequest = {
    model,
    from: `test/${model}`,
    messages: [{ role: 'user', content: 'Hi' }],
    tools: [],
    maxOutputTokens: 1_000,
    traceId: 't',
    ...more,
  }
  const client = openAiModels({ timeouts })({ baseUrl: server.url, apiKey: '', leaveOut })
  const complete = () => client.complete(request, { signal: AbortSignal.any([]), onDelta: () => {}, onCut: () => {} })
  const requests = async () =>
    (await scriptRequests(server.url, model)).map(({ body }) => body as Record<string, unknown>)
  return { complete, requests }
}

const answerTo = async (raw: Raw, more?: Partial<ModelRequest>) => (await ask([{ raw }], more)).complete()

const event = (body: object) => `data: ${JSON.stringify(body)}\n\n`
const chunk = (delta: object, finish_reason: string | null = null) =>
  event({ choices: [{ index: 0, delta, finish_reason }] })
const usage = (prompt_tokens: unknown, completion_tokens: unknown) =>
  event({ choices: [], usage: { prompt_tokens, completion_tokens } })
const done = 'data: [DONE]\n\n'
const stream = (...events: string[]): Raw => ({ body: [...events, done].join('') })
const hello = (...end: string[]) => stream(chunk({ content: 'Hello' }), ...end)

const A = '{"path":"a.txt","content":"a","mode":"overwrite"}'
const B = '{"path":"b.txt","content":"b","mode":"overwrite"}'
const writeFile = (piece: object, args: unknown) => ({
  ...piece,
  type: 'function',
  function: { name: 'write_file', arguments: args },
})
const calls = (...pieces: object[]) => chunk({ tool_calls: pieces })
const end = chunk({}, 'tool_calls')

describe('tool calls', () => {
  it.each<[string, Raw, string[]]>([
    [
      'all with index 0 and ids of their own',
      stream(calls(writeFile({ index: 0, id: 'x1' }, A)), calls(writeFile({ index: 0, id: 'x2' }, B)), end),
      [A, B],
    ],
    [
      'all with index 0 and without an id',
      stream(calls(writeFile({ index: 0 }, A)), calls(writeFile({ index: 0 }, B)), end),
      [A, B],
    ],
    ['with neither index nor id', stream(calls(writeFile({}, A)), calls(writeFile({}, B)), end), [A, B]],
    [
      'with text beside one without index and id',
      stream(chunk({ content: 'I will write it.' }), calls(writeFile({}, A)), end),
      [A],
    ],
    [
      'with the same id in every piece',
      stream(
        calls(writeFile({ index: 0, id: 'x1' }, A.slice(0, 9))),
        calls({ index: 0, id: 'x1', function: { arguments: A.slice(9) } }),
        end,
      ),
      [A],
    ],
    [
      'with the name in every piece',
      stream(
        calls(writeFile({ index: 0, id: 'x1' }, A.slice(0, 9))),
        calls(writeFile({ index: 0, id: 'x1' }, A.slice(9))),
        end,
      ),
      [A],
    ],
    [
      'with an id and no index in every piece',
      stream(
        calls(writeFile({ id: 'x1' }, A.slice(0, 9))),
        calls({ id: 'x1', function: { arguments: A.slice(9) } }),
        calls(writeFile({ id: 'x2' }, B)),
        end,
      ),
      [A, B],
    ],
    ['with arguments as an object', stream(calls(writeFile({ index: 0, id: 'x1' }, JSON.parse(A))), end), [A]],
    [
      'sent whole a second time',
      stream(calls(writeFile({ index: 0, id: 'x1' }, A)), calls(writeFile({ index: 0, id: 'x1' }, A)), end),
      [A],
    ],
    [
      'in `message` instead of `delta`',
      stream(
        event({ choices: [{ message: { tool_calls: [writeFile({ id: 'x1' }, A)] }, finish_reason: 'tool_calls' }] }),
      ),
      [A],
    ],
    [
      'in the old form `function_call`',
      stream(
        chunk({ function_call: { name: 'write_file', arguments: A.slice(0, 9) } }),
        chunk({ function_call: { arguments: A.slice(9) } }),
        chunk({}, 'function_call'),
      ),
      [A],
    ],
    ['with an index far away', stream(calls(writeFile({ index: 4_294_967_290, id: 'x1' }, A)), end), [A]],
    [
      'with an index that is a name of JavaScript',
      stream(calls(writeFile({ index: '__proto__', id: 'x1' }, A)), end),
      [A],
    ],
    ['with an index below zero', stream(calls(writeFile({ index: -1, id: 'x1' }, A)), end), [A]],
    [
      'with the same id and two numbers',
      stream(calls(writeFile({ index: 0, id: 'x' }, A), writeFile({ index: 1, id: 'x' }, B)), end),
      [A, B],
    ],
    ['beside junk', stream(calls(7 as never, writeFile({ index: 0, id: 'x1' }, A), null as never), end), [A]],
  ])('%s are read', async (_, raw, expected) => {
    const { toolCalls } = await answerTo(raw)
    expect(toolCalls.map((call) => [call.name, call.arguments])).toEqual(expected.map((args) => ['write_file', args]))
    expect(Object.keys(Array.prototype)).toEqual([])
  })

  it('without end are refused', async () => {
    const many = calls(...Array.from({ length: 20_000 }, (_, index) => writeFile({ index, id: `x${index}` }, '{}')))
    await expect(answerTo(stream(many, end))).rejects.toMatchObject({ code: 'model_bad_answer', isRetryable: false })
  })
})

describe('text', () => {
  it.each<[string, Raw, string]>([
    ['the reason to end is overwritten by an empty one', hello(chunk({}, 'stop'), chunk({}, '')), ''],
    ['no reason to end is given', hello(), ''],
    ['the reason to end is empty', hello(chunk({}, '')), ''],
    [
      'content is a list of parts',
      stream(
        chunk({
          content: [
            { type: 'thinking', thinking: 'hm' },
            { type: 'text', text: 'Hello' },
          ],
        }),
        chunk({}, 'stop'),
      ),
      'hm',
    ],
    [
      'thinking is a list of parts',
      stream(
        chunk({
          content: [
            { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
            { type: 'text', text: 'Hello' },
          ],
        }),
        chunk({}, 'stop'),
      ),
      'hm',
    ],
    [
      'thoughts stand between tags',
      stream(
        chunk({ content: '<thi' }),
        chunk({ content: 'nk>\nsecret musing</' }),
        chunk({ content: 'think>\n\nHel' }),
        chunk({ content: 'lo' }, 'stop'),
      ),
      '\nsecret musing',
    ],
    [
      'thoughts come as reasoning_content',
      stream(chunk({ reasoning_content: 'h' }), chunk({ reasoning_content: 'm' }), chunk({ content: 'Hello' }, 'stop')),
      'hm',
    ],
    ['thoughts come as reasoning', stream(chunk({ reasoning: 'hm' }), chunk({ content: 'Hello' }, 'stop')), 'hm'],
    [
      'comments stand between the events',
      stream(': keep-alive\n\n', chunk({ content: 'Hello' }), ': keep-alive\n\n', chunk({}, 'stop')),
      '',
    ],
    ['the connection stays open after the last word', { ...hello(chunk({}, 'stop')), stays_open: true }, ''],
    [
      'it stays open without a mark of the end',
      { body: [chunk({ content: 'Hello' }), chunk({}, 'stop')].join(''), stays_open: true },
      '',
    ],
    [
      'the server does not stream',
      {
        body: JSON.stringify({
          choices: [{ message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
        }),
        content_type: 'application/json',
      },
      '',
    ],
  ])('is whole where %s', async (_, raw, thinking) => {
    expect(await answerTo(raw)).toMatchObject({ text: 'Hello', thinking, isCut: false })
  })

  it.each(['length', 'max_tokens', 'MAX_TOKENS'])('that ends by %s is cut', async (reason) => {
    expect(await answerTo(hello(chunk({}, reason)))).toMatchObject({ text: 'Hello', isCut: true })
  })

  it('that ends by an error is none', async () => {
    await expect(answerTo(hello(chunk({}, 'error')))).rejects.toMatchObject({ code: 'model_unavailable' })
  })

  it('without end is cut off where more comes than was asked for', async () => {
    const raw = { body: chunk({ content: 'x'.repeat(1_000) }), repeat: 100_000 }
    const { text, isCut } = await answerTo(raw, { maxOutputTokens: 100 })
    expect(isCut).toBe(true)
    expect(text.length).toBeLessThan(200_000)
  })

  it('in one event without end is refused', async () => {
    const raw = { body: `data: ${'x'.repeat(100_000)}`, repeat: 1_000 }
    await expect(answerTo(raw)).rejects.toMatchObject({ code: 'model_bad_answer' })
  })
})

it.each<[unknown, unknown, object | undefined]>([
  [10, 5, { inputTokens: 10, outputTokens: 5 }],
  [10, null, undefined],
  [-1, -1, undefined],
  [1.5, 2, undefined],
  ['10', 5, undefined],
  [1e15, 5, undefined],
])('usage of %j and %j tells %j', async (prompt, completion, expected) => {
  const { text, usage: told } = await answerTo(hello(chunk({}, 'stop'), usage(prompt, completion)))
  expect(text).toBe('Hello')
  expect(told).toEqual(expected)
})

describe('what is no stream', () => {
  it.each<[string, Raw, object]>([
    [
      'a web page',
      { body: '<html>Hi</html>', content_type: 'text/html' },
      { code: 'model_bad_answer', message: expect.stringMatching(/web page.*base URL/) },
    ],
    [
      'NDJSON',
      { body: '{}\n', content_type: 'application/x-ndjson' },
      { code: 'model_bad_answer', message: expect.stringContaining('NDJSON') },
    ],
    ['JSON that is none', { body: 'oops', content_type: 'application/json' }, { code: 'model_bad_answer' }],
    [
      'nothing at this path',
      { body: '404 page not found', status: 404, content_type: 'text/plain' },
      { code: 'model_bad_endpoint', message: expect.stringContaining('base URL') },
    ],
    [
      'a page that says not found',
      { body: '<html>Not Found</html>', status: 404, content_type: 'text/html' },
      { code: 'model_bad_endpoint' },
    ],
  ])('%s is said', async (_, raw, failure) => {
    await expect(answerTo(raw)).rejects.toMatchObject({ ...failure, isRetryable: false })
  })

  it.each([
    ['an object', { error: { message: 'The disk is full.' } }],
    ['a text', { error: 'The disk is full.' }],
    ['a list', [{ error: { code: 400, message: 'The disk is full.' } }]],
    ['a detail', { detail: 'The disk is full.' }],
    ['a list of details', { detail: [{ loc: ['body'], msg: 'The disk is full.' }] }],
    ['a message alone', { message: 'The disk is full.' }],
  ])('an error in the shape of %s is shown in its words', async (_, body) => {
    const raw = { body: JSON.stringify(body), status: 400, content_type: 'application/json' }
    await expect(answerTo(raw)).rejects.toMatchObject({ message: expect.stringContaining('The disk is full.') })
  })

  it.each([
    [{ error: { code: 400, message: 'Bad request' } }, 'model_bad_request', false],
    [{ error: { code: 429, message: 'Slow down' } }, 'model_rate_limited', true],
    [{ error: { message: 'Something broke' } }, 'model_unavailable', true],
  ])('%j within a stream is %s', async (body, code, isRetryable) => {
    await expect(answerTo(stream(event(body)))).rejects.toMatchObject({ code, isRetryable })
  })
})

describe('a request that is refused', () => {
  const refusal = (message: string): Turn => ({
    error: { status: 400, code: 'invalid_request_error', message, times: 1 },
    text: 'Hello',
  })
  const tool = {
    type: 'function' as const,
    function: {
      name: 'x',
      description: 'x',
      parameters: {
        type: 'object',
        properties: { default: { type: 'string', minLength: 1 } },
        additionalProperties: false,
      },
    },
  }
  const plainParameters = { type: 'object', properties: { default: { type: 'string' } } }
  const messages: Message[] = [
    { role: 'user', content: 'Hi' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'x', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'a', content: 'x' },
    { role: 'user', content: 'Go on' },
  ]

  it.each<[string, string, object]>([
    [
      'max_tokens',
      "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
      { max_completion_tokens: 1_000, max_tokens: undefined },
    ],
    [
      'a limit that is too large',
      'max_tokens is too large: 1000. This model supports at most 400 completion tokens.',
      { max_tokens: 400 },
    ],
    ['temperature', "'temperature' does not support 0.5 with this model.", { temperature: undefined }],
    ['stream_options', 'Unknown field: stream_options', { stream_options: undefined }],
    [
      'a keyword of a schema',
      'Invalid JSON payload. Unknown name "additionalProperties"',
      {
        tools: [
          {
            ...tool,
            function: {
              ...tool.function,
              parameters: { type: 'object', properties: { default: { type: 'string', minLength: 1 } } },
            },
          },
        ],
      },
    ],
  ])('for %s is made once more without it, and remembered', async (_, message, body) => {
    const { complete, requests } = await ask([refusal(message)], { temperature: 0.5, messages, tools: [tool] })
    expect(await complete()).toMatchObject({ text: 'Hello' })
    expect(await complete()).toMatchObject({ text: 'Hello' })
    const seen = await requests()
    expect(seen).toHaveLength(3)
    for (const request of seen.slice(1)) expect(request).toEqual({ ...request, ...definedOf(body) })
    for (const key of undefinedOf(body)) expect(seen[2]).not.toHaveProperty(key)
  })

  it.each<[LeaveOut[], object]>([
    [['max_tokens'], { max_tokens: undefined, max_completion_tokens: 1_000 }],
    [['max_tokens', 'max_completion_tokens'], { max_tokens: undefined, max_completion_tokens: undefined }],
    [['temperature'], { temperature: undefined }],
    [['stream_options'], { stream_options: undefined }],
    [['null_content'], { messages: [messages[0], { ...messages[1], content: '' }, messages[2], messages[3]] }],
    [
      ['schema.additionalProperties', 'schema.minLength', 'schema.default'],
      { tools: [{ ...tool, function: { ...tool.function, parameters: plainParameters } }] },
    ],
  ])('for %j is never made where the settings leave that out', async (leaveOut, body) => {
    // the script has one answer, which a refused request would use up
    const { complete, requests } = await ask(
      [{ text: 'Hello' }],
      { temperature: 0.5, messages, tools: [tool] },
      leaveOut,
    )
    expect(await complete()).toMatchObject({ text: 'Hello' })
    const seen = await requests()
    expect(seen).toHaveLength(1)
    expect(seen[0]).toEqual({ ...seen[0], ...definedOf(body) })
    for (const key of undefinedOf(body)) expect(seen[0]).not.toHaveProperty(key)
  })

  it('for empty content is made once more with an empty text', async () => {
    const { complete, requests } = await ask([refusal('messages.1.content: expected string, received null')], {
      messages,
    })
    await complete().catch(() => {}) // to the script, this is another conversation, which it refuses as well
    expect((await requests()).map((body) => (body.messages as Message[])[1]?.content)).toEqual([null, ''])
  })

  it.each([
    "This model's maximum context length is 8192 tokens. However, you requested 9192 tokens (7192 in the messages, 2000 in the completion).",
    'request (7192 tokens) exceeds the available context size (8192 tokens), try increasing it',
  ])('for its length asks for a shorter answer: %s', async (message) => {
    const { complete, requests } = await ask([refusal(message)], { maxOutputTokens: 2_000 })
    expect(await complete()).toMatchObject({ text: 'Hello' })
    expect((await requests())[1]).toMatchObject({ max_tokens: 8192 - 7192 - 64 })
  })

  it.each([
    'the request exceeds the available context size. try increasing the context size or enable context shift',
    'Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough',
    'prompt is too long: 210000 tokens > 200000 maximum',
    'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
    'Please reduce the length of the messages or completion.',
    'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens',
    'the input length exceeds the context length',
    'too many tokens: total number of tokens cannot exceed 4081',
  ])('for its length is known by the words "%s"', async (message) => {
    const { complete } = await ask([{ error: { status: 400, code: 'bad', message } }])
    await expect(complete()).rejects.toMatchObject({ code: 'model_context_too_long' })
  })
})

it('sends fields of the provider back to it alone', async () => {
  const own = { from: 'p/m', fields: { reasoning_content: 'hm' }, calls: [{ extra_content: { signature: 's' } }] }
  const call = { id: 'a', type: 'function' as const, function: { name: 'x', arguments: '{}' } }
  const messages: Message[] = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: null, tool_calls: [call], own },
    { role: 'tool', tool_call_id: 'a', content: 'x' },
    { role: 'user', content: 'Go on' },
  ]
  const seen = []
  for (const from of ['p/m', 'other/m']) {
    const { complete, requests } = await ask([{ text: 'Hello' }], { from, messages })
    await complete()
    seen.push((await requests())[0]?.messages as object[])
  }
  expect(seen[0]?.[1]).toEqual({
    role: 'assistant',
    content: null,
    reasoning_content: 'hm',
    tool_calls: [{ ...call, extra_content: { signature: 's' } }],
  })
  expect(seen[1]?.[1]).toEqual({ role: 'assistant', content: null, tool_calls: [call] })
})

const definedOf = (body: object) => Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
const undefinedOf = (body: object) =>
  Object.keys(body).filter((key) => (body as Record<string, unknown>)[key] === undefined)

it('comments that keep the connection alive are life, however long the answer takes', async () => {
  const timeouts = { firstTokenMs: 1_500, idleMs: 1_500, afterEndMs: 100, totalMs: 30_000 }
  const COMMENTS = 20
  const server = createServer(async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for await (const _tick of setInterval(150, undefined)) {
      response.write(': keep-alive\n\n')
      if (++sent === COMMENTS) break
    }
    response.end(hello(chunk({}, 'stop')).body)
  }).listen(0, '127.0.0.1')
  let sent = 0
  await once(server, 'listening')
  try {
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const request = { model: 'm', from: 'test/m', messages: [{ role: 'user' as const, content: 'Hi' }], tools: [] }
    const answer = openAiModels({ timeouts })({ baseUrl, apiKey: '' }).complete(
      { ...request, maxOutputTokens: 100, traceId: 't' },
      { signal: AbortSignal.any([]), onDelta: () => {}, onCut: () => {} },
    )
    expect(await answer).toMatchObject({ text: 'Hello' })
    expect(sent).toBe(COMMENTS)
  } finally {
    server.close()
  }
})
