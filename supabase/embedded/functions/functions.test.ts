import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Instance, startInstance } from '../../../tests/support/embedded/instance.ts'

const ECHO = `
let count = 0
Deno.serve(async (request) => {
  const url = new URL(request.url)
  if (url.pathname === '/echo/stream') {
    const events = new ReadableStream({
      async start(controller) {
        for (const n of [1, 2, 3]) {
          controller.enqueue(new TextEncoder().encode('data: ' + n + '\\n\\n'))
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
        controller.close()
      },
    })
    return new Response(events, { headers: { 'content-type': 'text/event-stream' } })
  }
  if (url.pathname === '/echo/exit') Deno.exit(3)
  if (url.pathname === '/echo/throw') setTimeout(() => { throw new Error('late') }, 10)
  return Response.json({
    count: ++count,
    path: url.pathname + url.search,
    method: request.method,
    body: await request.text(),
    authorization: request.headers.get('authorization'),
    token: request.headers.get('x-gateway-token'),
    forwarded: request.headers.get('x-forwarded-for'),
    env: Object.keys(Deno.env.toObject()),
    url: Deno.env.get('SUPABASE_URL'),
    extra: Deno.env.get('EXTRA'),
  }, { status: 201, headers: { 'x-trace-id': 'run-1' } })
})`

let stack: Instance
beforeAll(async () => {
  stack = await startInstance({
    functions: { echo: ECHO, broken: 'this is no program' },
    functionsEnv: { EXTRA: 'given' },
  })
})
afterAll(() => stack.close())

const call = (path: string, init?: RequestInit) => fetch(`${stack.apiUrl}/functions/v1/${path}`, init)

test('a function runs unmodified behind its path, with the environment that Supabase gives', async () => {
  const response = await call('echo/a/b?c=1', {
    method: 'POST',
    body: 'hello',
    headers: { 'x-forwarded-for': '6.6.6.6' },
  })
  expect([response.status, response.headers.get('x-trace-id')]).toEqual([201, 'run-1'])
  const answer = (await response.json()) as Record<string, unknown>
  expect(answer).toMatchObject({
    path: '/echo/a/b?c=1',
    method: 'POST',
    body: 'hello',
    token: null,
    forwarded: '127.0.0.1',
    url: stack.apiUrl,
    extra: 'given',
  })
  expect(answer.env).toEqual(
    expect.arrayContaining(['SUPABASE_ANON_KEY', 'SUPABASE_SERVICE_ROLE_KEY', 'SUPABASE_SECRET_KEY']),
  )
  expect(answer.env).not.toContain('HOME')
})

test('an API key sent as bearer arrives as a token of its role; a user token arrives unchanged', async () => {
  const roleSeen = async (token: string) => {
    const response = await call('echo', { headers: { authorization: `Bearer ${token}` } })
    const { authorization } = (await response.json()) as { authorization: string }
    return { authorization, role: JSON.parse(Buffer.from(authorization.split('.')[1]!, 'base64url').toString()).role }
  }
  expect((await roleSeen(stack.keys.publishable)).role).toBe('anon')
  expect((await roleSeen(stack.keys.secret)).role).toBe('service_role')
  const { client } = await stack.signedIn()
  const token = (await client.auth.getSession()).data.session!.access_token
  expect(await roleSeen(token)).toEqual({ authorization: `Bearer ${token}`, role: 'authenticated' })
  expect((await call('echo', { headers: { authorization: 'Bearer sb_secret_wrong' } })).status).toBe(401)
  const { data } = await client.functions.invoke('echo/x', { body: { a: 1 } })
  expect(data).toMatchObject({ body: '{"a":1}' })
})

test('answers are streamed', async () => {
  const response = await call('echo/stream')
  const times: number[] = []
  for await (const _chunk of response.body!) times.push(Date.now())
  expect(times.length).toBeGreaterThanOrEqual(3)
  expect(times.at(-1)! - times[0]!).toBeGreaterThan(100)
})

test('a function that is missing or does not load gets a clear error', async () => {
  expect((await call('nothing')).status).toBe(404)
  const broken = await call('broken')
  expect([broken.status, await broken.json()]).toMatchObject([503, { code: 'BOOT_ERROR' }])
})

test.each(['throw', 'exit'])('after a %s the function is back within seconds', async (how) => {
  await call(`echo/${how}`).catch(() => {})
  const back = async () => {
    const response = await call('echo/after')
    expect(response.status).toBe(201)
  }
  await expect
    .poll(
      async () =>
        back().then(
          () => true,
          () => false,
        ),
      { timeout: 15_000, interval: 200 },
    )
    .toBe(true)
})
