/** Protects: hostile and broken requests get their status and code, and never a 500, a stack trace or SQL text. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, type CallOptions, makePersona, startApi } from './support.ts'

let api: Api
let persona: string
beforeAll(async () => {
  api = await startApi()
  persona = await makePersona(api.people.owner, api.workspaceId)
})
afterAll(() => api.close())

const json = (body: unknown): CallOptions => ({ body })
const raw = (body: string, type = 'application/json'): CallOptions => ({ body, headers: { 'content-type': type } })
const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

// {w} workspace, {p} persona, {x} an id that does not exist
const table: [status: number, code: string, method: string, path: string, options?: CallOptions][] = [
  // bodies
  [400, 'invalid_json', 'POST', '/workspaces', raw('{"name":')],
  [400, 'invalid_json', 'POST', '/workspaces', raw(deep(200_000))],
  [422, 'invalid_request', 'POST', '/workspaces', raw('null')],
  [422, 'invalid_request', 'POST', '/workspaces', raw('[]')],
  [422, 'invalid_request', 'POST', '/workspaces', raw('"name"')],
  [422, 'invalid_request', 'POST', '/workspaces'],
  [415, 'unsupported_media_type', 'POST', '/workspaces', raw('name=x', 'application/x-www-form-urlencoded')],
  [415, 'unsupported_media_type', 'POST', '/workspaces', raw('{"name":"x"}', 'text/plain')],
  [415, 'unsupported_media_type', 'POST', '/workspaces', raw('<a/>', 'application/xml')],
  [413, 'body_too_large', 'POST', '/workspaces', json({ name: 'x'.repeat(1_100_000) })],
  // text that cannot be stored
  [422, 'invalid_request', 'POST', '/workspaces', raw('{"name":"a\\u0000b"}')],
  [422, 'invalid_request', 'POST', '/workspaces', raw('{"name":"\\ud800"}')],
  [422, 'invalid_request', 'POST', '/approvals/{x}/decide', raw('{"decision":"approve","edited":{"\\u0000":1}}')],
  [422, 'invalid_request', 'POST', '/approvals/{x}/decide', raw('{"decision":"approve","edited":{"a":["\\u0000"]}}')],
  [422, 'invalid_request', 'GET', '/tools/search?persona_id={p}&q=%00'],
  [400, 'invalid_json', 'POST', '/approvals/{x}/decide', raw(`{"decision":"approve","edited":{"a":${deep(20_000)}}}`)],
  // wrong fields
  [422, 'invalid_request', 'POST', '/workspaces', json({ name: '' })],
  [422, 'invalid_request', 'POST', '/workspaces', json({ name: '   ' })],
  [422, 'invalid_request', 'POST', '/workspaces', json({ name: 'x'.repeat(81) })],
  [422, 'invalid_request', 'POST', '/workspaces', json({ name: { $ne: null } })],
  [422, 'invalid_request', 'POST', '/workspaces', json({ name: 'x', created_by: randomUUID() })],
  [422, 'invalid_request', 'PATCH', '/me', json({ display_name: 'x', is_platform_admin: true })],
  [422, 'invalid_request', 'PATCH', '/workspaces/{w}', json({})],
  [422, 'invalid_request', 'PATCH', '/workspaces/{w}', json({ limits: { cost_per_day: -1 } })],
  [422, 'invalid_request', 'PATCH', '/workspaces/{w}', json({ limits: { cost_per_day: '1; drop table runs' } })],
  [422, 'invalid_request', 'PATCH', '/workspaces/{w}', json({ limits: { unknown: 1 } })],
  [422, 'invalid_request', 'DELETE', '/workspaces/{w}'],
  [422, 'invalid_request', 'POST', '/workspaces/{w}/invitations', json({ email: 'not a mail', role: 'member' })],
  [422, 'invalid_request', 'POST', '/workspaces/{w}/invitations', json({ email: 'a@b.example', role: 'owner' })],
  [422, 'invalid_request', 'POST', '/invitations/accept', json({ token: "' or 1=1 --" })],
  [422, 'invalid_request', 'POST', '/personas', json({ workspace_id: '{w}', name: 'x' })],
  [422, 'invalid_request', 'POST', '/personas', json({ workspace_id: 'x', name: 'x', instructions: '' })],
  [422, 'invalid_request', 'PATCH', '/personas/{p}', json({ limits: { max_seconds: 0 } })],
  [422, 'invalid_request', 'PATCH', '/personas/{p}', json({ limits: { sandbox_memory_mb: 64 } })],
  [422, 'invalid_request', 'PATCH', '/personas/{p}', json({ model: { primary: 'm', temperature: 9 } })],
  [422, 'invalid_request', 'PATCH', '/personas/{p}', json({ allowed_hosts: ['http://evil.example/'] })],
  [422, 'invalid_request', 'PATCH', '/personas/{p}', json({ allowed_hosts: ['169.254.169.254'] })],
  [422, 'invalid_request', 'PATCH', '/personas/{p}', json({ current_version_id: randomUUID() })],
  [422, 'invalid_request', 'PATCH', '/personas/{p}', raw('{"__proto__":{"name":"x"}}')],
  [422, 'invalid_input', 'PATCH', '/personas/{p}', json({ agent_id: 'no-such-agent' })],
  [422, 'invalid_request', 'PUT', '/personas/{p}/tools/write_file', json({ policy: 'sometimes' })],
  [422, 'invalid_request', 'PUT', '/personas/{p}/tools/Write%20File', json({ policy: 'ask' })],
  [404, 'tool_not_found', 'PUT', '/personas/{p}/tools/no_such_tool', json({ policy: 'ask' })],
  [422, 'invalid_request', 'POST', '/runs', json({ persona_id: '{p}', input: ' \n\t ' })],
  [422, 'invalid_request', 'POST', '/runs', json({ persona_id: '{p}', input: 'x', lane: 'fast' })],
  [422, 'invalid_request', 'POST', '/runs', json({ persona_id: '{p}', input: 'x', source: 'schedule' })],
  [
    422,
    'invalid_request',
    'POST',
    '/runs',
    json({
      persona_id: '{p}',
      input: 'x',
      attachments: [{ name: 'a', path: '../../etc/passwd', content_type: 'a', size: 1 }],
    }),
  ],
  [
    422,
    'invalid_request',
    'POST',
    '/runs',
    { ...json({ persona_id: '{p}', input: 'x' }), headers: { 'idempotency-key': 'x'.repeat(201) } },
  ],
  [422, 'invalid_request', 'PUT', '/workspaces/{w}/secrets/..%2Fx', json({ value: 'x' })],
  [
    422,
    'invalid_request',
    'PUT',
    '/workspaces/{w}/providers/p',
    json({ base_url: 'file:///etc/passwd', models: ['m'] }),
  ],
  [
    422,
    'invalid_request',
    'PUT',
    '/workspaces/{w}/providers/p',
    json({ base_url: 'http://u:p@h.example', models: ['m'] }),
  ],
  [422, 'invalid_request', 'PUT', '/workspaces/{w}/providers/p', json({ base_url: 'http://h.example', models: [] })],
  [
    422,
    'address_not_allowed',
    'PUT',
    '/workspaces/{w}/providers/p',
    json({ base_url: 'http://169.254.169.254/v1', models: ['m'] }),
  ],
  [
    422,
    'address_not_allowed',
    'POST',
    '/workspaces/{w}/webhooks',
    json({ direction: 'out', name: 'x', url: 'HTTP://LocalHost:54321/rest/v1' }),
  ],
  // schedules and webhooks
  [422, 'invalid_request', 'POST', '/schedules/preview', json({ cron: 'whenever' })],
  [422, 'invalid_request', 'POST', '/schedules/preview', json({ cron: '* * * * * *' })],
  [422, 'invalid_request', 'POST', '/schedules/preview', json({ cron: '0 0 30 2 *' })],
  [422, 'invalid_request', 'POST', '/schedules/preview', json({ cron: '@reboot' })],
  [422, 'invalid_request', 'POST', '/schedules/preview', json({ cron: '61 * * * *' })],
  [422, 'invalid_request', 'POST', '/schedules/preview', json({ cron: '@daily', time_zone: 'Mars/Olympus' })],
  [422, 'invalid_request', 'POST', '/schedules/preview', json({ cron: '0,'.repeat(500) })],
  [422, 'invalid_request', 'POST', '/personas/{p}/schedules', json({ name: 'x', cron: '@daily', input: ' ' })],
  [422, 'invalid_request', 'POST', '/personas/{p}/schedules', json({ name: 'x', cron: 'x y z a b', input: 'x' })],
  [
    422,
    'invalid_request',
    'POST',
    '/personas/{p}/schedules',
    json({ name: 'x', cron: '@daily', input: 'x', next_at: '2020-01-01T00:00:00Z' }),
  ],
  [422, 'invalid_request', 'POST', '/workspaces/{w}/webhooks', json({ direction: 'in', name: 'x' })],
  [
    422,
    'invalid_request',
    'POST',
    '/workspaces/{w}/webhooks',
    json({ direction: 'in', name: 'x', persona_id: '{p}', input_template: '{{#a}} never closed' }),
  ],
  [
    404,
    'persona_not_found',
    'POST',
    '/workspaces/{w}/webhooks',
    json({ direction: 'in', name: 'x', persona_id: '{x}' }),
  ],
  [422, 'invalid_request', 'POST', '/workspaces/{w}/webhooks', json({ direction: 'out', name: 'x', url: 'ftp://h/x' })],
  [
    422,
    'invalid_request',
    'POST',
    '/workspaces/{w}/webhooks',
    json({ direction: 'out', name: 'x', url: 'https://u:p@h.example/' }),
  ],
  [
    422,
    'invalid_request',
    'POST',
    '/workspaces/{w}/webhooks',
    json({ direction: 'out', name: 'x', url: 'https://h.example/', secret_id: '{x}' }),
  ],
  [422, 'invalid_request', 'PATCH', '/webhooks/{x}', json({ scheme: 'hmac' })],
  [422, 'invalid_request', 'POST', '/runs/{x}/fork', json({ segment: -2, effects: 'ledger' })],
  [422, 'invalid_request', 'POST', '/runs/{x}/fork', json({ segment: 0, effects: 'maybe' })],
  [422, 'invalid_request', 'PATCH', '/me', json({})],
  // ids and queries
  [422, 'invalid_request', 'GET', '/runs/1'],
  [422, 'invalid_request', 'GET', '/runs/{x}%00'],
  [422, 'invalid_request', 'GET', '/runs/{x},id.neq.{x}'],
  [422, 'invalid_request', 'GET', "/personas/'%20or%201=1--"],
  [422, 'invalid_request', 'GET', '/personas?workspace_id=eq.{w}'],
  [422, 'invalid_request', 'GET', '/tools?workspace_id={w},name.like.*'],
  [422, 'invalid_request', 'GET', '/runs?status=neq.completed'],
  [422, 'invalid_request', 'GET', '/runs?limit=0'],
  [422, 'invalid_request', 'GET', '/runs?limit=101'],
  [422, 'invalid_request', 'GET', '/runs?limit=1e9'],
  [422, 'invalid_request', 'GET', '/runs?cursor=%25'],
  [422, 'invalid_request', 'GET', `/runs?cursor=${btoa('["2026-01-01T00:00:00Z,id.gt.0","x"]')}`],
  [422, 'invalid_request', 'GET', `/runs?cursor=${btoa('["2026-01-01T00:00:00Z\\"),or=(id.gt.0", 1]')}`],
  [422, 'invalid_request', 'POST', '/personas/{p}/versions/0/restore'],
  [422, 'invalid_request', 'POST', '/personas/{p}/versions/99999999999/restore'],
  [422, 'invalid_request', 'POST', '/personas/{p}/versions/1e0x/restore'],
  // routes
  [404, 'route_not_found', 'GET', '/nothing'],
  [404, 'route_not_found', 'GET', '/runs/{x}/steps/1/2'],
  [405, 'method_not_allowed', 'PUT', '/runs'],
  [405, 'method_not_allowed', 'DELETE', '/runs/{x}'],
  [405, 'method_not_allowed', 'POST', '/me', json({})],
]

test.each(table)('%i %s: %s %s', async (status, code, method, path, options = {}) => {
  const names: Record<string, string> = { w: api.workspaceId, p: persona, x: randomUUID() }
  const fill = (text: string) => text.replaceAll(/\{([wpx])\}/g, (_, name: string) => names[name] ?? '')
  const body =
    options.body === undefined
      ? undefined
      : fill(typeof options.body === 'string' ? options.body : JSON.stringify(options.body))
  const reply = await api.people.owner.call(method, fill(path), { ...options, body })
  expect(`${reply.status} ${reply.body?.error?.code}`).toBe(`${status} ${code}`)
  expect(JSON.stringify(reply.body)).not.toMatch(/\bat .*:\d+:\d+|SELECT|select |relation|PGRST|constraint/)
  expect(reply.headers.get('x-trace-id')).toBeTruthy()
  if (status === 405) expect(reply.headers.get('allow')).toMatch(/^[A-Z, ]+$/)
})

test('details name the fields that are wrong', async () => {
  const { body } = await api.people.owner.call('PATCH', `/personas/${persona}`, {
    body: { name: 'x'.repeat(81), limits: { max_seconds: 'x' } },
  })
  expect(body.error.details.map(({ path }: { path: string }) => path)).toEqual(['name', 'limits.max_seconds'])
  const query = await api.people.owner.call('GET', '/runs?limit=x')
  expect(query.body.error.details[0].path).toBe('query.limit')
  const wrong = async (body: object) => (await api.people.owner.call('POST', '/schedules/preview', { body })).body.error
  expect((await wrong({ cron: '0 0 30 2 *' })).details).toEqual([
    { path: 'cron', message: "'0 0 30 2 *' never happens" },
  ])
  expect((await wrong({ cron: '61 * * * *' })).details[0].message).toBe('Invalid value for minute: 61')
  expect((await wrong({ cron: '@daily', time_zone: 'Mars' })).details[0]).toMatchObject({ path: 'time_zone' })
})

test.each([
  ...['@daily', ' @DAILY ', '@every 5m', '*/5 * * * *', '  0 9 * * *', '0 9 * * MON-FRI', '0 9 * * mon'],
  ...['0 9 L * *', '0 9 * * 5#2', '0 9 1W * *', '0 9 ? * *', '0 0 31 2 *', '0 9 * * 7', '0-59/7 * * * *'],
])('a schedule %j is saved if its preview is accepted, and only then', async (cron) => {
  const preview = await api.people.owner.call('POST', '/schedules/preview', { body: { cron } })
  expect([200, 422]).toContain(preview.status)
  const saved = await api.people.owner.call('POST', `/personas/${persona}/schedules`, {
    body: { name: 'Daily', cron, input: 'Do it.' },
  })
  expect([cron, saved.status]).toEqual([cron, preview.status === 200 ? 201 : 422])
})

test.each([
  ['none', undefined],
  ['not a token', 'Bearer x'],
  ['no signature', `Bearer ${btoa('{"alg":"none"}')}.${btoa('{"sub":"x","role":"authenticated"}')}.`],
  ['wrong signature', `Bearer ${'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYXV0aGVudGljYXRlZCJ9'}.AAAA`],
  ['the publishable key', 'key'],
  ['the secret key', 'secret'],
])('401 not_signed_in with %s as credentials', async (_, credentials) => {
  const { publishable, secret } = api.instance.keys
  const authorization = { key: `Bearer ${publishable}`, secret: `Bearer ${secret}` }[credentials ?? ''] ?? credentials
  const response = await fetch(`${api.instance.apiUrl}/functions/v1/api/me`, {
    headers: authorization ? { authorization } : {},
  })
  expect(response.status).toBe(401)
  expect(await response.json()).toMatchObject({ error: { code: 'not_signed_in' } })
})

test('a token of a person who signed out is refused', async () => {
  const { client } = await api.instance.signedIn()
  const token = (await client.auth.getSession()).data.session?.access_token
  const me = () =>
    fetch(`${api.instance.apiUrl}/functions/v1/api/me`, { headers: { authorization: `Bearer ${token}` } })
  expect((await me()).status).toBe(200)
  await client.auth.signOut({ scope: 'global' })
  expect((await me()).status).toBe(401)
})
