/** Every route once, on its happy path, on both databases; and each answers as the OpenAPI document declares. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { secretOpener } from '../../executor/secrets.ts'
import { declared, operations } from './declared.ts'
import { type Api, type Call, makePersona, makeRun, type Role, startApi } from './support.ts'

describe.each(['PostgreSQL', 'PGlite'] as const)('on %s', (on) => {
  let api: Api
  const as = {} as Record<Role, Call>
  const succeeded = new Set<string>()

  beforeAll(async () => {
    api = await startApi(on)
    for (const [role, { call }] of Object.entries(api.people)) as[role as Role] = declared(call, succeeded)
  })
  afterAll(() => api.close())

  test('health and the document are open to all', async () => {
    expect(await declared(api.anonymous, succeeded)('GET', '/health')).toMatchObject({
      status: 200,
      body: { ok: true },
    })
    const { status, body } = await api.anonymous('GET', '/openapi.json')
    expect(status).toBe(200)
    expect(body.openapi).toBe('3.1.0')
    expect(Object.keys(body.paths)).toContain('/api/runs/{id}')
  })

  test('me: who I am, and my name', async () => {
    const { owner } = api.people
    const me = await as.owner('GET', '/me')
    expect(me.body.profile).toMatchObject({ id: owner.id, email: owner.email })
    expect(me.body.workspaces).toEqual([{ id: api.workspaceId, name: 'Acme', role: 'owner' }])
    const renamed = await as.owner('PATCH', '/me', { body: { display_name: 'Åsa ✓' } })
    expect(renamed.body.profile.display_name).toBe('Åsa ✓')
  })

  test('a workspace from its opening to its end', async () => {
    const { body } = await as.owner('POST', '/workspaces', { body: { name: '  Lab ' } })
    const { id } = body.workspace
    expect(body.workspace.name).toBe('Lab')
    const changed = await as.owner('PATCH', `/workspaces/${id}`, {
      body: { name: 'Lab 2', limits: { cost_per_day: 5 } },
    })
    expect(changed.body.workspace).toMatchObject({ name: 'Lab 2', limits: { cost_per_day: 5 } })
    expect((await as.owner('GET', `/workspaces/${id}`)).body.workspace).toEqual(changed.body.workspace)
    expect((await as.owner('GET', '/workspaces')).body.workspaces.map((w: { name: string }) => w.name)).toEqual([
      'Acme',
      'Lab 2',
    ])
    const unsure = await as.owner('DELETE', `/workspaces/${id}?confirm_name=Lab`)
    expect(unsure).toMatchObject({ status: 422, body: { error: { code: 'not_confirmed' } } })
    expect((await as.owner('DELETE', `/workspaces/${id}?confirm_name=Lab%202`)).status).toBe(204)
    expect((await as.owner('GET', `/workspaces/${id}`)).body.error.code).toBe('workspace_not_found')
  })

  test('somebody is invited, comes in, gets another role and leaves', async () => {
    const guest = await api.person()
    const asGuest = declared(guest.call, succeeded)
    const workspace = `/workspaces/${api.workspaceId}`
    const invite = async (email: string) =>
      (await as.admin('POST', `${workspace}/invitations`, { body: { email, role: 'viewer' } })).body
    const revoked = await invite('nobody@example.test')
    const { token, invitation } = await invite(guest.email.toUpperCase())
    const open = await as.admin('GET', `${workspace}/invitations`)
    expect(open.body.invitations).toEqual([revoked.invitation, invitation])

    expect((await as.admin('DELETE', `/invitations/${revoked.invitation.id}`)).status).toBe(204)
    const accepted = await asGuest('POST', '/invitations/accept', { body: { token } })
    expect(accepted.body.workspace.id).toBe(api.workspaceId)
    const again = await asGuest('POST', '/invitations/accept', { body: { token } })
    expect(again).toMatchObject({ status: 404, body: { error: { code: 'invitation_not_found' } } })

    expect((await as.admin('PATCH', `${workspace}/members/${guest.id}`, { body: { role: 'member' } })).status).toBe(204)
    const { body } = await asGuest('GET', `${workspace}/members`)
    expect(body.members.find((m: { user_id: string }) => m.user_id === guest.id)).toMatchObject({
      role: 'member',
      email: guest.email,
    })
    expect((await asGuest('DELETE', `${workspace}/members/${guest.id}`)).status).toBe(204)
    expect((await asGuest('GET', `${workspace}/members`)).status).toBe(404)
  })

  test('a persona, its versions, and whom it is shared with', async () => {
    const definition = {
      workspace_id: api.workspaceId,
      name: 'Olivia',
      instructions: 'Make slides.',
      visibility: 'private',
      model: { primary: 'demo', fallbacks: ['other/model'] },
      allowed_hosts: ['example.com', '*.example.org'],
    }
    const made = await as.member('POST', '/personas', { body: definition })
    const { id } = made.body.persona
    expect(made.body).toMatchObject({
      role: 'owner',
      persona: { name: 'Olivia', visibility: 'private' },
      version: {
        number: 1,
        instructions: 'Make slides.',
        model: definition.model,
        allowed_hosts: definition.allowed_hosts,
      },
    })

    const renamed = await as.member('PATCH', `/personas/${id}`, { body: { name: 'Oli', icon: 'presentation' } })
    expect(renamed.body).toMatchObject({ persona: { name: 'Oli' }, version: { number: 1 } })
    const body = { instructions: 'Make sheets.', limits: { cost_per_run: 0.5 }, note: 'sheets' }
    const reworked = await as.member('PATCH', `/personas/${id}`, { body })
    expect(reworked.body.version).toMatchObject({ number: 2, ...body, model: definition.model })
    expect((await as.member('POST', `/personas/${id}/versions/1/restore`)).body.version).toMatchObject({
      number: 3,
      instructions: 'Make slides.',
    })
    const { versions } = (await as.member('GET', `/personas/${id}/versions`)).body
    expect(versions.map((v: { number: number }) => v.number)).toEqual([3, 2, 1])

    const viewer = api.people.viewer.id
    expect((await as.viewer('GET', `/personas/${id}`)).status).toBe(404)
    expect((await as.member('PUT', `/personas/${id}/members/${viewer}`, { body: { role: 'editor' } })).status).toBe(204)
    expect((await as.viewer('GET', `/personas/${id}`)).body.role).toBe('editor')
    const { members } = (await as.viewer('GET', `/personas/${id}/members`)).body
    expect(members.map((m: { role: string }) => m.role)).toEqual(['owner', 'editor'])
    expect((await as.member('DELETE', `/personas/${id}/members/${viewer}`)).status).toBe(204)

    const listed = (await as.member('GET', `/personas?workspace_id=${api.workspaceId}`)).body.personas
    expect(listed.map((p: { id: string }) => p.id)).toContain(id)
    expect((await as.member('DELETE', `/personas/${id}`)).status).toBe(204)
    expect((await as.member('GET', `/personas/${id}`)).body.error.code).toBe('persona_not_found')
  })

  test('tools: the registry, a search in it, and a persona that says no to one', async () => {
    const id = await makePersona(api.people.member, api.workspaceId)
    const { tools } = (await as.member('GET', `/tools?workspace_id=${api.workspaceId}`)).body
    expect(tools).toEqual((await as.member('GET', '/tools')).body.tools)
    const deck = tools.find((t: { name: string }) => t.name === 'generate_powerpoint')
    const { tool } = (await as.member('GET', `/tools/${deck.id}`)).body
    expect(tool.input_schema.type).toBe('object')

    const found = (await as.member('GET', `/tools/search?persona_id=${id}&q=slide%20deck&limit=3`)).body.tools
    expect(found[0].name).toBe('generate_powerpoint')
    const settings = {
      policy: 'ask',
      conditions: [{ argument: 'title', operator: 'contains', value: 'secret', policy: 'deny' }],
    }
    const set = await as.member('PUT', `/personas/${id}/tools/generate_powerpoint`, { body: settings })
    expect(set.body.tool).toMatchObject({ name: 'generate_powerpoint', is_enabled: true, ...settings })
    await as.member('PUT', `/personas/${id}/tools/generate_powerpoint`, { body: { is_enabled: false } })
    const all = (await as.member('GET', `/personas/${id}/tools`)).body.tools
    expect(all).toHaveLength(tools.length)
    expect(all.find((t: { name: string }) => t.name === 'generate_powerpoint')).toMatchObject({
      is_enabled: false,
      ...settings,
    })
    const left = (await as.member('GET', `/tools/search?persona_id=${id}&q=slide%20deck`)).body.tools
    expect(left.map((t: { name: string }) => t.name)).not.toContain('generate_powerpoint')
  })

  test('a run is started, followed, cancelled and started again', async () => {
    const persona_id = await makePersona(api.people.owner, api.workspaceId)
    const started = await as.member('POST', '/runs', { body: { persona_id, input: 'Make a deck.' } })
    const { run } = started.body
    expect(run).toMatchObject({ status: 'queued', input: 'Make a deck.', cost: 0, trace_id: `run-${run.id}` })
    const details = (await as.member('GET', `/runs/${run.id}`)).body
    expect(details.run).toEqual({ ...run, artifacts: [] })
    expect(details.steps).toMatchObject([{ seq: 1, kind: 'status', data: { to: 'queued' } }])

    const cancelled = await as.member('POST', `/runs/${run.id}/cancel`)
    expect(cancelled.body.run).toMatchObject({ status: 'cancelled', reason: 'cancelled' })
    const again = await as.member('POST', `/runs/${run.id}/again`)
    expect(again.body.run).toMatchObject({ status: 'queued', input: 'Make a deck.', persona_id })
    expect(again.body.run.id).not.toBe(run.id)

    const live = (await as.member('GET', `/runs?persona_id=${persona_id}&status=queued`)).body
    expect(live).toMatchObject({ next_cursor: null, runs: [{ id: again.body.run.id }] })
  })

  test('a file of a run comes with a link that works, and asking for it is audited', async () => {
    const { query } = api.instance.database
    const persona_id = await makePersona(api.people.owner, api.workspaceId)
    const runId = await makeRun(api.people.member, persona_id)
    const bytes = Buffer.from('Q3: 335')
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const path = `${api.workspaceId}/${persona_id}/${runId}/${sha256}/Umsatz Q3.txt`
    const upload = await api.instance.admin.storage.from('artifacts').upload(path, bytes, { contentType: 'text/plain' })
    expect(upload.error).toBeNull()
    const [artifact] = await query<{ id: string }>(
      `insert into public.artifacts (run_id, workspace_id, persona_id, name, content_type, size, sha256, path)
     values ($1, $2, $3, 'Umsatz Q3.txt', 'text/plain', $4, $5, $6) returning id`,
      [runId, api.workspaceId, persona_id, bytes.length, sha256, path],
    )

    const [listed] = (await as.viewer('GET', `/runs/${runId}`)).body.run.artifacts
    expect(listed).toMatchObject({ id: artifact?.id, name: 'Umsatz Q3.txt', size: bytes.length, sha256 })
    const single = (await as.viewer('GET', `/artifacts/${artifact?.id}`)).body.artifact
    for (const { url } of [listed, single]) expect(await (await fetch(url)).text()).toBe('Q3: 335')

    await query('select platform.seal_audit()')
    const events = await query(`select actor_id from public.audit_events where action = 'file.accessed'`)
    expect(events).toEqual([{ actor_id: api.people.viewer.id }])
  })

  test('what a persona asks is listed, read and decided', async () => {
    const { query } = api.instance.database
    const persona_id = await makePersona(api.people.owner, api.workspaceId)
    const runId = await makeRun(api.people.member, persona_id)
    await askHuman(runId)
    const pending = (await as.viewer('GET', `/approvals?run_id=${runId}`)).body.approvals
    expect(pending).toMatchObject([{ kind: 'question', question: 'Which quarter?', options: ['Q2', 'Q3'] }])
    const [{ id }] = pending
    expect((await as.member('GET', `/approvals/${id}`)).body.approval).toEqual(pending[0])

    const body = { decision: 'answer', answer: 'Q3' }
    const decided = await as.member('POST', `/approvals/${id}/decide`, { body })
    expect(decided.body.approval).toMatchObject({ status: 'answered', ...body, decided_by: api.people.member.id })
    const twice = await as.member('POST', `/approvals/${id}/decide`, { body })
    expect(twice).toMatchObject({ status: 409, body: { error: { code: 'already_decided' } } })
    expect((await as.member('GET', `/approvals?run_id=${runId}`)).body.approvals).toEqual([])
    expect((await query('select msg_id from public.runs where id = $1', [runId]))[0]?.msg_id).not.toBeNull()
  })

  /** Brings a run to its first question, as an executor would. */
  async function askHuman(runId: string) {
    const { query } = api.instance.database
    const [{ claimed } = { claimed: [] }] = await query<{ claimed: { run_id: string; fence: number }[] }>(
      `select platform.claim_runs('test', 100, 30) as claimed`,
    )
    const fence = claimed.find((run) => run.run_id === runId)?.fence
    const question = { question: 'Which quarter?', options: ['Q2', 'Q3'] }
    const outcome = { next: 'tools', calls: [{ call_id: 'c1', tool: 'ask_human', arguments: question }] }
    await query(`select platform.commit_segment($1, $2, $3, 'k1', null, '{}')`, [runId, fence, JSON.stringify(outcome)])
  }

  test('secrets go in and never come out; the executor can open them', async () => {
    const { query } = api.instance.database
    const path = `/workspaces/${api.workspaceId}/secrets`
    const { secret } = (await as.admin('PUT', `${path}/mail.password`, { body: { value: 'hünter2' } })).body
    expect(secret.name).toBe('mail.password')
    const [row] = await query<{ sealed: Parameters<ReturnType<typeof secretOpener>>[0] }>(
      'select platform.sealed_secret(s) as sealed from public.secrets s where id = $1',
      [secret.id],
    )
    expect(secretOpener(api.instance.keys.encryptionKey)(row!.sealed)).toBe('hünter2')

    const listed = (await as.owner('GET', path)).body.secrets
    expect(listed).toEqual([secret])
    expect((await as.admin('DELETE', `/secrets/${secret.id}`)).status).toBe(204)
    expect((await as.owner('GET', path)).body.secrets).toEqual([])
  })

  test('a model provider with its key', async () => {
    const path = `/workspaces/${api.workspaceId}/providers`
    const definition = { base_url: 'https://models.example/v1', models: ['small', 'large'], is_default: true }
    const body = { ...definition, api_key: 'sk-very-secret' }
    const saved = await as.admin('PUT', `${path}/acme-models`, { body })
    expect(saved.body.provider).toMatchObject({ name: 'acme-models', has_api_key: true, ...definition })
    const kept = await as.admin('PUT', `${path}/acme-models`, { body: { ...definition, models: ['large'] } })
    expect(kept.body.provider).toMatchObject({ id: saved.body.provider.id, has_api_key: true, models: ['large'] })
    const listed = await as.viewer('GET', path)
    expect(listed.body.providers).toEqual([kept.body.provider])
    expect(JSON.stringify([saved, kept, listed])).not.toContain('sk-very-secret')
    expect((await as.admin('DELETE', `/providers/${saved.body.provider.id}`)).status).toBe(204)
  })

  test('every operation of the document succeeded above', () => {
    expect([...succeeded].sort()).toEqual(operations.map(({ name }) => name).sort())
  })
})
