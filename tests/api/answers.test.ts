/** Protects: the link in a mail gives one person access to one question, and no log contains it. */
import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ANSWER_AUDIENCE, answerLinkKey } from '../../contracts/answer-link.ts'
import { createApp } from '../../functions/api/app.ts'
import { committed, WRITE_ONE } from '../support/transition.ts'
import { type Api, answerToken, call, makePersona, makeRun, startApi } from './support.ts'

let api: Api
const entries: unknown[] = []
let send: (token: string, method: string, body?: object) => ReturnType<typeof call>

beforeAll(async () => {
  api = await startApi()
  const { apiUrl, keys } = api.instance
  const app = createApp(
    {
      supabaseUrl: apiUrl,
      publicUrl: apiUrl,
      publishableKey: keys.publishable,
      serviceKey: keys.secret,
      encryptionKey: keys.encryptionKey,
    },
    { log: (entry) => entries.push(entry) },
  )
  send = (token, method, body) =>
    call('http://api.test/api', token, method, '/answers', { body }, async (url, init) =>
      app.request(url as string, init),
    )
})
afterAll(() => api.close())

/** A call that waits for the member's approval. */
async function waiting(): Promise<{ id: string; hash: string; token: string; persona: string }> {
  const { query } = api.instance.database
  const persona = await makePersona(api.people.owner, api.workspaceId)
  const run = await makeRun(api.people.member, persona)
  const [claim] = await query<{ fence: number }>(
    `select (c ->> 'fence')::int as fence from jsonb_array_elements(platform.claim_runs('test', 100, 30)) c
     where c ->> 'run_id' = $1`,
    [run],
  )
  const call = { call_id: 'c1', tool: 'ask_human', arguments: { question: 'Which quarter?' } }
  await query(WRITE_ONE, committed(run, claim?.fence, { next: 'tools', calls: [call] }))
  const [row] = await query<{ id: string; hash: string }>(
    'select id, arguments_hash as hash from public.approvals where run_id = $1',
    [run],
  )
  const token = await answerToken(api.instance.keys.encryptionKey, row!.id, api.people.member.id)
  return { ...row!, token, persona }
}

test('a link shows the question and takes the answer once; reading it decides nothing', async () => {
  const { id, hash, token } = await waiting()
  for (let n = 0; n < 3; n++) expect((await send(token, 'GET')).body.approval).toMatchObject({ id, status: 'pending' })
  const answer = { decision: 'answer', answer: 'Q3', arguments_hash: hash }
  const replies = await Promise.all(Array.from({ length: 10 }, () => send(token, 'POST', answer)))
  expect(replies.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(409)])
  expect((await send(token, 'GET')).body.approval.status).toBe('answered')
  expect(entries.length).toBeGreaterThan(10)
  expect(JSON.stringify(entries)).not.toContain(token)
  expect(JSON.stringify(entries)).not.toContain(token.split('.')[2])
})

test('an answer is refused if the arguments have changed since the person saw them', async () => {
  const { token } = await waiting()
  const other = await send(token, 'POST', { decision: 'answer', answer: 'x', arguments_hash: '0'.repeat(64) })
  expect(other).toMatchObject({ status: 409, body: { error: { code: 'arguments_changed' } } })
  const none = await send(token, 'POST', { decision: 'answer', answer: 'x' })
  expect(none).toMatchObject({ status: 422, body: { error: { code: 'invalid_request' } } })
})

test('a person who has lost access to the persona since the mail can no longer answer', async () => {
  const { id, hash } = await waiting()
  const { outsider } = api.people
  const token = await answerToken(api.instance.keys.encryptionKey, id, outsider.id)
  for (const body of [undefined, { decision: 'answer', answer: 'x', arguments_hash: hash }]) {
    expect(await send(token, body ? 'POST' : 'GET', body)).toMatchObject({
      status: 404,
      body: { error: { code: 'approval_not_found' } },
    })
  }
})

test('all invalid tokens get the same answer', async () => {
  const { id, token } = await waiting()
  const { encryptionKey } = api.instance.keys
  const key = await answerLinkKey(encryptionKey)
  const member = api.people.member.id
  const signed = (claims: object, audience = ANSWER_AUDIENCE, by = key) =>
    new SignJWT({ user_id: member, sub: id, exp: Math.floor(Date.now() / 1000) + 60, ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .setAudience(audience)
      .sign(by)
  const unsigned = [{ alg: 'none' }, { sub: id, user_id: member, aud: ANSWER_AUDIENCE, exp: 9e9 }]
  const tokens: Record<string, string> = {
    nothing: '',
    'no token': 'x',
    'the person’s session token': api.people.member.token,
    'the publishable key': api.instance.keys.publishable,
    changed: `${token.slice(0, -5)}AAAAA`,
    expired: await answerToken(encryptionKey, id, member, '-1s'),
    unsigned: `${unsigned.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`,
    'for another audience': await signed({}, 'authenticated'),
    'signed with the encryption key itself': await signed({}, ANSWER_AUDIENCE, Buffer.from(encryptionKey, 'base64')),
    'for no person': await signed({ user_id: undefined }),
    'without an end': await signed({ exp: undefined }),
    'for a question that does not exist': await signed({ sub: randomUUID() }),
  }
  for (const [name, one] of Object.entries(tokens)) {
    const { status, body } = await send(one, 'GET')
    expect(`${name}: ${status} ${body.error?.code}`).toBe(`${name}: 404 approval_not_found`)
  }
  expect((await send(token, 'GET')).status).toBe(200)
})

test('a link gives access to nothing else', async () => {
  const { token } = await waiting()
  const reply = await call(`${api.instance.apiUrl}/functions/v1/api`, token, 'GET', '/me')
  expect(reply).toMatchObject({ status: 401, body: { error: { code: 'not_signed_in' } } })
})
