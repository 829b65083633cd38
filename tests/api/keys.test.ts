/**
 * Protects: scripts use the whole API with a key, within its scopes, and a revoked key is refused at once, everywhere.
 */
import { createClient } from '@supabase/supabase-js'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { createApp } from '../../functions/api/app.ts'
import { apiKeyToken, createApi } from '../../sdk/index.ts'
import { type Api, type Call, call, makePersona, makeRun, type Person, startApi } from './support.ts'

let api: Api
let owner: Person
let base: string
beforeAll(async () => {
  api = await startApi()
  owner = api.people.owner
  base = `${api.instance.apiUrl}/functions/v1/api`
})
afterAll(() => api.close())
afterEach(() => {
  vi.useRealTimers()
})

type Wish = Partial<Parameters<Person['api']['keys']['create']>[0]>
async function makeKey(wish: Wish = {}, person = owner): Promise<{ id: string; secret: string; call: Call }> {
  const { key, secret } = await person.api.keys.create({ name: 'Script', scopes: ['admin'], ...wish })
  return { id: key.id, secret, call: (...request) => call(base, secret, ...request) }
}

/** A supabase-js client of a script with this key. */
const scriptClient = (apiKey: string) => {
  const { apiUrl: url, keys } = api.instance
  const accessToken = apiKeyToken({ url, publishableKey: keys.publishable, apiKey })
  return createClient(url, keys.publishable, { accessToken })
}

test('a key is shown once, recognised by its prefix, and calls the API as its person', async () => {
  const { secret, id } = await makeKey({ name: 'Nightly' })
  expect(secret).toMatch(/^ppk_[A-Za-z0-9]{8}_[A-Za-z0-9]{40}$/)
  const listed = (await owner.api.keys.list()).find((key) => key.id === id)
  expect(listed).toMatchObject({ name: 'Nightly', prefix: secret.slice(0, 12), scopes: ['admin'], last_used_at: null })
  expect(JSON.stringify(await owner.call('GET', '/me/keys'))).not.toContain(secret.slice(13))
  const me = await call(base, secret, 'GET', '/me')
  expect(me.body.profile.id).toBe(owner.id)
  expect((await owner.api.keys.list()).find((key) => key.id === id)?.last_used_at).not.toBeNull()
})

test('a script works with the typed client and a key: it starts, reads and cancels a run', async () => {
  const persona_id = await makePersona(owner, api.workspaceId)
  const { secret } = await makeKey({ scopes: ['runs:write'], workspace_id: api.workspaceId })
  const { apiUrl: url, keys } = api.instance
  const client = createApi({ url, publishableKey: keys.publishable, accessToken: async () => secret })
  const run = await client.runs.create({ persona_id, input: 'Do it.' })
  expect((await client.runs.get(run.id)).run.status).toBe('queued')
  await client.runs.cancel(run.id)
  expect((await client.runs.get(run.id)).run.status).toBe('cancelled')
})

test('a key without the scope gets an error that names the scope', async () => {
  const persona_id = await makePersona(owner, api.workspaceId)
  const { call: read } = await makeKey({ scopes: ['runs:read'] })
  expect((await read('GET', `/personas/${persona_id}`)).status).toBe(200)
  const refused = await read('POST', '/runs', { body: { persona_id, input: 'Go.' } })
  expect(refused).toMatchObject({ status: 403, body: { error: { code: 'scope_missing' } } })
  expect(refused.body.error.message).toContain('runs:write')
})

test('a key of one workspace finds nothing elsewhere', async () => {
  const elsewhere = (await owner.api.workspaces.create('Elsewhere')).id
  const { call: limited } = await makeKey({ workspace_id: api.workspaceId })
  expect((await limited('GET', '/workspaces')).body.workspaces).toHaveLength(1)
  expect((await limited('GET', `/workspaces/${elsewhere}`)).status).toBe(404)
  expect((await limited('POST', '/workspaces', { body: { name: 'More' } })).status).toBe(403)
})

test('a key cannot make, list or revoke keys, not even with its token', async () => {
  const { id, secret, call: byKey } = await makeKey()
  const body = { name: 'Child', scopes: ['admin'] }
  for (const refused of [
    await byKey('POST', '/me/keys', { body }),
    await byKey('GET', '/me/keys'),
    await byKey('DELETE', `/me/keys/${id}`),
  ])
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'session_needed' } } })
  const made = await scriptClient(secret).rpc('create_api_key', {
    name: 'Child',
    scopes: ['admin'],
    prefix: 'ppk_child000',
    key_hash: '0'.repeat(64),
  })
  expect(made.error?.hint).toBe('session_needed')
})

test("nobody sees or revokes another person's key", async () => {
  const { id, call: byKey } = await makeKey()
  expect((await api.people.admin.api.keys.list()).map((key) => key.id)).not.toContain(id)
  expect((await api.people.admin.call('DELETE', `/me/keys/${id}`)).body.error.code).toBe('key_not_found')
  expect((await byKey('GET', '/me')).status).toBe(200)
})

describe('a revoked key', () => {
  test('is refused at the next request, and so is its token', async () => {
    const persona_id = await makePersona(owner, api.workspaceId)
    await makeRun(owner, persona_id)
    const { id, secret, call: byKey } = await makeKey()
    const script = scriptClient(secret)
    expect((await script.from('runs').select('id').eq('persona_id', persona_id)).data).toHaveLength(1)
    await owner.api.keys.revoke(id)
    expect(await byKey('GET', '/me')).toMatchObject({ status: 401, body: { error: { code: 'bad_api_key' } } })
    expect((await script.from('runs').select('id').eq('persona_id', persona_id)).data).toEqual([])
    expect((await owner.api.keys.list()).map((key) => key.id)).not.toContain(id)
  })
})

test.each(['ppk_', 'ppk_AAAAAAAA_short', `ppk_AAAAAAAA_${'x'.repeat(40)}`])(
  '%s is not accepted as a key',
  async (wrong) => {
    expect(await call(base, wrong, 'GET', '/me')).toMatchObject({
      status: 401,
      body: { error: { code: 'bad_api_key' } },
    })
  },
)

describe('the token of a key', () => {
  test('reads tables, within the scopes of the key', async () => {
    const persona_id = await makePersona(owner, api.workspaceId)
    const { secret } = await makeKey({ scopes: ['runs:read'], workspace_id: api.workspaceId })
    const script = scriptClient(secret)
    expect((await script.from('personas').select('id').eq('id', persona_id)).data).toEqual([{ id: persona_id }])
    expect((await script.from('workspace_invitations').select('id')).data).toEqual([])
    const { error } = await script.rpc('create_run', { persona_id, input: 'Go.' })
    expect(error?.hint).toBe('scope_missing')
  })

  test('follows runs live', async () => {
    const persona_id = await makePersona(owner, api.workspaceId)
    const run = await makeRun(owner, persona_id)
    const { secret } = await makeKey({ scopes: ['runs:read'] })
    const script = scriptClient(secret)
    await script.realtime.setAuth()
    const joined = await new Promise((resolve) => {
      script.channel(`run:${run}`, { config: { private: true } }).subscribe((status) => resolve(status))
    })
    expect(joined).toBe('SUBSCRIBED')
    await script.removeAllChannels()
  })

  test('changes nothing in the account', async () => {
    const { secret, call: byKey } = await makeKey()
    const { access_token } = (await byKey('POST', '/tokens')).body
    const { apiUrl, keys } = api.instance
    for (const method of ['GET', 'PUT']) {
      const response = await fetch(`${apiUrl}/auth/v1/user`, {
        method,
        headers: {
          apikey: keys.publishable,
          authorization: `Bearer ${access_token}`,
          'content-type': 'application/json',
        },
        body: method === 'PUT' ? JSON.stringify({ password: 'taken-over' }) : undefined,
      })
      expect(response.status, method).toBe(403)
    }
    expect(secret).toBeDefined()
  })

  test('accepts only keys', async () => {
    expect((await owner.call('POST', '/tokens')).status).toBe(403)
  })
})

test('wrong keys are limited by address, and no log holds a key', async () => {
  vi.setSystemTime(Date.now()) // the clock stands still, because requests are counted per minute of the clock
  const { apiUrl, keys } = api.instance
  const { secret } = await makeKey()
  const entries: unknown[] = []
  const config = {
    supabaseUrl: apiUrl,
    publicUrl: apiUrl,
    publishableKey: keys.publishable,
    serviceKey: keys.secret,
    jwtSecret: keys.jwtSecret,
    encryptionKey: keys.encryptionKey,
  }
  const app = createApp(config, { log: (entry) => entries.push(entry) })
  const send = (key: string, from: string) =>
    app.request('/api/me', { headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': from } })
  const wrong = `ppk_AAAAAAAA_${'x'.repeat(40)}`
  for (let n = 0; n < 30; n++) expect((await send(wrong, '192.0.2.1')).status).toBe(401)
  const limited = await send(wrong, '192.0.2.1')
  expect(limited.status).toBe(429)
  expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await send(secret, '192.0.2.2')).status).toBe(200)
  expect(JSON.stringify(entries)).not.toMatch(/ppk_\w+_/)
})
