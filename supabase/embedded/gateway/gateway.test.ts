import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases, type Instance, startInstanceOn } from '../../../tests/support/embedded/instance.ts'

describe.each(databases)('on %s', (database) => {
  let stack: Instance
  let web: string

  const HTML = '<!doctype html><script>window.ready = true</script><script src="/_nuxt/app.js"></script>'

  beforeAll(async () => {
    web = await mkdtemp(join(tmpdir(), 'persona-web-'))
    await mkdir(join(web, '_nuxt'))
    await writeFile(join(web, '200.html'), HTML)
    await writeFile(join(web, '_nuxt/app.js'), 'export {}'.repeat(500))
    await writeFile(join(web, '../outside.txt'), 'secret')
    stack = await startInstanceOn(database, { webDir: web })
    await stack.database.query(`
    create table public.gateway_notes (id int generated always as identity primary key, owner uuid default auth.uid(), title text)`)
    await stack.database.query('grant all on public.gateway_notes to anon, authenticated, service_role')
    await stack.database.query('alter table public.gateway_notes enable row level security')
    await stack.database.query(`create policy own on public.gateway_notes using (owner = auth.uid())`)
    await stack.database.query(
      `create function public.gateway_whoami() returns jsonb language sql as
     $$ select jsonb_build_object('role', current_user, 'uid', auth.uid(), 'claims', auth.jwt()) $$`,
    )
    await stack.database.query('grant execute on function public.gateway_whoami() to anon, authenticated, service_role')
    await stack.database.query("notify pgrst, 'reload schema'")
  })
  afterAll(async () => {
    await stack.close()
    await rm(web, { recursive: true })
  })

  test('simultaneous requests of users never read or write as another user', async () => {
    const users = await Promise.all([stack.signedIn(), stack.signedIn(), stack.signedIn()])
    const round = users.flatMap((user) =>
      [1, 2, 3, 4].map(async (n) => {
        const insert = await user.client
          .from('gateway_notes')
          .insert({ title: `${user.id} ${n}` })
          .select()
        expect(insert.error).toBeNull()
        const { data } = await user.client.rpc('gateway_whoami')
        expect(data).toMatchObject({ role: 'authenticated', uid: user.id })
        const notes = await user.client.from('gateway_notes').select()
        expect(notes.data?.length).toBeGreaterThan(0)
        expect(notes.data?.every((note) => note.owner === user.id && note.title.startsWith(user.id))).toBe(true)
        await stack.database.query('select 1')
      }),
    )
    await Promise.all(round)
    const [{ own } = { own: 'nobody' }] = await stack.database.query<{ own: string }>('select current_user as own')
    expect(own).not.toMatch(/anon|authenticated|service_role/)
    const all = await stack.admin.from('gateway_notes').select('id', { count: 'exact', head: true })
    expect(all.count).toBe(12)
  })

  test('a failing statement leaves no open transaction behind', async () => {
    const { client, id } = await stack.signedIn()
    const failed = await client.from('gateway_notes').insert({ id: 1, title: 'x' })
    expect(failed.error?.code).toBe('428C9')
    expect((await client.from('gateway_notes').insert({ title: 'y', owner: crypto.randomUUID() })).error?.code).toBe(
      '42501',
    )
    expect((await client.rpc('gateway_whoami')).data).toMatchObject({ uid: id })
  })

  test('the API does not expose accounts and internal tables', async () => {
    const { client } = await stack.signedIn()
    for (const caller of [client, stack.client(), stack.admin]) {
      for (const schema of ['auth', 'storage', 'platform', 'supabase_migrations', 'pgmq', 'realtime']) {
        const { error } = await caller.schema(schema).from('users').select()
        expect(error).not.toBeNull()
      }
    }
  })

  test.each([
    ['/rest/v1/gateway_notes', {}, 401],
    ['/rest/v1/gateway_notes', { apikey: 'sb_publishable_wrong' }, 401],
    ['/rest/v1/gateway_notes', { apikey: 'nonsense' }, 401],
    ['/auth/v1/user', {}, 401],
    ['/storage/v1/bucket', {}, 401],
    ['/storage/v1/bucket', { apikey: 'sb_secret_wrong' }, 401],
  ])('%s with %j is refused', async (path, headers, status) => {
    const response = await fetch(stack.apiUrl + path, { headers: headers as Record<string, string> })
    expect(response.status).toBe(status)
    expect(await response.json()).toHaveProperty('message')
  })

  test('an API key sent as bearer has its role', async () => {
    const ask = async (key: string) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
      const response = await fetch(`${stack.apiUrl}/rest/v1/rpc/gateway_whoami`, {
        method: 'POST',
        headers,
        body: '{}',
      })
      return ((await response.json()) as { role: string }).role
    }
    expect(await ask(stack.keys.publishable)).toBe('anon')
    expect(await ask(stack.keys.secret)).toBe('service_role')
  })

  test('browsers of any origin may send requests with the headers that we use', async () => {
    const asked = 'apikey,authorization,x-client-info,x-trace-id,idempotency-key,traceparent,prefer,range,content-type'
    for (const path of ['/rest/v1/x', '/auth/v1/token', '/storage/v1/object/a/b', '/functions/v1/api/runs']) {
      const response = await fetch(stack.apiUrl + path, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://app.example',
          'access-control-request-method': 'POST',
          'access-control-request-headers': asked,
        },
      })
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
      const allowed = response.headers
        .get('access-control-allow-headers')!
        .split(',')
        .map((name) => name.trim())
      expect(allowed).toEqual(expect.arrayContaining(asked.split(',')))
    }
    const plain = await fetch(`${stack.apiUrl}/rest/v1/gateway_notes`, { headers: { apikey: stack.keys.publishable } })
    expect(plain.headers.get('access-control-expose-headers')).toContain('x-trace-id')
  })

  test('requests that are too large, unknown or broken are answered in JSON without a stack trace', async () => {
    const headers = { apikey: stack.keys.publishable, 'content-type': 'application/json' }
    const large = await fetch(`${stack.apiUrl}/auth/v1/signup`, {
      method: 'POST',
      headers,
      body: 'x'.repeat(2 ** 20 + 1),
    })
    expect(large.status).toBe(413)
    const answers = [
      large,
      await fetch(`${stack.apiUrl}/auth/v1/signup`, { method: 'POST', headers, body: '{"email":' }),
      await fetch(`${stack.apiUrl}/auth/v1/token?grant_type=password`, { method: 'POST', headers, body: 'null' }),
      await fetch(`${stack.apiUrl}/rest/v1/gateway_notes`, { method: 'POST', headers, body: '{"title"' }),
      await fetch(`${stack.apiUrl}/storage/v1/bucket`, { method: 'POST', headers, body: '[' }),
      await fetch(`${stack.apiUrl}/auth/v1/nothing`, { headers }),
      await fetch(`${stack.apiUrl}/rest/v1/nothing`, { headers }),
      await fetch(`${stack.apiUrl}/functions/v1/nothing`, { headers }),
      await fetch(`${stack.apiUrl}/nothing.txt`),
      await fetch(`${stack.apiUrl}/`, { method: 'POST' }),
    ]
    for (const response of answers) {
      const text = await response.text()
      expect([response.url, response.status >= 400 && response.status < 500]).toEqual([response.url, true])
      expect(() => JSON.parse(text)).not.toThrow()
      expect(text).not.toMatch(/node_modules|\.ts:\d/)
    }
  })

  test('requests that would block everybody are refused before anything parses them', async () => {
    const headers = { apikey: stack.keys.publishable, 'content-type': 'application/json' }
    const post = async (path: string, body: string) => {
      const response = await fetch(stack.apiUrl + path, { method: 'POST', headers, body })
      return [response.status, await response.json()]
    }
    const keys = (count: number) => `{${Array.from({ length: count }, (_, n) => `"k${n}":1`)}}`
    const tooLarge = [413, expect.objectContaining({ statusCode: '413', code: 'body_too_large' })]
    for (const path of [
      '/rest/v1/gateway_notes',
      '/rest/v1/rpc/gateway_whoami',
      '/auth/v1/signup',
      '/realtime/v1/api/broadcast',
      '/storage/v1/bucket',
      '/storage/v1/object/list/notes',
      '/storage/v1/object/sign/notes',
      '/storage/v1/object/move',
    ]) {
      expect([path, ...(await post(path, keys(60_000)))]).toEqual([path, ...tooLarge])
      expect([path, ...(await post(path, '['.repeat(100_000)))]).toEqual([
        path,
        400,
        expect.objectContaining({ code: 'nested_too_deeply' }),
      ])
      expect([path, ...(await post(path, JSON.stringify({ title: 'x'.repeat(4 * 2 ** 20) })))]).toEqual([
        path,
        ...tooLarge,
      ])
    }
    const functionBody = await post('/functions/v1/nothing', 'x'.repeat(21 * 2 ** 20))
    expect(functionBody).toEqual([413, { error: { code: 'body_too_large', message: expect.any(String) } }])
    const query = `?or=${'(and'.repeat(30)}`
    const many = `?${Array(200).fill('id=gt.0').join('&')}`
    const nestedJson = `?title=eq.${'['.repeat(4_000)}`
    const encoded = `?title=eq.${'%7B'.repeat(4_000)}`
    for (const path of [query, many, nestedJson, encoded]) {
      const response = await fetch(`${stack.apiUrl}/rest/v1/gateway_notes${path}`, { headers })
      expect([response.status, await response.json()]).toEqual([
        414,
        expect.objectContaining({ code: 'query_too_large' }),
      ])
    }
    const nested = { title: '['.repeat(100_000) }
    if (database === 'PGlite')
      expect(await post('/rest/v1/gateway_notes', JSON.stringify(nested))).toEqual([
        400,
        expect.objectContaining({ code: '22023' }),
      ])
    const { client } = await stack.signedIn()
    const rows = Array.from({ length: 500 }, (_, n) => ({ title: `${n}` }))
    expect((await client.from('gateway_notes').insert(rows)).error).toBeNull()
  })

  test('a token of an unknown role is refused', async () => {
    const token = await new SignJWT({ role: 'postgres', sub: crypto.randomUUID() })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(stack.keys.jwtSecret))
    const headers = { apikey: stack.keys.publishable, authorization: `Bearer ${token}` }
    for (const path of [
      '/rest/v1/gateway_notes',
      '/auth/v1/user',
      '/storage/v1/bucket',
      '/realtime/v1/api/broadcast',
    ]) {
      const method = path.startsWith('/realtime') ? 'POST' : 'GET'
      const { status } = await fetch(stack.apiUrl + path, { method, headers })
      expect([path, status]).toEqual([path, 401])
    }
  })

  test('Auth and Storage refuse text that PostgreSQL cannot store, in their own formats', async () => {
    const { client, id } = await stack.signedIn()
    const token = (await client.auth.getSession()).data.session?.access_token
    const secret = { apikey: stack.keys.secret, authorization: `Bearer ${stack.keys.secret}` }
    const person = { apikey: stack.keys.publishable, authorization: `Bearer ${token}` }
    const answer = async (path: string, method: string, body?: unknown, headers: Record<string, string> = person) => {
      const response = await fetch(`${stack.apiUrl}${path}`, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        redirect: 'manual',
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      return [path, response.status, await response.json()]
    }
    const password = 'correct-horse'
    for (const bad of ['a\0b', 'a\ud800b']) {
      const email = `${bad}@example.test`
      const data = { name: bad }
      for (const [path, method, body, headers] of [
        ['/auth/v1/token?grant_type=password', 'POST', { email, password }],
        ['/auth/v1/token?grant_type=refresh_token', 'POST', { refresh_token: bad }],
        ['/auth/v1/signup', 'POST', { email: 'new@example.test', password, data }],
        ['/auth/v1/signup', 'POST', { email: 'new@example.test', password, data: { [bad]: 1 } }],
        ['/auth/v1/verify', 'POST', { type: 'signup', token_hash: bad }],
        ['/auth/v1/user', 'PUT', { data }],
        ['/auth/v1/admin/users', 'POST', { email: 'new@example.test', password, user_metadata: data }, secret],
        [`/auth/v1/admin/users/${id}`, 'PUT', { phone: bad }, secret],
        ['/auth/v1/invite', 'POST', { email: 'new@example.test', data }, secret],
      ] as const) {
        const refused = [path, 400, expect.objectContaining({ code: 400, error_code: 'validation_failed' })]
        expect(await answer(path, method, body, headers)).toEqual(refused)
      }
      for (const [path, method, body] of [
        ['/storage/v1/object/list/artifacts', 'POST', { prefix: bad }],
        ['/storage/v1/object/list/artifacts', 'POST', { prefix: '', search: bad }],
        ['/storage/v1/object/artifacts', 'DELETE', { prefixes: [bad] }],
        ['/storage/v1/object/sign/artifacts', 'POST', { expiresIn: 60, paths: [bad] }],
        ['/storage/v1/object/copy', 'POST', { bucketId: 'artifacts', sourceKey: bad, destinationKey: 'b' }],
      ] as const) {
        const refused = [path, 400, expect.objectContaining({ statusCode: '400', code: 'InvalidRequest' })]
        expect(await answer(path, method, body)).toEqual(refused)
      }
    }
    const deep = await answer('/auth/v1/signup', 'POST', `${'['.repeat(500_000)}${']'.repeat(500_000)}`)
    expect(deep[1], 'nested deeply').toBe(400)
    const [, verified] = await answer('/auth/v1/verify?type=signup&token=a%00b', 'GET')
    expect(verified).toBe(400)
    for (const path of ['/storage/v1/object/artifacts/a%00b', '/storage/v1/object/sign/artifacts/a%00b?token=x']) {
      expect(await answer(path, 'GET')).toEqual([path, 400, expect.objectContaining({ code: 'InvalidRequest' })])
    }
    const { error } = await client.storage.from('artifacts').list('a\0b')
    expect(error).toMatchObject({ message: expect.stringContaining('cannot be stored') })
    const signIn = await stack.client().auth.signInWithPassword({ email: 'a\0b@example.test', password })
    expect(signIn.error).toMatchObject({ status: 400, code: 'validation_failed' })
  })

  test('an upload with an invalid form, or with metadata that cannot be stored, is refused', async () => {
    const headers = { apikey: stack.keys.secret, authorization: `Bearer ${stack.keys.secret}` }
    const upload = async (body: string | FormData, more: Record<string, string> = {}) => {
      const url = `${stack.apiUrl}/storage/v1/object/artifacts/a.txt`
      const response = await fetch(url, { method: 'POST', headers: { ...headers, ...more }, body })
      return [response.status, await response.json()]
    }
    const form = new FormData()
    form.append('metadata', '{"note": "a\\u0000b"}')
    form.append('', new Blob(['x'], { type: 'text/plain' }))
    const metadata = Buffer.from('{"note": "a\\u0000b"}').toString('base64')
    const refused = [400, expect.objectContaining({ statusCode: '400', code: 'InvalidRequest' })]
    expect(await upload('no form', { 'content-type': 'multipart/form-data; boundary=x' })).toEqual(refused)
    expect(await upload('no form', { 'content-type': 'multipart/form-data' })).toEqual(refused)
    expect(await upload('--x\r\nbroken', { 'content-type': 'multipart/form-data; boundary=x' })).toEqual(refused)
    expect(await upload(form)).toEqual(refused)
    expect(await upload('x', { 'content-type': 'text/plain', 'x-metadata': metadata })).toEqual(refused)
    // a file may contain anything
    expect((await upload('{"a": "\\u0000"}', { 'content-type': 'application/json', 'x-upsert': 'true' }))[0]).toBe(200)
  })

  test('the web app: its page for every path, files cached forever, and a policy that allows only our scripts', async () => {
    for (const path of ['/', '/runs/123', '/index.html']) {
      const page = await fetch(stack.webUrl + path)
      expect([page.status, await page.text()]).toEqual([200, HTML])
      expect(page.headers.get('cache-control')).toBe('no-cache')
      expect(page.headers.get('content-security-policy')).toMatch(/script-src 'self' 'sha256-[^']+';/)
    }
    const file = await fetch(`${stack.webUrl}/_nuxt/app.js`, { headers: { 'accept-encoding': 'gzip' } })
    expect(file.headers.get('cache-control')).toContain('immutable')
    expect(file.headers.get('content-encoding')).toBe('gzip')
    expect(file.headers.get('x-content-type-options')).toBe('nosniff')
    expect((await fetch(`${stack.webUrl}/_nuxt/gone.js`)).status).toBe(404)
    const config = (await (await fetch(`${stack.webUrl}/config.json`)).json()) as Record<string, unknown>
    expect(config).toEqual({
      supabase_url: null,
      publishable_key: stack.keys.publishable,
      model: { name: 'none', is_demo: false },
      sandbox: null,
      demo_accounts: false,
      keeps_auth_mail: true,
    })
  })

  test.each([
    '/../outside.txt',
    '/_nuxt/../../outside.txt',
    '/%2e%2e/outside.txt',
    '/..%2foutside.txt',
    '/_nuxt/%2e%2e%2f%2e%2e%2foutside.txt',
  ])('%s does not leave the web folder', async (path) => {
    const { port } = new URL(stack.webUrl)
    const body = await new Promise<string>((resolve, reject) => {
      const request = httpRequest({ host: '127.0.0.1', port, path }, async (response) => {
        resolve((await response.toArray()).join(''))
      })
      request.on('error', reject).end()
    })
    expect(body).not.toContain('secret')
  })

  test('Realtime answers on the same address, and nothing else takes a WebSocket', async () => {
    const [one, two] = [stack.client(), stack.client()]
    const joined = (client: typeof one, heard: string[]) =>
      new Promise<ReturnType<typeof one.channel>>((resolve, reject) => {
        const channel = client
          .channel('gateway')
          .on('broadcast', { event: 'hello' }, ({ payload }) => heard.push(payload.text))
        channel.subscribe((state, error) => (state === 'SUBSCRIBED' ? resolve(channel) : error && reject(error)))
      })
    const heard: string[] = []
    await joined(one, heard)
    const sender = await joined(two, [])
    await sender.send({ type: 'broadcast', event: 'hello', payload: { text: 'hi' } })
    await expect.poll(() => heard).toEqual(['hi'])
    await Promise.all([one.removeAllChannels(), two.removeAllChannels()])

    const other = new WebSocket(
      `${stack.apiUrl.replace('http', 'ws')}/functions/v1/api?apikey=${stack.keys.publishable}`,
    )
    await expect(
      new Promise((resolve, reject) => Object.assign(other, { onopen: resolve, onerror: reject })),
    ).rejects.toBeDefined()
  })

  test('/health lists the parts', async () => {
    expect(await (await fetch(`${stack.apiUrl}/health`)).json()).toMatchObject({
      ok: true,
      database: 'up',
      event_loop_lag_ms: expect.any(Number),
    })
  })
})
