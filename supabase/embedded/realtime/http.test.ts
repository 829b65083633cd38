/** Broadcasts over HTTP, by the client's methods and by hand. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  Inbox,
  keys,
  startTestServer,
  subscribe,
  type TestServer,
  userToken,
} from '../../../tests/support/embedded/realtime-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

type Message = { event: string; payload: unknown }

async function listen(topic: string, vsn: string, isPrivate: boolean) {
  const inbox = new Inbox<Message>()
  const channel = (await server.client({ vsn, key: keys.secret }))
    .channel(topic, { config: { private: isPrivate } })
    .on('broadcast', { event: '*' }, inbox.add)
  expect(await subscribe(channel)).toEqual({ status: 'SUBSCRIBED' })
  return inbox
}

function post(body: unknown, headers: Record<string, string> = { apikey: keys.publishable }, path = '') {
  return fetch(`${server.url}/realtime/v1/api/broadcast${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

test('a batch reaches public and private topics', async () => {
  const [open, closed] = [await listen('open', '1.0.0', false), await listen('tenant:h', '2.0.0', true)]
  const token = await userToken({ tenant: 'h', writes: 'true' })
  const response = await post(
    {
      messages: [
        { topic: 'open', event: 'a', payload: { n: 1 } },
        { topic: 'open', event: 'b', payload: { n: 2 }, private: false },
        { topic: 'tenant:h', event: 'c', payload: { n: 3 }, private: true },
      ],
    },
    { apikey: keys.publishable, authorization: `Bearer ${token}` },
  )
  expect([response.status, await response.text()]).toEqual([202, ''])
  expect(await open.until(2)).toMatchObject([{ event: 'a', payload: { n: 1 } }, { event: 'b' }])
  expect(await closed.until(1)).toMatchObject([{ event: 'c', payload: { n: 3 } }])
})

test('httpSend and send of the client', async () => {
  const token = await userToken({ tenant: 's', writes: 'true' })
  const sender = (await server.client({ token })).channel('tenant:s', { config: { private: true } })
  const inboxes = [await listen('tenant:s', '1.0.0', true), await listen('tenant:s', '2.0.0', true)]
  expect(await sender.httpSend('größe', { text: 'ü' })).toEqual({ success: true })
  expect(await sender.httpSend('bytes', new Uint8Array([1, 2, 3]).buffer)).toEqual({ success: true })
  expect(await sender.send({ type: 'broadcast', event: 'fallback', payload: { n: 1 } })).toBe('ok')
  expect((await inboxes[0]!.until(2)).map(({ event }) => event)).toEqual(['größe', 'fallback'])
  const [text, bytes] = await inboxes[1]!.until(3)
  expect(text).toMatchObject({ event: 'größe', payload: { text: 'ü' } })
  expect([...new Uint8Array(bytes!.payload as ArrayBuffer)]).toEqual([1, 2, 3])

  const reader = (await server.client({ token: await userToken({ tenant: 's' }) })).channel('tenant:s', {
    config: { private: true },
  })
  await expect(reader.httpSend('no', {})).rejects.toThrow('You do not have permissions to write')
  await expect(sender.httpSend('kept', {}, { persist: true })).rejects.toThrow('PersistNotSupported')
})

test('the secret key may write anywhere', async () => {
  const inbox = await listen('tenant:x', '2.0.0', true)
  const body = { messages: [{ topic: 'tenant:x', event: 'e', payload: {}, private: true }] }
  expect((await post(body)).status).toBe(403)
  expect((await post(body, { apikey: keys.secret })).status).toBe(202)
  expect((await post(body, { authorization: `Bearer ${keys.secret}` })).status).toBe(202)
  await inbox.until(2)
})

const message = { topic: 't', event: 'e', payload: {} }
test.each([
  ['{', 400, 'Body is not JSON'],
  [{}, 422, /^messages: /],
  [{ messages: [] }, 422, "messages: can't be blank"],
  [{ messages: [{ ...message, topic: '' }] }, 422, "messages.0.topic: can't be blank"],
  [{ messages: [message, { ...message, payload: 'text' }] }, 422, /^messages.1.payload: /],
  [{ messages: [{ topic: 't', payload: {} }] }, 422, /^messages.0.event: /],
  [{ messages: [{ ...message, payload: { text: 'x'.repeat(3_000_001) } }] }, 413, /larger than/],
])('refused: %.60j', async (body, status, text) => {
  const response = await post(body)
  expect(response.status).toBe(status)
  const answer = (await response.json()) as { message: string; error: string }
  expect(answer.message).toMatch(text)
  expect(answer.error).toBe(answer.message)
})

test('no key, a wrong key, a wrong path, a wrong method, a wrong type', async () => {
  const body = { messages: [message] }
  expect((await post(body, {})).status).toBe(401)
  expect((await post(body, { apikey: 'wrong' })).status).toBe(401)
  expect((await post(body, { apikey: keys.publishable, authorization: 'Bearer wrong' })).status).toBe(401)
  expect((await post({}, { apikey: keys.publishable }, '/t/events')).status).toBe(404)
  expect((await post({}, { apikey: keys.publishable }, '/%/events/e')).status).toBe(400)
  expect((await post('x', { apikey: keys.publishable, 'content-type': 'text/plain' }, '/t/events/e')).status).toBe(415)
  expect((await fetch(`${server.url}/realtime/v1/api/broadcast`)).status).toBe(405)
})

test('health', async () => {
  for (const path of ['health', 'tenants/realtime-dev/health']) {
    const response = await fetch(`${server.url}/realtime/v1/api/${path}`)
    expect([response.status, await response.json()]).toEqual([200, { data: { healthy: true, db_connected: true } }])
  }
})
