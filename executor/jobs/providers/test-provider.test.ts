/** Protects: the test of a model provider tells the truth about each step, and what to do. Real servers on this machine. */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { openOutgoing } from '../../outgoing/outgoing.ts'
import { reach } from '../../outgoing/reach.ts'
import { openAiModels } from '../../runs/model/openai-client.ts'
import { testProvider } from './test-provider.ts'

const servers: Server[] = []
afterEach(() => Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done)))))

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise((done) => server.once('listening', done))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function tested(host: string, options: { apiKey?: string; model?: string; allowed?: string } = {}) {
  const outgoing = openOutgoing(reach(new Set([options.allowed ?? host])))
  try {
    const endpoint = {
      baseUrl: `http://${host}/v1`,
      apiKey: options.apiKey ?? '',
      model: options.model ?? null,
      leaveOut: [],
    }
    const openModel = openAiModels({ send: outgoing.fetch })
    const result = await testProvider(endpoint, { send: outgoing.fetch, openModel })
    return { ...result, states: result.steps.map(({ state }) => state), messages: result.steps.map((it) => it.message) }
  } finally {
    await outgoing.close()
  }
}

const models = { data: [{ id: 'small' }, { id: 'large' }] }
const chunk = (delta: object, more: object = {}) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta, ...more }] })}\n\n`
const call = chunk({
  tool_calls: [{ index: 0, id: 'x', type: 'function', function: { name: 'add_numbers', arguments: '{"a":2,"b":3}' } }],
})
const end = `${chunk({}, { finish_reason: 'stop' })}data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 40, completion_tokens: 7 } })}\n\ndata: [DONE]\n\n`

/** A model server that answers calls with these events. `seen` collects what it was asked. */
function modelServer(events: string, seen: { auth?: string | undefined; path?: string | undefined }[] = []) {
  return serve((request, response) => {
    seen.push({ auth: request.headers.authorization, path: request.url })
    request.resume()
    if (request.url === '/v1/models') return response.end(JSON.stringify(models))
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(events)
  })
}

test('a good server: reached, models found, a call with a tool, and its tokens', async () => {
  const seen: { auth?: string; path?: string }[] = []
  const host = await modelServer(call + end, seen)
  const result = await tested(host, { apiKey: 'key-1', model: 'large' })
  expect(result).toMatchObject({
    states: ['ok', 'ok', 'ok', 'ok'],
    models: ['small', 'large'],
    model: 'large',
    input_tokens: 40,
    output_tokens: 7,
  })
  expect(seen).toEqual([
    { auth: 'Bearer key-1', path: '/v1/models' },
    { auth: 'Bearer key-1', path: '/v1/chat/completions' },
  ])
})

test('without a model, the first of the list is called', async () => {
  expect(await tested(await modelServer(call + end))).toMatchObject({
    model: 'small',
    states: ['ok', 'ok', 'ok', 'ok'],
  })
})

test('a model that answers without calling the tool', async () => {
  const result = await tested(await modelServer(chunk({ content: 'Five.' }) + end))
  expect(result.states).toEqual(['ok', 'ok', 'ok', 'failed'])
  expect(result.messages[3]).toMatch(/did not call the tool.*choose a model that can/)
})

test('nothing listens there', async () => {
  const host = await serve(() => {})
  await new Promise((done) => servers.splice(0)[0]!.close(done))
  const result = await tested(host)
  expect(result.states).toEqual(['failed', 'skipped', 'skipped', 'skipped'])
  expect(result.messages[0]).toBe(`Nothing answers at ${host}. Start the server there, and check the port.`)
})

test('an address inside that the operator did not list gets no request', async () => {
  const seen: object[] = []
  const host = await modelServer(call + end, seen)
  const result = await tested(host, { allowed: '127.0.0.1:9' })
  expect(result.states).toEqual(['failed', 'skipped', 'skipped', 'skipped'])
  expect(result.messages[0]).toMatch(/INTERNAL_HOSTS/)
  expect(seen).toEqual([])
})

test.each([
  ['', /wants an API key/],
  ['wrong', /refused the API key/],
])('a server that refuses the key "%s", and never repeats it', async (apiKey, words) => {
  const host = await serve((request, response) => {
    request.resume()
    response.writeHead(401, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: { message: `Incorrect API key provided: ${request.headers.authorization}` } }))
  })
  const result = await tested(host, { apiKey, model: 'm' })
  expect(result.states).toEqual(['ok', 'failed', 'failed', 'skipped'])
  expect(result.messages[1]).toMatch(words)
  expect(JSON.stringify(result)).not.toContain('Bearer')
})

test.each([
  ['no list', 404, '{}', /most end in \/v1/],
  ['a web page', 200, '<html>Welcome</html>', /not a list of models/],
  ['another shape', 200, '{"data": 3}', /not a list of models/],
  ['no models', 200, '{"data": []}', /lists no models/],
  ['an endless list', 200, `[${'"x",'.repeat(2_000_000)}"x"]`, /not a list of models/],
])('a server with %s: the model can be named by hand', async (_, status, body, words) => {
  const host = await serve((request, response) => {
    request.resume()
    if (request.url === '/v1/models') return response.writeHead(status).end(body)
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(call + end)
  })
  const unnamed = await tested(host)
  expect(unnamed.states).toEqual(['ok', 'failed', 'failed', 'skipped'])
  expect(unnamed.messages[1]).toMatch(words)
  expect(await tested(host, { model: 'by-hand' })).toMatchObject({ states: ['ok', 'failed', 'ok', 'ok'] })
})
