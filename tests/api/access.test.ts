/** Protects: who may do what. Each line is a request with the answer to each role. Other tenants see nothing. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, makePersona, makeRun, type Role, startApi } from './support.ts'

const roles: Role[] = ['viewer', 'member', 'admin', 'owner']
/**
 * The weakest role that is allowed; weaker ones get 403. A `member` is a `user` of personas that are open to the
 * workspace.
 */
type Needs = Role
type Line = [needs: Needs, method: string, path: string, body?: unknown]

let api: Api
const ids: Record<string, string> = {}

// {w} workspace, {p} persona, {r} run, {t} tool, {u} the viewer, {c} schedule, {a} alert, {h} webhook, {s} nobody
const lines: Line[] = [
  ['viewer', 'GET', '/workspaces/{w}'],
  ['viewer', 'GET', '/workspaces/{w}/members'],
  ['viewer', 'GET', '/workspaces/{w}/providers'],
  ['admin', 'GET', '/workspaces/{w}/invitations'],
  ['admin', 'GET', '/workspaces/{w}/secrets'],
  ['admin', 'PATCH', '/workspaces/{w}', { name: 'Acme' }],
  ['admin', 'POST', '/workspaces/{w}/invitations', { email: 'new@example.test', role: 'member' }],
  ['admin', 'PATCH', '/workspaces/{w}/members/{u}', { role: 'viewer' }],
  ['admin', 'PUT', '/workspaces/{w}/secrets/token', { value: 'x' }],
  ['viewer', 'GET', '/workspaces/{w}/spending'],
  ['viewer', 'GET', '/personas/{p}/spending'],
  ['viewer', 'GET', '/workspaces/{w}/prices'],
  ['admin', 'PUT', '/workspaces/{w}/prices', { model: 'm', input_per_million: 1, output_per_million: 1 }],
  ['viewer', 'GET', '/workspaces/{w}/waiting'],
  ['viewer', 'GET', '/personas/{p}/standing-approvals'],
  ['admin', 'GET', '/workspaces/{w}/activity'],
  ['admin', 'GET', '/workspaces/{w}/audit-chain'],
  ['admin', 'POST', '/workspaces/{w}/audit-chain/check', {}],
  ['admin', 'PUT', '/workspaces/{w}/providers/local', { base_url: 'https://models.example/v1', models: ['m'] }],
  ['admin', 'POST', '/workspaces/{w}/providers/local/test', { base_url: 'https://models.example/v1' }],
  ['member', 'POST', '/personas', { workspace_id: '{w}', name: 'New', instructions: '' }],
  ['viewer', 'GET', '/personas/{p}'],
  ['viewer', 'GET', '/personas/{p}/versions'],
  ['viewer', 'GET', '/personas/{p}/members'],
  ['viewer', 'GET', '/personas/{p}/tools'],
  ['viewer', 'GET', '/tools/search?persona_id={p}&q=deck'],
  ['admin', 'PATCH', '/personas/{p}', { description: 'Changed.' }],
  ['admin', 'PATCH', '/personas/{p}', { status: 'active' }],
  ['admin', 'POST', '/personas/{p}/versions/1/restore'],
  ['admin', 'PUT', '/personas/{p}/tools/write_file', { policy: 'ask' }],
  ['admin', 'PUT', '/personas/{p}/members/{u}', { role: 'viewer' }],
  ['member', 'POST', '/runs', { persona_id: '{p}', input: 'Go.' }],
  ['viewer', 'GET', '/runs/{r}'],
  ['member', 'POST', '/runs/{r}/again'],
  ['member', 'POST', '/runs/{r}/fork', { segment: -1, effects: 'ask' }],
  ['viewer', 'GET', '/runs/{r}/checkpoints'],
  ['member', 'POST', '/runs/{r}/cancel'],
  ['viewer', 'GET', '/personas/{p}/schedules'],
  ['member', 'POST', '/personas/{p}/schedules', { name: 'S', cron: '@daily', input: 'Go.' }],
  ['member', 'PATCH', '/schedules/{c}', { is_paused: true }],
  ['member', 'POST', '/schedules/{c}/run'],
  ['admin', 'GET', '/workspaces/{w}/webhooks'],
  ['admin', 'POST', '/workspaces/{w}/webhooks', { direction: 'in', name: 'W', persona_id: '{p}' }],
  ['admin', 'POST', '/alerts/{a}/resolve'],
]

beforeAll(async () => {
  api = await startApi()
  const { owner, viewer } = api.people
  const p = await makePersona(owner, api.workspaceId)
  Object.assign(ids, { w: api.workspaceId, p, r: await makeRun(owner, p), u: viewer.id, s: randomUUID() })
  const schedule = { name: 'S', cron: '@daily', input: 'Go.' }
  ids.c = (await owner.call('POST', `/personas/${p}/schedules`, { body: schedule })).body.schedule.id
  const webhook = { direction: 'out', name: 'W', url: 'https://h.example/' }
  ids.h = (await owner.call('POST', `/workspaces/${api.workspaceId}/webhooks`, { body: webhook })).body.webhook.id
  const alert = `insert into public.alerts (workspace_id, kind, message) values ($1, 'k', 'm') returning id`
  ids.a = (await api.instance.database.query<{ id: string }>(alert, [api.workspaceId]))[0]?.id ?? ''
})
afterAll(() => api.close())

const fill = (text: string) => text.replaceAll(/\{(\w)\}/g, (_, name: string) => ids[name] ?? '')
const send = (role: Role, [, method, path, body]: Line) =>
  api.people[role].call(method, fill(path), { body: body && JSON.parse(fill(JSON.stringify(body))) })

test.each(lines)('%s and above: %s %s', async (...line) => {
  const [needs] = line
  for (const role of roles) {
    const { status, body } = await send(role, line)
    const expected = roles.indexOf(role) >= roles.indexOf(needs) ? '2xx' : '403 not_allowed'
    expect(`${role} ${status < 300 ? '2xx' : `${status} ${body.error?.code}`}`).toBe(`${role} ${expected}`)
  }
  const stranger = await send('outsider', line)
  expect(stranger.status).toBe(404)
  expect(stranger.body.error.code).toMatch(/^(workspace|persona|run|schedule|alert)_not_found$/)
  const nobody = await api.anonymous(line[1], fill(line[2]), { body: line[3] })
  expect(nobody).toMatchObject({ status: 401, body: { error: { code: 'not_signed_in' } } })
})

test('another tenant gets only empty lists, whatever it asks for', async () => {
  const { call } = api.people.outsider
  expect((await call('GET', `/personas?workspace_id=${ids.w}`)).body.personas).toEqual([])
  expect((await call('GET', `/runs?workspace_id=${ids.w}`)).body.runs).toEqual([])
  expect((await call('GET', `/approvals?workspace_id=${ids.w}`)).body.approvals).toEqual([])
  expect((await call('GET', `/alerts?workspace_id=${ids.w}`)).body.alerts).toEqual([])
  expect((await call('GET', '/workspaces')).body.workspaces).toMatchObject([{ name: 'Globex' }])
})

test('only admins see webhooks', async () => {
  const requests: [string, string, object?][] = [
    ['PATCH', `/webhooks/${ids.h}`, { name: 'X' }],
    ['POST', `/webhooks/${ids.h}/rotate-secret`],
    ['GET', `/webhooks/${ids.h}/deliveries`],
  ]
  for (const [method, path, body] of requests) {
    for (const role of ['viewer', 'member', 'outsider'] as const) {
      const reply = await api.people[role].call(method, path, { body })
      expect(reply).toMatchObject({ status: 404, body: { error: { code: 'webhook_not_found' } } })
    }
    expect((await api.people.admin.call(method, path, { body })).status).toBe(200)
  }
})

test('an unknown id gets the same answer as one that the person may not see', async () => {
  const { call } = api.people.owner
  const missing: [string, string, string, object?][] = [
    ['GET', '/workspaces/{s}', 'workspace_not_found'],
    ['GET', '/workspaces/{s}/members', 'workspace_not_found'],
    ['GET', '/personas/{s}', 'persona_not_found'],
    ['GET', '/personas/{s}/versions', 'persona_not_found'],
    ['GET', '/personas/{s}/members', 'persona_not_found'],
    ['GET', '/personas/{s}/tools', 'persona_not_found'],
    ['POST', '/personas/{p}/versions/999/restore', 'version_not_found'],
    ['GET', '/tools/{s}', 'tool_not_found'],
    ['GET', '/runs/{s}', 'run_not_found'],
    ['POST', '/runs/{s}/cancel', 'run_not_found'],
    ['POST', '/runs/{s}/again', 'run_not_found'],
    ['POST', '/runs/{s}/fork', 'run_not_found', { segment: -1, effects: 'ask' }],
    ['GET', '/runs/{s}/checkpoints', 'run_not_found'],
    ['GET', '/personas/{s}/schedules', 'persona_not_found'],
    ['PATCH', '/schedules/{s}', 'schedule_not_found', { is_paused: true }],
    ['POST', '/schedules/{s}/run', 'schedule_not_found'],
    ['DELETE', '/schedules/{s}', 'schedule_not_found'],
    ['PATCH', '/webhooks/{s}', 'webhook_not_found', { name: 'X' }],
    ['POST', '/webhooks/{s}/rotate-secret', 'webhook_not_found'],
    ['GET', '/webhooks/{s}/deliveries', 'webhook_not_found'],
    ['DELETE', '/webhooks/{s}', 'webhook_not_found'],
    ['POST', '/deliveries/{s}/redeliver', 'delivery_not_found'],
    ['POST', '/alerts/{s}/resolve', 'alert_not_found'],
    ['GET', '/artifacts/{s}', 'artifact_not_found'],
    ['GET', '/approvals/{s}', 'approval_not_found'],
    ['DELETE', '/secrets/{s}', 'secret_not_found'],
    ['DELETE', '/providers/{s}', 'provider_not_found'],
    ['GET', '/provider-tests/{s}', 'provider_test_not_found'],
    ['DELETE', '/invitations/{s}', 'invitation_not_found'],
    ['DELETE', '/workspaces/{w}/members/{s}', 'member_not_found'],
  ]
  for (const [method, path, code, sent] of missing) {
    const { status, body } = await call(method, fill(path), { body: sent })
    expect(`${method} ${path}: ${status} ${body.error?.code}`).toBe(`${method} ${path}: 404 ${code}`)
  }
})

test('the last owner cannot be removed, and an admin cannot make owners', async () => {
  const { owner, admin, viewer } = api.people
  const members = `/workspaces/${ids.w}/members`
  const leave = await owner.call('DELETE', `${members}/${owner.id}`)
  expect(leave).toMatchObject({ status: 409, body: { error: { code: 'last_owner' } } })
  const promote = await admin.call('PATCH', `${members}/${viewer.id}`, { body: { role: 'owner' } })
  expect(promote).toMatchObject({ status: 403, body: { error: { code: 'not_allowed' } } })
})

test('a removed member loses access at once, with the same token', async () => {
  const guest = await api.person()
  const { owner } = api.people
  const { token } = (
    await owner.call('POST', `/workspaces/${ids.w}/invitations`, { body: { email: guest.email, role: 'admin' } })
  ).body
  await guest.call('POST', '/invitations/accept', { body: { token } })
  expect((await guest.call('GET', `/personas/${ids.p}`)).status).toBe(200)
  await owner.call('DELETE', `/workspaces/${ids.w}/members/${guest.id}`)
  expect((await guest.call('GET', `/personas/${ids.p}`)).status).toBe(404)
})
