/**
 * Protects: rate limits, tracing, logs and failures. The app runs in process, with a low limit and a log that the test
 * reads.
 */
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { Config } from '../../functions/_shared/config.ts'
import { createApp } from '../../functions/api/app.ts'
import { type Api, type CallOptions, call, makePersona, startApi } from './support.ts'

let api: Api
let config: Config
beforeAll(async () => {
  api = await startApi()
  const { apiUrl, keys } = api.instance
  config = {
    supabaseUrl: apiUrl,
    publicUrl: apiUrl,
    publishableKey: keys.publishable,
    serviceKey: keys.secret,
    encryptionKey: keys.encryptionKey,
  }
})
afterAll(() => api.close())
afterEach(() => {
  vi.useRealTimers()
})

function inProcess(changes: Partial<Config> = {}, requestsPerMinute = 600) {
  const entries: Record<string, unknown>[] = []
  const app = createApp({ ...config, ...changes }, { requestsPerMinute, log: (entry) => entries.push(entry) })
  const send = (token: string, method: string, path: string, options?: CallOptions) =>
    call('http://api.test/api', token, method, path, options, async (url, init) => app.request(url as string, init))
  return { send, entries }
}

test('a person with too many requests learns when to try again, and others are not affected', async () => {
  vi.setSystemTime(Date.now()) // the clock stands still, because requests are counted per minute of the clock
  const { send } = inProcess({}, 5)
  const { owner, member } = api.people
  const replies = []
  for (let n = 0; n < 7; n++) replies.push(await send(owner.token, 'GET', '/me'))
  const refused = replies.at(-1)
  expect(refused).toMatchObject({ status: 429, body: { error: { code: 'too_many_requests' } } })
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(replies[0]?.headers.get('ratelimit-limit')).toBe('5')
  expect(Number(replies[1]?.headers.get('ratelimit-remaining'))).toBe(3)
  expect((await send(member.token, 'GET', '/me')).status).toBe(200)
})

test.each([
  ['kept', { 'x-trace-id': 'my-trace.1:2_3' }, /^my-trace\.1:2_3$/],
  ['taken from traceparent', { traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` }, /^(ab){16}$/],
  ['made when it is missing', {}, /^[0-9a-f]{32}$/],
  ['made when it is malformed', { 'x-trace-id': 'a b', traceparent: '00-x' }, /^[0-9a-f]{32}$/],
  ['made when it is too long', { 'x-trace-id': 'x'.repeat(129) }, /^[0-9a-f]{32}$/],
  [
    'made when traceparent is all zero',
    { traceparent: `00-${'0'.repeat(32)}-${'cd'.repeat(8)}-01` },
    /^(?!0+$)[0-9a-f]{32}$/,
  ],
])('a trace id is %s, returned and logged', async (_, headers, expected) => {
  const { send, entries } = inProcess()
  const { headers: answered } = await send('', 'GET', '/health', { headers })
  expect(answered.get('x-trace-id')).toMatch(expected)
  expect(entries).toMatchObject([{ trace_id: answered.get('x-trace-id'), path: '/api/health', status: 200 }])
})

test('if Supabase does not answer: 503, and the cause is only in the log', async () => {
  const { send, entries } = inProcess({ supabaseUrl: 'http://127.0.0.1:9' })
  const { status, body } = await send(api.people.owner.token, 'GET', '/me')
  expect(status).toBe(503)
  expect(body).toEqual({ error: { code: 'unavailable', message: expect.any(String) } })
  expect(entries.find(({ level }) => level === 'error')).toMatchObject({ code: 'unavailable', path: '/api/me' })
})

test('an unexpected failure: 500 with only a code; the trace id leads to the cause', async () => {
  const { send, entries } = inProcess({ encryptionKey: undefined })
  const path = `/workspaces/${api.workspaceId}/secrets/token`
  const reply = await send(api.people.owner.token, 'PUT', path, { body: { value: 'do-not-log-me' } })
  expect(reply).toMatchObject({ status: 500, body: { error: { code: 'internal' } } })
  expect(JSON.stringify(reply.body)).not.toContain('ENCRYPTION_KEY')
  const entry = entries.find(({ level }) => level === 'error')
  expect(entry).toMatchObject({ trace_id: reply.headers.get('x-trace-id') })
  expect(JSON.stringify(entry)).toContain('ENCRYPTION_KEY is not set')
  expect(JSON.stringify(entries)).not.toContain('do-not-log-me')
})

test('no log line holds a token, a body or a secret', async () => {
  const { send, entries } = inProcess()
  const { owner } = api.people
  const persona = await makePersona(owner, api.workspaceId)
  await send(owner.token, 'PUT', `/workspaces/${api.workspaceId}/secrets/token`, { body: { value: 'hush-hush' } })
  await send(owner.token, 'POST', '/runs', { body: { persona_id: persona, input: 'private words' } })
  await send(owner.token, 'PATCH', `/personas/${persona}`, { body: { agent_id: 'private-words' } })
  const log = JSON.stringify(entries)
  expect(entries.length).toBeGreaterThanOrEqual(3)
  for (const word of [owner.token, 'hush-hush', 'private words']) expect(log).not.toContain(word)
})

test('HEAD is answered wherever GET is', async () => {
  const { send } = inProcess()
  expect(await send(api.people.owner.token, 'HEAD', '/me')).toMatchObject({ status: 200, body: '' })
})

test('a preflight request that a gateway passes on is answered', async () => {
  const response = await createApp(config).request('/api/runs', {
    method: 'OPTIONS',
    headers: { origin: 'http://app.test', 'access-control-request-method': 'POST' },
  })
  expect(response.status).toBe(204)
  expect(response.headers.get('access-control-allow-headers')).toContain('idempotency-key')
})

test('links to files begin with the public address', async () => {
  const { send } = inProcess({ publicUrl: 'https://persona.example' })
  const { query } = api.instance.database
  const { owner } = api.people
  const personaId = await makePersona(owner, api.workspaceId)
  const { run } = (await owner.call('POST', '/runs', { body: { persona_id: personaId, input: 'x' } })).body
  const path = `${api.workspaceId}/${personaId}/${run.id}/${'a'.repeat(64)}/a.txt`
  await api.instance.admin.storage.from('artifacts').upload(path, Buffer.from('a'), { contentType: 'text/plain' })
  await query(
    `insert into public.artifacts (run_id, workspace_id, persona_id, name, content_type, size, sha256, path)
     values ($1, $2, $3, 'a.txt', 'text/plain', 1, repeat('a', 64), $4),
       ($1, $2, $3, 'gone.txt', 'text/plain', 1, repeat('b', 64), $4 || '.gone')`,
    [run.id, api.workspaceId, personaId, path],
  )
  const { artifacts } = (await send(owner.token, 'GET', `/runs/${run.id}`)).body.run
  // ids of the same millisecond have no order
  const urlOf = (name: string) => artifacts.find((artifact: { name: string }) => artifact.name === name).url
  expect(urlOf('a.txt')).toMatch(/^https:\/\/persona\.example\/storage\/v1\/object\/sign\/artifacts\//)
  expect(urlOf('gone.txt')).toBeNull()
})
