/** Protects: runs are started exactly once, and lists of many runs are read without gaps. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, makePersona, startApi } from './support.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

const start = (personaId: string, key: string, input = 'Once.') =>
  api.people.member.call('POST', '/runs', {
    body: { persona_id: personaId, input },
    headers: { 'Idempotency-Key': key },
  })

/** A file that was uploaded for the persona. */
async function attachment(personaId: string) {
  const path = `${api.workspaceId}/${personaId}/${randomUUID()}.txt`
  await api.instance.admin.storage.from('attachments').upload(path, Buffer.from('x'), { contentType: 'text/plain' })
  return { name: 'x.txt', path, content_type: 'text/plain', size: 1 }
}

test('an Idempotency-Key gives the first run again, and refuses another request', async () => {
  const persona = await makePersona(api.people.owner, api.workspaceId)
  const first = await start(persona, 'invoice-7')
  const second = await start(persona, 'invoice-7')
  expect([first.status, second.status]).toEqual([201, 200])
  expect(second.body.run.id).toBe(first.body.run.id)
  const other = await start(persona, 'invoice-7', 'Something else.')
  expect(other).toMatchObject({ status: 409, body: { error: { code: 'idempotency_key_reused' } } })
  for (const change of [{ lane: 'background' }, { attachments: [await attachment(persona)] }]) {
    const reply = await api.people.member.call('POST', '/runs', {
      body: { persona_id: persona, input: 'Once.', ...change },
      headers: { 'Idempotency-Key': 'invoice-7' },
    })
    expect(reply).toMatchObject({ status: 409, body: { error: { code: 'idempotency_key_reused' } } })
  }
  const stranger = await api.people.owner.call('POST', '/runs', {
    body: { persona_id: persona, input: 'Once.' },
    headers: { 'Idempotency-Key': 'invoice-7' },
  })
  expect(stranger.status).toBe(201)
  expect(stranger.body.run.id).not.toBe(first.body.run.id)
})

test('twenty requests at once with one key make one run', async () => {
  const persona = await makePersona(api.people.owner, api.workspaceId)
  const replies = await Promise.all(Array.from({ length: 20 }, () => start(persona, 'storm')))
  expect(replies.map(({ status }) => status).sort()).toEqual([...Array(19).fill(200), 201])
  expect(new Set(replies.map(({ body }) => body.run.id)).size).toBe(1)
  const [{ runs, messages } = { runs: 0, messages: 0 }] = await api.instance.database.query<{
    runs: number
    messages: number
  }>(
    `select (select count(*) from public.runs where persona_id = $1) as runs,
       (select count(*) from pgmq.q_runs_interactive q join public.runs r on r.msg_id = q.msg_id where r.persona_id = $1) as messages`,
    [persona],
  )
  expect({ runs, messages }).toEqual({ runs: 1, messages: 1 })
})

test('running again twice with one key makes only one more run', async () => {
  const persona = await makePersona(api.people.owner, api.workspaceId)
  const { run } = (await start(persona, 'again-1')).body
  const again = () =>
    api.people.member.call('POST', `/runs/${run.id}/again`, { headers: { 'Idempotency-Key': 'again-2' } })
  const [first, second] = [await again(), await again()]
  expect([first.status, second.status]).toEqual([201, 200])
  expect(second.body.run.id).toBe(first.body.run.id)
})

test('pages of a list neither skip nor repeat a run, even among runs of the same moment', async () => {
  const persona = await makePersona(api.people.owner, api.workspaceId)
  await api.instance.database.query(
    `insert into public.runs (workspace_id, persona_id, persona_version_id, input, trace_id, status, created_at)
     select p.workspace_id, p.id, p.current_version_id, 'n', 't', 'completed', now() - make_interval(secs => n / 5)
     from public.personas p, generate_series(1, 23) n where p.id = $1`,
    [persona],
  )
  const seen: { id: string; created_at: string }[] = []
  let cursor = ''
  do {
    const { status, body } = await api.people.viewer.call('GET', `/runs?persona_id=${persona}&limit=4${cursor}`)
    expect(status).toBe(200)
    seen.push(...body.runs)
    cursor = body.next_cursor && `&cursor=${body.next_cursor}`
  } while (cursor)
  expect(seen).toHaveLength(23)
  expect(new Set(seen.map(({ id }) => id)).size).toBe(23)
  const times = seen.map(({ created_at }) => Date.parse(created_at))
  expect(times).toEqual([...times].sort((a, b) => b - a))
})

test('refusals of the database arrive with their code, status and Retry-After', async () => {
  const persona = await makePersona(api.people.owner, api.workspaceId, { limits: { max_parallel_runs: 1 } })
  expect((await start(persona, 'p1')).status).toBe(201)
  const second = await start(persona, 'p2')
  expect(second).toMatchObject({ status: 429, body: { error: { code: 'too_many_runs' } } })
  expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0)

  await api.people.owner.call('PATCH', `/personas/${persona}`, { body: { status: 'paused' } })
  expect(await start(persona, 'p3')).toMatchObject({ status: 409, body: { error: { code: 'persona_not_active' } } })
})

test('a file that was not uploaded cannot be attached', async () => {
  const persona_id = await makePersona(api.people.owner, api.workspaceId)
  const uploaded = await attachment(persona_id)
  const missing = { ...uploaded, path: `${uploaded.path}.gone` }
  const startWith = (...attachments: object[]) =>
    api.people.member.call('POST', '/runs', { body: { persona_id, input: 'Read.', attachments } })
  expect(await startWith(uploaded, missing)).toMatchObject({
    status: 422,
    body: { error: { code: 'invalid_attachment' } },
  })
  expect((await startWith(uploaded)).status).toBe(201)
})

test('a file that is too large is refused, and the error names the limit, whatever size the request claims', async () => {
  const persona_id = await makePersona(api.people.owner, api.workspaceId)
  const uploaded = await attachment(persona_id)
  const startWith = (file: object) =>
    api.people.member.call('POST', '/runs', { body: { persona_id, input: 'Read.', attachments: [file] } })
  const refused = {
    status: 413,
    body: { error: { code: 'attachment_too_large', message: expect.stringMatching(/x\.txt .*50 MB/) } },
  }
  expect(await startWith({ ...uploaded, size: 50 * 1024 * 1024 + 1 })).toMatchObject(refused)
  await api.instance.database.query(
    'update storage.objects set metadata = metadata || \'{"size": 52428801}\' where name = $1',
    [uploaded.path],
  )
  expect(await startWith(uploaded)).toMatchObject(refused)
})

test("another persona's file cannot be attached", async () => {
  const persona_id = await makePersona(api.people.owner, api.workspaceId)
  const { workspaces } = (await api.people.outsider.call('GET', '/workspaces')).body
  const other = await makePersona(api.people.outsider, workspaces[0].id)
  for (const path of [`${api.workspaceId}/${other}/x.txt`, `${other}/${persona_id}/x.txt`, 'x.txt']) {
    const attachments = [{ name: 'x.txt', path, content_type: 'text/plain', size: 1 }]
    const reply = await api.people.member.call('POST', '/runs', { body: { persona_id, input: 'Read.', attachments } })
    expect(reply).toMatchObject({ status: 422, body: { error: { code: 'invalid_attachment' } } })
  }
})
