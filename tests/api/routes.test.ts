/** Protects: every route works on both databases, and answers as the OpenAPI document declares. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { secretOpener } from '../../executor/engine/secrets.ts'
import { committed, WRITE_ONE } from '../support/transition.ts'
import { declared, operations } from './declared.ts'
import { type Api, answerToken, type Call, call, makePersona, makeRun, type Role, startApi } from './support.ts'

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
    expect(renamed.body.profile).toMatchObject({ display_name: 'Åsa ✓', notify_by_mail: true })
    const silent = await as.owner('PATCH', '/me', { body: { notify_by_mail: false } })
    expect(silent.body.profile).toEqual({ ...renamed.body.profile, notify_by_mail: false })
  })

  test('a workspace is opened, changed and deleted', async () => {
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

  test('an API key is made, used, exchanged for a token, and revoked', async () => {
    const body = {
      name: 'Nightly',
      scopes: ['runs:read'],
      workspace_id: api.workspaceId,
      expires_at: '2100-01-01T00:00:00Z',
    }
    const made = (await as.member('POST', '/me/keys', { body })).body
    expect((await as.member('GET', '/me/keys')).body.keys).toEqual([made.key])
    const byKey = declared(
      (...request) => call(`${api.instance.apiUrl}/functions/v1/api`, made.secret, ...request),
      succeeded,
    )
    expect((await byKey('GET', '/me')).body.workspaces.map((w: { id: string }) => w.id)).toEqual([api.workspaceId])
    expect((await byKey('POST', '/tokens')).body.access_token).toMatch(/^ey/)
    expect((await as.member('DELETE', `/me/keys/${made.key.id}`)).status).toBe(204)
    expect((await byKey('GET', '/me')).status).toBe(401)
  })

  test('a person sees and ends a session, and deletes the account', async () => {
    const leaver = await api.person()
    const asLeaver = declared(leaver.call, succeeded)
    const { sessions } = (await asLeaver('GET', '/me/sessions')).body
    expect(sessions).toMatchObject([{ is_current: true, ip: '127.0.0.1' }])
    const other = api.instance.client()
    await other.auth.signInWithPassword({ email: leaver.email, password: 'correct-horse' })
    const [newest] = (await asLeaver('GET', '/me/sessions')).body.sessions
    expect((await asLeaver('DELETE', `/me/sessions/${newest.id}`)).status).toBe(204)
    expect((await asLeaver('DELETE', `/me?confirm_email=${encodeURIComponent(leaver.email)}`)).status).toBe(204)
    expect((await leaver.call('GET', '/me')).status).toBe(401)
  })

  test('somebody is invited, joins, gets another role and leaves', async () => {
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
    const offer = await asGuest('POST', '/invitations/read', { body: { token } })
    expect(offer.body.invitation).toMatchObject({ workspace: 'Acme', role: 'viewer', email: guest.email })
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

  test('a persona, its versions, and the people it is shared with', async () => {
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

  test('tools: the registry, a search in it, and a persona that denies one', async () => {
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

  test('a conversation: messages that join and continue, a turn tried again, a title, the archive', async () => {
    const persona_id = await makePersona(api.people.owner, api.workspaceId)
    const runId = await makeRun(api.people.member, persona_id, 'Make a deck.')
    const say = (input: string, run = runId) => as.member('POST', `/runs/${run}/messages`, { body: { input } })
    const joined = await say('In blue.')
    expect(joined).toMatchObject({ status: 202, body: { run_id: runId, delivery: 'joins' } })
    const { conversation_id } = joined.body

    const cancelled = await as.member('POST', `/runs/${runId}/cancel`)
    expect(cancelled.body.run).toMatchObject({ conversation_id, turn: 1, replaced_by: null })
    const second = joined.body.message_id // it had not been taken, so it began the next run
    await as.member('POST', `/runs/${second}/cancel`)
    const third = await say('And shorter.')
    expect(third.body).toMatchObject({ conversation_id, delivery: 'continues', message_id: third.body.run_id })
    const headers = { 'Idempotency-Key': 'retry-1' }
    const retry = () =>
      as.member('POST', `/runs/${third.body.run_id}/retry`, { body: { input: 'Much shorter.' }, headers })
    const retried = await retry()
    expect(retried).toMatchObject({ status: 201, body: { run: { turn: 4, input: 'Much shorter.' } } })
    expect(await retry()).toMatchObject({ status: 200, body: { run: { id: retried.body.run.id } } })

    const { conversation } = (await as.viewer('GET', `/conversations/${conversation_id}`)).body
    expect(conversation).toMatchObject({ title: 'Make a deck.', persona_id, archived_at: null })
    expect(conversation.runs.map((run: { turn: number; status: string }) => [run.turn, run.status])).toEqual([
      [1, 'cancelled'],
      [2, 'cancelled'],
      [3, 'cancelled'],
      [4, 'queued'],
    ])
    expect(conversation.runs[2].replaced_by).toBe(retried.body.run.id)
    expect(conversation.messages.map((m: { input: string; role: string }) => [m.role, m.input])).toEqual([
      ['user', 'Make a deck.'],
      ['user', 'In blue.'],
      ['user', 'And shorter.'],
      ['user', 'Much shorter.'],
    ])

    await say('Another one.', await makeRun(api.people.member, persona_id, 'Something else.'))
    const list = async (query: string) =>
      (await as.viewer('GET', `/conversations?persona_id=${persona_id}${query}`)).body
    const firstPage = await list('&limit=1')
    expect(firstPage.conversations).toMatchObject([{ title: 'Something else.' }])
    expect(await list(`&limit=1&cursor=${firstPage.next_cursor}`)).toMatchObject({
      conversations: [{ id: conversation_id, last_run: { id: retried.body.run.id, status: 'queued' } }],
      next_cursor: null,
    })
    expect((await list('&q=shorter')).conversations).toHaveLength(1)

    const change = (body: object) => as.member('PATCH', `/conversations/${conversation_id}`, { body })
    expect((await change({ title: 'Deck', archived: true })).body.conversation).toMatchObject({ title: 'Deck' })
    expect((await list('&archived=true')).conversations).toMatchObject([{ id: conversation_id, title: 'Deck' }])
    expect((await list('')).conversations).toHaveLength(1)
    expect(await as.viewer('POST', `/runs/${runId}/messages`, { body: { input: 'No.' } })).toMatchObject({
      status: 403,
      body: { error: { code: 'not_allowed' } },
    })
    expect((await as.outsider('GET', `/conversations/${conversation_id}`)).status).toBe(404)
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
    const events = await query(
      `select actor_id, data ->> 'name' as one, data #>> '{files,0,name}' as of_run
       from public.audit_events where action = 'file.accessed' order by seq`,
    )
    const actor_id = api.people.viewer.id
    expect(events).toEqual([
      { actor_id, one: null, of_run: 'Umsatz Q3.txt' },
      { actor_id, one: 'Umsatz Q3.txt', of_run: null },
    ])
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

  test('a waiting call comes with its task; it can be always allowed, and that can be listed and revoked', async () => {
    const persona = await makePersona(api.people.owner, api.workspaceId)
    await as.owner('PUT', `/personas/${persona}/tools/write_file`, { body: { policy: 'ask' } })
    const runId = await makeRun(api.people.member, persona)
    const args = { path: 'a.txt', content: 'x' }
    await commitCalls(runId, [{ call_id: 'c1', tool: 'write_file', arguments: args }])
    const { questions } = (await as.viewer('GET', `/workspaces/${api.workspaceId}/waiting`)).body
    const [question] = questions.filter((one: { run_id: string }) => one.run_id === runId)
    expect(question).toMatchObject({ kind: 'approval', task: 'Do it.', source: 'person', role: 'viewer' })

    const always = { arguments: ['path'], max_uses: 3, days: 7 }
    const body = { decision: 'approve', arguments_hash: question.arguments_hash, always }
    const decide = `/approvals/${question.id}/decide`
    expect(await as.member('POST', decide, { body })).toMatchObject({ status: 403 })
    expect((await as.admin('POST', decide, { body })).body.approval).toMatchObject({ status: 'approved' })
    const rules = async () =>
      (await as.viewer('GET', `/personas/${persona}/standing-approvals`)).body.standing_approvals
    const [rule] = await rules()
    expect(rule).toMatchObject({
      tool_name: 'write_file',
      argument_names: ['path', 'content'],
      conditions: [{ argument: 'path', value: 'a.txt' }],
      max_uses: 3,
      uses: 0,
      created_by: api.people.admin.id,
      revoked_at: null,
    })
    expect(await as.member('DELETE', `/standing-approvals/${rule.id}`)).toMatchObject({ status: 403 })
    expect((await as.owner('DELETE', `/standing-approvals/${rule.id}`)).status).toBe(204)
    expect((await rules())[0].revoked_at).not.toBeNull()
  })

  test('admins read the activity of a workspace, and check its chain', async () => {
    await api.instance.database.query('select platform.seal_audit()')
    const path = `/workspaces/${api.workspaceId}`
    const first = (await as.admin('GET', `${path}/activity?limit=1&kind=workspace`)).body
    expect(first.events).toMatchObject([{ action: 'workspace.created', actor_type: 'person', data: { name: 'Acme' } }])
    const all = (await as.admin('GET', `${path}/activity?limit=2`)).body
    const next = (await as.admin('GET', `${path}/activity?limit=2&cursor=${all.next_cursor}`)).body
    expect(next.events[0].seq).toBe(all.events[1].seq - 1)
    expect(await as.member('GET', `${path}/activity`)).toMatchObject({ status: 403 })
    expect(await as.admin('GET', `${path}/activity?cursor=0`)).toMatchObject({ status: 422 })

    const { chain } = (await as.owner('GET', `${path}/audit-chain`)).body
    expect(chain).toMatchObject({ events: all.events[0].seq, check: null })
    const checked = (await as.owner('POST', `${path}/audit-chain/check`, { body: {} })).body.chain
    expect(checked.check).toMatchObject({ events: chain.events, is_complete: true, broken_seq: null })
  })

  test('runs are found by words, person, origin, time and cost', async () => {
    const persona_id = await makePersona(api.people.owner, api.workspaceId)
    const start = async (role: Role, input: string) =>
      (await as[role]('POST', '/runs', { body: { persona_id, input } })).body.run
    const plain = await start('member', 'Count 100% of_the apples')
    const other = await start('owner', 'Count pears')
    const repeated = (await as.owner('POST', `/runs/${plain.id}/again`)).body.run
    expect(repeated).toMatchObject({ source: 'person', parent_run_id: plain.id })
    await api.instance.database.query('update public.runs set cost = 2 where id = $1', [other.id])
    const found = async (filter: object) => {
      const query = new URLSearchParams({ persona_id, ...filter })
      return (await as.viewer('GET', `/runs?${query}`)).body.runs.map((run: { id: string }) => run.id)
    }
    expect(await found({ words: 'count' })).toEqual([repeated.id, other.id, plain.id])
    expect(await found({ words: '100% of_' })).toEqual([repeated.id, plain.id])
    expect(await found({ words: '%apples' }), 'characters of search patterns are ordinary characters').toEqual([])
    expect(await found({ origin: 'repetition' })).toEqual([repeated.id])
    expect(await found({ origin: 'person' })).toEqual([other.id, plain.id])
    expect(await found({ created_by: api.people.member.id })).toEqual([plain.id])
    expect(await found({ min_cost: '1.5' })).toEqual([other.id])
    expect(await found({ until: plain.created_at })).toEqual([])
    expect(await found({ since: plain.created_at })).toHaveLength(3)
  })

  async function signInOperator() {
    const operator = await api.person()
    await api.instance.database.query('update public.profiles set is_platform_admin = true where id = $1', [
      operator.id,
    ])
    return declared(operator.call, succeeded)
  }

  /** Brings a run to its first question, as an executor would. */
  const askHuman = (runId: string) =>
    commitCalls(runId, [
      { call_id: 'c1', tool: 'ask_human', arguments: { question: 'Which quarter?', options: ['Q2', 'Q3'] } },
    ])

  async function commitCalls(runId: string, calls: object[]) {
    const { query } = api.instance.database
    const [{ claimed } = { claimed: [] }] = await query<{ claimed: { run_id: string; fence: number }[] }>(
      `select platform.claim_runs('test', 100, 30) as claimed`,
    )
    const fence = claimed.find((run) => run.run_id === runId)?.fence
    await query(WRITE_ONE, committed(runId, fence, { next: 'tools', calls }))
  }

  test('secrets can be saved but never read; the executor can decrypt them', async () => {
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

  test('a test of a model provider waits for a worker, keeps its key secret, and goes nowhere inside', async () => {
    const path = `/workspaces/${api.workspaceId}/providers/new/test`
    const body = { base_url: 'https://models.example/v1', api_key: 'sk-of-a-test', model: 'm' }
    const made = await as.admin('POST', path, { body })
    expect(made).toMatchObject({ status: 201, body: { test: { name: 'new', model: 'm', result: null } } })
    const read = await as.admin('GET', `/provider-tests/${made.body.test.id}`)
    expect(read.body).toEqual(made.body)
    expect((await as.viewer('GET', `/provider-tests/${made.body.test.id}`)).status).toBe(404)
    expect(JSON.stringify([made, read])).not.toContain('sk-of-a-test')
    const inside = await as.admin('POST', path, { body: { ...body, base_url: 'http://127.0.0.1:11434/v1' } })
    expect(inside).toMatchObject({ status: 422, body: { error: { code: 'address_not_allowed' } } })
    for (let more = 0; more < 4; more++) await as.admin('POST', path, { body })
    expect(await as.admin('POST', path, { body })).toMatchObject({
      status: 429,
      body: { error: { code: 'too_many_tests' } },
    })
  })

  test('a model provider with its key', async () => {
    const path = `/workspaces/${api.workspaceId}/providers`
    const definition = { base_url: 'https://models.example/v1', models: ['small', 'large'], is_default: true }
    const body = { ...definition, api_key: 'sk-very-secret' }
    const saved = await as.admin('PUT', `${path}/acme-models`, { body })
    expect(saved.body.provider).toMatchObject({ name: 'acme-models', has_api_key: true, ...definition })
    const kept = await as.admin('PUT', `${path}/acme-models`, { body: { ...definition, models: ['large'] } })
    expect(kept.body.provider).toMatchObject({ id: saved.body.provider.id, has_api_key: true, models: ['large'] })
    const shouted = { ...definition, base_url: 'HTTPS://models.example/v1', models: ['large'] }
    expect((await as.admin('PUT', `${path}/acme-models`, { body: shouted })).body).toEqual(kept.body)
    const leave_out = ['temperature', 'schema.format']
    const without = await as.admin('PUT', `${path}/acme-models`, { body: { ...body, leave_out } })
    expect(without.body.provider.leave_out).toEqual(leave_out)
    const unknown = await as.admin('PUT', `${path}/acme-models`, { body: { ...body, leave_out: ['messages'] } })
    expect(unknown).toMatchObject({ status: 422, body: { error: { code: 'invalid_request' } } })
    expect((await as.admin('PUT', `${path}/acme-models`, { body: shouted })).body).toEqual(kept.body)
    const listed = await as.viewer('GET', path)
    expect(listed.body.providers).toEqual([kept.body.provider])
    expect(JSON.stringify([saved, kept, listed])).not.toContain('sk-very-secret')
    expect((await as.admin('DELETE', `/providers/${saved.body.provider.id}`)).status).toBe(204)
    const secrets = `/workspaces/${api.workspaceId}/secrets`
    expect((await as.admin('GET', secrets)).body.secrets, 'its key is deleted with it').toEqual([])
  })

  test('spending of a workspace and of a persona, and the prices behind it', async () => {
    const persona = await makePersona(api.people.owner, api.workspaceId)
    const workspace = `/workspaces/${api.workspaceId}`
    const { spending } = (await as.viewer('GET', `${workspace}/spending`)).body
    expect(spending).toMatchObject({ currency: 'EUR', by_persona: [], by_model: [], by_day: [] })
    expect(spending.workspace.day).toEqual({ cost: 0, reserved: 0, calls: 0, max_cost: 10, max_calls: null })
    expect(spending.has_first_limits, 'a new workspace has a cap').toBe(true)
    const ofPersona = (await as.viewer('GET', `/personas/${persona}/spending`)).body.spending
    expect(ofPersona).toMatchObject({ persona: { day: { calls: 0 } }, workspace: { month: { max_cost: 100 } } })

    const body = { model: 'vendor/large', input_per_million: 2.5, output_per_million: 10 }
    const own = (await as.admin('PUT', `${workspace}/prices`, { body })).body.price
    expect(own).toMatchObject({ ...body, currency: 'EUR', workspace_id: api.workspaceId })
    const asOperator = await signInOperator()
    const everybodys = (await asOperator('PUT', '/prices', { body: { ...body, input_per_million: 4 } })).body.price
    const { prices } = (await as.viewer('GET', `${workspace}/prices`)).body
    expect(prices.filter((price: { model: string }) => price.model === body.model)).toEqual([everybodys, own])

    const named = `?model=${encodeURIComponent(body.model)}`
    expect((await as.admin('DELETE', `${workspace}/prices${named}`)).status).toBe(204)
    expect(await as.owner('DELETE', `/prices${named}`)).toMatchObject({ status: 403 })
    expect((await asOperator('DELETE', `/prices${named}`)).status).toBe(204)
    expect((await asOperator('DELETE', '/prices?model=*')).body.error.code).toBe('price_not_found')
  })

  test('a schedule is tried, made, run now, paused, resumed and deleted', async () => {
    const persona = await makePersona(api.people.owner, api.workspaceId)
    const tried = await as.viewer('POST', '/schedules/preview', {
      body: { cron: '30 9 1 1 *', time_zone: 'Asia/Tokyo' },
    })
    expect(tried.body.next_times).toHaveLength(5)
    expect(tried.body.next_times[0]).toMatch(/-01-01T00:30:00\.000Z$/)

    const body = { name: 'Mornings', cron: '0 9 * * 1-5', time_zone: 'Europe/Berlin', input: 'Read the mail.' }
    const made = await as.member('POST', `/personas/${persona}/schedules`, { body })
    const { schedule } = made.body
    expect(schedule).toMatchObject({ ...body, missed: 'once', is_paused: false, created_by: api.people.member.id })
    expect(schedule.next_times).toHaveLength(3)
    expect((await as.viewer('GET', `/personas/${persona}/schedules`)).body.schedules).toEqual([schedule])

    const { run } = (await as.member('POST', `/schedules/${schedule.id}/run`)).body
    expect(run).toMatchObject({ source: 'schedule', input: 'Read the mail.', status: 'queued' })

    const change = (body: object) => as.member('PATCH', `/schedules/${schedule.id}`, { body })
    const nextAt = async () =>
      (
        await api.instance.database.query<{ at: string }>(
          'select next_at::text as at from public.schedules where id = $1',
          [schedule.id],
        )
      )[0]?.at
    const before = await nextAt()
    const paused = await change({ is_paused: true, name: 'Later' })
    expect(paused.body.schedule).toMatchObject({ ...body, name: 'Later', is_paused: true, next_times: [] })
    expect(await nextAt(), 'its times are computed again only when they change').toBe(before)
    const moved = await change({ is_paused: false, cron: '0 10 * * *' })
    expect(moved.body.schedule).toMatchObject({ cron: '0 10 * * *', time_zone: 'Europe/Berlin', name: 'Later' })
    expect(new Date((await nextAt()) ?? '').toISOString()).toBe(moved.body.schedule.next_times[0])
    expect((await as.member('DELETE', `/schedules/${schedule.id}`)).status).toBe(204)
    expect((await as.viewer('GET', `/personas/${persona}/schedules`)).body.schedules).toEqual([])
  })

  test('a schedule that is not valid is listed without times, and hides no other', async () => {
    const persona = await makePersona(api.people.owner, api.workspaceId)
    const make = async (name: string) => {
      const body = { name, cron: '0 9 * * *', input: 'Read the mail.' }
      return (await as.member('POST', `/personas/${persona}/schedules`, { body })).body.schedule
    }
    const [bad, good] = [await make('Bad'), await make('Good')]
    await api.instance.database.query(`update public.schedules set time_zone = 'Mars/X' where id = $1`, [bad.id])
    const { schedules } = (await as.viewer('GET', `/personas/${persona}/schedules`)).body
    expect(schedules).toEqual([{ ...bad, time_zone: 'Mars/X', next_times: [] }, good])
  })

  test('junk that comes through PostgREST, and so bypasses the API’s schemas, is refused with 422 and changes nothing', async () => {
    const persona_id = await makePersona(api.people.owner, api.workspaceId)
    const { apiUrl, keys } = api.instance
    const rpc = async (name: string, body: object) => {
      const headers = {
        apikey: keys.publishable,
        authorization: `Bearer ${api.people.admin.token}`,
        'content-type': 'application/json',
      }
      const response = await fetch(`${apiUrl}/rest/v1/rpc/${name}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      })
      return [response.status, ((await response.json()) as { hint: string }).hint]
    }
    const schedule = { name: 's', cron: '0 9 * * *', time_zone: 'Mars/X', input: 'hi', next_at: '2020-01-01T00:00:00Z' }
    for (const [name, body] of [
      ['update_workspace', { workspace_id: api.workspaceId, changes: null }],
      ['update_persona', { persona_id, changes: { limits: { max_seconds: 'x' } } }],
      ['set_persona_tool', { persona_id, tool_name: 'write_file', settings: { conditions: 'abc' } }],
      ['save_schedule', { persona_id, definition: schedule }],
    ] as const) {
      expect([name, ...(await rpc(name, body))]).toEqual([name, 422, 'invalid_input'])
    }
  })

  test('only somebody who may edit the persona can save a schedule with calls approved in advance', async () => {
    const persona = await makePersona(api.people.owner, api.workspaceId)
    const approved_in_advance = [
      { tool: 'send_mail', conditions: [{ argument: 'to', operator: 'domain_in', value: ['acme.test'] }] },
    ]
    const body = { name: 'Report', cron: '@daily', input: 'Send it.', approved_in_advance }
    const refused = await as.member('POST', `/personas/${persona}/schedules`, { body })
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'not_allowed' } } })
    const { schedule } = (await as.admin('POST', `/personas/${persona}/schedules`, { body })).body
    expect(schedule.approved_in_advance).toEqual(approved_in_advance)
    const other = await as.member('PATCH', `/schedules/${schedule.id}`, { body: { input: 'Send another.' } })
    expect(other, 'an approval cannot be used for something else').toMatchObject({ status: 403 })
  })

  test('webhooks are opened, changed, given a new secret and deleted; a secret is shown once', async () => {
    const { query } = api.instance.database
    const persona_id = await makePersona(api.people.owner, api.workspaceId)
    const path = `/workspaces/${api.workspaceId}/webhooks`
    const inbound = { direction: 'in', name: 'Tickets', persona_id, scheme: 'github', input_template: 'Ticket {{id}}' }
    const made = (await as.admin('POST', path, { body: inbound })).body
    expect(made.secret).toMatch(/^[0-9a-f]{64}$/)
    expect(made.webhook).toMatchObject({ ...inbound, is_enabled: true, events: [] })
    expect(made.webhook.url).toBe(`${api.instance.apiUrl}/functions/v1/webhooks/${made.webhook.id}`)
    const outbound = { direction: 'out', name: 'Chat', url: 'https://chat.example/hook', events: ['run.failed'] }
    const out = (await as.admin('POST', path, { body: outbound })).body
    expect(out.secret).toMatch(/^whsec_/)
    expect(out.webhook).toMatchObject({ ...outbound, scheme: 'standard', persona_id: null, input_template: null })
    expect((await as.owner('GET', path)).body.webhooks).toEqual([made.webhook, out.webhook])

    const changed = await as.admin('PATCH', `/webhooks/${out.webhook.id}`, { body: { is_enabled: false } })
    expect(changed.body.webhook).toEqual({ ...out.webhook, is_enabled: false })
    const rotated = (await as.admin('POST', `/webhooks/${made.webhook.id}/rotate-secret`)).body
    expect(rotated.webhook).toEqual(made.webhook)
    expect(rotated.secret).not.toBe(made.secret)
    const names = async () => (await as.admin('GET', `/workspaces/${api.workspaceId}/secrets`)).body.secrets.length
    expect(await names(), 'the new secret replaces the old one').toBe(2)
    const [row] = await query<{ sealed: Parameters<ReturnType<typeof secretOpener>>[0] }>(
      `select platform.sealed_secret(s) as sealed from public.secrets s
       join public.webhook_endpoints e on e.secret_id = s.id where e.id = $1`,
      [made.webhook.id],
    )
    expect(secretOpener(api.instance.keys.encryptionKey)(row!.sealed)).toBe(rotated.secret)

    for (const { webhook } of [made, out]) {
      expect((await as.admin('DELETE', `/webhooks/${webhook.id}`)).status).toBe(204)
    }
    expect((await as.owner('GET', path)).body.webhooks).toEqual([])
    expect(await names()).toBe(0)
  })

  test('deliveries are listed by pages, and sent again', async () => {
    const body = { direction: 'out', name: 'Chat', url: 'https://chat.example/hook' }
    const { webhook } = (await as.admin('POST', `/workspaces/${api.workspaceId}/webhooks`, { body })).body
    await api.instance.database.query(
      `insert into public.webhook_deliveries (endpoint_id, workspace_id, delivery_id, event, payload, status, attempts)
       select $1, $2, 'd' || n, 'run.completed', '{}', 'failed', 8 from generate_series(1, 5) n`,
      [webhook.id, api.workspaceId],
    )
    const seen: string[] = []
    let cursor = ''
    do {
      const page = (await as.admin('GET', `/webhooks/${webhook.id}/deliveries?limit=2${cursor}`)).body
      seen.push(...page.deliveries.map((d: { id: string }) => d.id))
      cursor = page.next_cursor && `&cursor=${page.next_cursor}`
    } while (cursor)
    expect(new Set(seen).size).toBe(5)
    const again = await as.admin('POST', `/deliveries/${seen[0]}/redeliver`)
    expect(again.body.delivery).toMatchObject({ id: seen[0], status: 'queued', attempts: 0 })
  })

  test('a run is forked after a checkpoint, and started over', async () => {
    const runId = await makeRun(api.people.member, await makePersona(api.people.owner, api.workspaceId), 'Which?')
    await askHuman(runId)
    await as.member('POST', `/runs/${runId}/cancel`)
    const { checkpoints } = (await as.viewer('GET', `/runs/${runId}/checkpoints`)).body
    expect(checkpoints).toMatchObject([{ segment: 0 }])
    const fork = (body: object) => as.member('POST', `/runs/${runId}/fork`, { body })
    const later = await fork({ segment: 0, input: 'And now?', model: { primary: 'other' }, effects: 'ledger' })
    expect(later.body.run).toMatchObject({ source: 'fork', parent_run_id: runId, input: 'Which?', status: 'queued' })
    const over = await fork({ segment: -1, input: 'Something else.', effects: 'ask' })
    expect(over.body.run).toMatchObject({ parent_run_id: runId, input: 'Something else.' })
    const none = await fork({ segment: 7, effects: 'ledger' })
    expect(none).toMatchObject({ status: 404, body: { error: { code: 'checkpoint_not_found' } } })
  })

  test('an alert is seen and resolved, and doing so twice is harmless', async () => {
    const [alert] = await api.instance.database.query<{ id: string }>(
      `insert into public.alerts (workspace_id, kind, message) values ($1, 'queue_age', 'The queue is old.') returning id`,
      [api.workspaceId],
    )
    const open = async () => (await as.viewer('GET', `/alerts?workspace_id=${api.workspaceId}`)).body.alerts
    expect(await open()).toMatchObject([{ id: alert!.id, kind: 'queue_age', resolved_at: null }])
    const resolved = await as.admin('POST', `/alerts/${alert!.id}/resolve`)
    expect(resolved.body.alert).toMatchObject({ id: alert!.id, resolved_by: api.people.admin.id })
    expect((await as.owner('POST', `/alerts/${alert!.id}/resolve`)).body).toEqual(resolved.body)
    expect(await open()).toEqual([])
  })

  test('a platform admin sees the engine and resumes a dead letter; the owner of a workspace cannot', async () => {
    const { query } = api.instance.database
    const runId = await makeRun(api.people.member, await makePersona(api.people.owner, api.workspaceId))
    await query(`update public.runs set status = 'failed', reason = 'worker_lost', finished_at = now() where id = $1`, [
      runId,
    ])
    const [letter] = await query<{ id: string }>(
      `insert into platform.dead_letters (queue, message, read_count, error, run_id, fence)
       values ('runs_interactive', '{}', 9, 'lost', $1, 0) returning id`,
      [runId],
    )
    const asOperator = await signInOperator()
    const { body } = await asOperator('GET', '/operations')
    expect(body.dead_letters).toMatchObject([{ id: letter!.id, run_id: runId, requeued_at: null, can_requeue: true }])
    expect(body.queues.map((q: { queue: string }) => q.queue)).toContain('runs_interactive')
    expect(body.runs.failed).toBeGreaterThan(0)
    const requeue = `/operations/dead-letters/${letter!.id}/requeue`
    for (const [method, path] of [
      ['GET', '/operations'],
      ['POST', requeue],
    ] as const) {
      expect(await as.owner(method, path)).toMatchObject({ status: 403, body: { error: { code: 'not_allowed' } } })
    }
    expect((await asOperator('POST', requeue)).status).toBe(204)
    expect((await as.member('GET', `/runs/${runId}`)).body.run.status).toBe('queued')
    expect(await asOperator('POST', requeue)).toMatchObject({
      status: 409,
      body: { error: { code: 'already_requeued' } },
    })
  })

  test('a question is read and answered through the link of a mail, without a session', async () => {
    const runId = await makeRun(api.people.member, await makePersona(api.people.owner, api.workspaceId))
    await askHuman(runId)
    const [{ id }] = (await as.viewer('GET', `/approvals?run_id=${runId}`)).body.approvals
    const token = await answerToken(api.instance.keys.encryptionKey, id, api.people.member.id)
    const headers = { authorization: `Bearer ${token}` }
    const byLink = declared(api.anonymous, succeeded)
    const { approval } = (await byLink('GET', '/answers', { headers })).body
    expect(approval).toMatchObject({ id, run_id: runId, persona: 'Ada', question: 'Which quarter?', status: 'pending' })
    const body = { decision: 'answer', answer: 'Q2', arguments_hash: approval.arguments_hash }
    const decided = await byLink('POST', '/answers', { headers, body })
    expect(decided.body.approval).toMatchObject({ status: 'answered', answer: 'Q2', decided_by: api.people.member.id })
    const twice = await byLink('POST', '/answers', { headers, body })
    expect(twice).toMatchObject({ status: 409, body: { error: { code: 'already_decided' } } })
  })

  test('every operation of the document succeeded above', () => {
    expect([...succeeded].sort()).toEqual(operations.map(({ name }) => name).sort())
  })
})
