/** Frames on the wire, which a client would hide, and frames that the server refuses. */
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import {
  Inbox,
  keys,
  startTestServer,
  type TestServer,
  userToken,
} from '../../../tests/support/embedded/realtime-server.ts'
import {
  CHANNELS_PER_SOCKET,
  FRAMES_BURST,
  JOINS_PER_SECOND,
  MAX_BUFFERED_BYTES,
  MAX_FRAME_BYTES,
  PING_EVERY_MS,
} from './limits.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

async function open(query = `apikey=${keys.publishable}&vsn=2.0.0`, options: ClientOptions = {}) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/realtime/v1/websocket?${query}`, options)
  const inbox = new Inbox<unknown>()
  socket.on('message', (data, binary) => inbox.add(binary ? data : JSON.parse(String(data))))
  const closed = new Promise((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }))
  })
  await once(socket, 'open')
  return { socket, inbox, closed, send: (frame: unknown) => socket.send(JSON.stringify(frame)) }
}

const reply = (joinRef: string | null, ref: string, topic: string, status: string, response: unknown = {}) => [
  joinRef,
  ref,
  topic,
  'phx_reply',
  { status, response },
]

const systemError = (topic: string, message: string) => [
  null,
  null,
  `realtime:${topic}`,
  'system',
  { extension: 'system', status: 'error', message, channel: topic },
]

test('heartbeat, join, leave, and frames to a topic that nobody joined', async () => {
  const { inbox, send } = await open()
  send([null, '1', 'phoenix', 'heartbeat', {}])
  send(['2', '2', 'realtime:a', 'phx_join', { config: {} }])
  send(['2', '3', 'realtime:a', 'phx_leave', {}])
  send(['2', '4', 'realtime:a', 'broadcast', {}])
  send(['2', '5', 'realtime:a', 'phx_leave', {}])
  send(['6', '6', 'elsewhere', 'phx_join', {}])
  send(['7', '7', 'realtime:', 'phx_join', {}])
  const frames = await inbox.until(8)
  expect(frames).toContainEqual(reply(null, '1', 'phoenix', 'ok'))
  const unmatched = { reason: 'unmatched topic' }
  expect(frames).toContainEqual(reply('6', '6', 'elsewhere', 'error', unmatched))
  const nameless = { reason: 'TopicNameRequired: You must provide a topic name' }
  expect(frames).toContainEqual(reply('7', '7', 'realtime:', 'error', nameless))
  expect(frames.filter((frame) => (frame as unknown[])[2] === 'realtime:a')).toEqual([
    reply('2', '2', 'realtime:a', 'ok', { postgres_changes: [] }),
    reply('2', '3', 'realtime:a', 'ok'),
    ['2', '2', 'realtime:a', 'phx_close', {}],
    reply('2', '4', 'realtime:a', 'error', unmatched),
    reply('2', '5', 'realtime:a', 'ok'),
  ])
})

test('the old protocol: objects instead of arrays', async () => {
  const { inbox, send } = await open(`apikey=${keys.publishable}`)
  send({ topic: 'realtime:old', event: 'phx_join', payload: { config: { broadcast: { self: 'true' } } }, ref: '1' })
  send({ topic: 'realtime:old', event: 'broadcast', payload: { type: 'broadcast', event: 'x', payload: {} }, ref: '2' })
  expect(await inbox.until(2)).toEqual([
    {
      topic: 'realtime:old',
      event: 'phx_reply',
      payload: { status: 'ok', response: { postgres_changes: [] } },
      ref: '1',
    },
    { topic: 'realtime:old', event: 'broadcast', payload: { type: 'broadcast', event: 'x', payload: {} }, ref: null },
  ])
})

test('joining the same topic again closes the old channel', async () => {
  const { inbox, send } = await open()
  send(['1', '1', 'realtime:twice', 'phx_join', { config: { broadcast: { self: true } } }])
  await inbox.until(1)
  send(['2', '2', 'realtime:twice', 'phx_join', { config: { broadcast: { self: true } } }])
  send(['1', '3', 'realtime:twice', 'broadcast', { event: 'of the old channel' }])
  send(['2', '4', 'realtime:twice', 'broadcast', { event: 'of the new channel' }])
  expect((await inbox.until(4)).slice(1)).toEqual([
    ['1', '1', 'realtime:twice', 'phx_close', {}],
    reply('2', '2', 'realtime:twice', 'ok', { postgres_changes: [] }),
    [null, null, 'realtime:twice', 'broadcast', { event: 'of the new channel' }],
  ])
})

test('the echo of postgres_changes keeps what the client sent', async () => {
  const { inbox, send } = await open()
  const bindings = [
    { event: 'INSERT', schema: 'public', table: 'notes', filter: 'id=eq.1' },
    { event: '*', schema: 'public', extra: 1 },
  ]
  send(['1', '1', 'realtime:echo', 'phx_join', { config: { postgres_changes: bindings } }])
  const [frame] = (await inbox.until(1)) as [[string, string, string, string, { response: unknown }]]
  expect(frame[4].response).toEqual({
    postgres_changes: bindings.map((binding) => ({ ...binding, id: expect.any(Number) })),
  })
})

test.each([
  ['{', 'frame is not JSON'],
  ['{}', 'expected [join_ref, ref, topic, event, payload]'],
  [Buffer.from([9, 9]), 'unknown binary frame'],
  [Buffer.from([3, 200, 0, 0, 0, 0, 1]), 'binary frame is cut short'],
  [Buffer.from([3, 0, 0, 0, 0, 0, 1, 123]), 'broadcast payload is not JSON'],
])('a frame that makes no sense ends the connection: %j', async (frame, reason) => {
  const { socket, closed } = await open()
  socket.send(frame)
  expect(await closed).toEqual({ code: 1007, reason })
})

test('a frame that is too large ends the connection', async () => {
  const { socket, closed } = await open()
  socket.send('x'.repeat(MAX_FRAME_BYTES + 1))
  expect(await closed).toMatchObject({ code: 1009 })
})

test('too many channels', async () => {
  const { inbox, send } = await open()
  for (let n = 0; n < CHANNELS_PER_SOCKET; n++) {
    send([`${n}`, `${n}`, `realtime:c${n}`, 'phx_join', {}])
    await inbox.until(n + 1)
  }
  send(['o', 'o', 'realtime:over', 'phx_join', {}])
  const over = { reason: 'ChannelRateLimitReached: Too many channels' }
  expect((await inbox.until(CHANNELS_PER_SOCKET + 1)).at(-1)).toEqual(reply('o', 'o', 'realtime:over', 'error', over))
})

test('too many messages', async () => {
  const { inbox, send } = await open()
  send(['1', '1', 'realtime:full', 'phx_join', {}])
  await inbox.until(1)
  for (let n = 0; n < FRAMES_BURST * 3; n++) send(['1', null, 'realtime:full', 'broadcast', { event: 'x' }])
  expect((await inbox.until(3)).slice(1, 3)).toEqual([
    systemError('full', 'Too many messages per second'),
    ['1', '1', 'realtime:full', 'phx_close', {}],
  ])
})

test('too many joins', async () => {
  const { send, closed } = await open()
  for (let n = 0; n < JOINS_PER_SECOND * 10; n++) send(['j', `j${n}`, 'nowhere', 'phx_join', {}])
  for (let n = 0; n < JOINS_PER_SECOND * 10; n++) send(['j', `j${n}`, 'realtime:over', 'phx_join', {}])
  expect(await closed).toEqual({ code: 1008, reason: 'too many joins per second' })
})

test('presence that changes too often ends the channel', async () => {
  const { inbox, send } = await open()
  send(['1', '1', 'realtime:busy', 'phx_join', {}])
  for (let n = 0; n < 6; n++) send(['1', `t${n}`, 'realtime:busy', 'presence', { event: 'track', payload: { n } }])
  await expect.poll(() => inbox.items).toContainEqual(['1', '1', 'realtime:busy', 'phx_close', {}])
  expect(JSON.stringify(inbox.items)).toContain('Client presence rate limit exceeded')
})

test.each([
  ['', 401],
  ['apikey=wrong', 401],
  [`apikey=${keys.publishable}&vsn=3.0.0`, 400],
])('a connection with "%s" is refused with %i', async (query, status) => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/realtime/v1/websocket?${query}`)
  socket.on('error', () => {})
  const [, response] = await once(socket, 'unexpected-response')
  expect(response.statusCode).toBe(status)
})

test('a signed key opens a connection with its role; an expired one does not', async () => {
  const { inbox, send } = await open(`apikey=${await userToken({ tenant: 'k' })}&vsn=2.0.0`)
  send(['1', '1', 'realtime:tenant:k', 'phx_join', { config: { private: true }, access_token: keys.publishable }])
  expect(await inbox.until(1)).toEqual([reply('1', '1', 'realtime:tenant:k', 'ok', { postgres_changes: [] })])
  await expect(open(`apikey=${await userToken({}, -1)}`)).rejects.toThrow('401')
})

test('a problem with an access token is sent as a system message', async () => {
  const { inbox, send } = await open()
  send(['1', '1', 'realtime:t', 'phx_join', {}])
  send(['1', '2', 'realtime:t', 'access_token', { access_token: keys.secret }])
  send(['1', '3', 'realtime:t', 'access_token', { access_token: null }])
  send(['1', '4', 'realtime:t', 'access_token', { access_token: 'nonsense' }])
  expect((await inbox.until(3)).slice(1)).toEqual([
    systemError('t', 'The token provided is not a valid JWT'),
    ['1', '1', 'realtime:t', 'phx_close', {}],
  ])
})

test('a client that reads too slowly is disconnected, and the others are not', async () => {
  const [slow, fast] = [await open(), await open()]
  for (const { send, inbox } of [slow, fast]) {
    send(['1', '1', 'realtime:flood', 'phx_join', {}])
    await inbox.until(1)
  }
  slow.socket.pause()
  const body = JSON.stringify({
    messages: [{ topic: 'flood', event: 'x', payload: { text: 'x'.repeat(2_000_000) } }],
  })
  const rounds = Math.ceil(MAX_BUFFERED_BYTES / 2_000_000) * 3
  for (let n = 0; n < rounds; n++) {
    await fetch(`${server.url}/realtime/v1/api/broadcast`, {
      method: 'POST',
      headers: { apikey: keys.publishable, 'content-type': 'application/json' },
      body,
    })
  }
  await fast.inbox.until(rounds + 1)
  expect(server.logs.map(({ msg }) => msg)).toContain('realtime: a client reads too slowly and was cut off')
  slow.socket.resume()
  expect(await slow.closed).toMatchObject({ code: 1006 })
  fast.socket.terminate()
})

test('a socket that does not answer pings is dead', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    const [dead, living] = [await open(undefined, { autoPong: false }), await open()]
    vi.advanceTimersByTime(PING_EVERY_MS)
    await once(living.socket, 'ping')
    living.send([null, '1', 'phoenix', 'heartbeat', {}])
    await living.inbox.until(1) // by now the pong has arrived as well
    vi.advanceTimersByTime(PING_EVERY_MS)
    expect(await dead.closed).toMatchObject({ code: 1006 })
    expect(living.socket.readyState).toBe(WebSocket.OPEN)
    living.socket.terminate()
  } finally {
    vi.useRealTimers()
  }
})
