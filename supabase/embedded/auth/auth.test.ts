import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseTrustedProxies } from '../../../contracts/trusted-proxies.ts'
import { databases, type Instance, startInstanceOn } from '../../../tests/support/embedded/instance.ts'

describe.each(databases)('on %s', (database) => {
  let stack: Instance
  beforeAll(async () => {
    stack = await startInstanceOn(database)
  })
  afterAll(() => stack.close())

  const unique = () => `${crypto.randomUUID()}@example.test`

  test('a user signs up, signs in, and the sign-in is recorded', async () => {
    const client = stack.client()
    const email = unique()
    const signUp = await client.auth.signUp({ email, password: 'correct-horse', options: { data: { name: 'Ada' } } })
    expect(signUp.error).toBeNull()
    const hourAgo = "update auth.users set last_sign_in_at = now() - interval '1 hour' where id = $1"
    await stack.database.query(hourAgo, [signUp.data.user!.id])
    const before = await lastSignIn(signUp.data.user!.id)
    const signIn = await stack.client().auth.signInWithPassword({ email, password: 'correct-horse' })
    expect(signIn.error).toBeNull()
    expect((await lastSignIn(signUp.data.user!.id))!.getTime()).toBeGreaterThan(before!.getTime())
    expect(signIn.data.user?.user_metadata.name).toBe('Ada')
  })

  test('a refresh is not a sign-in', async () => {
    const { client, id } = await stack.signedIn()
    const before = await lastSignIn(id)
    expect((await client.auth.refreshSession()).error).toBeNull()
    expect((await client.auth.refreshSession()).error).toBeNull()
    expect(await lastSignIn(id)).toEqual(before)
  })

  async function lastSignIn(id: string) {
    const [row] = await stack.database.query<{ last_sign_in_at: Date | null }>(
      'select last_sign_in_at from auth.users where id = $1',
      [id],
    )
    return row?.last_sign_in_at
  }

  test('a wrong password is refused in words that supabase-js understands', async () => {
    const { email } = await stack.signedIn()
    const { error } = await stack.client().auth.signInWithPassword({ email, password: 'wrong' })
    expect(error).toMatchObject({ status: 400, code: 'invalid_credentials' })
  })

  test('access tokens carry the metadata that policies may read', async () => {
    const email = unique()
    await stack.admin.auth.admin.createUser({
      email,
      password: 'correct-horse',
      email_confirm: true,
      app_metadata: { tenant: 't1' },
    })
    const client = stack.client()
    await client.auth.signInWithPassword({ email, password: 'correct-horse' })
    const { data } = await client.auth.getSession()
    const claims = JSON.parse(Buffer.from(data.session!.access_token.split('.')[1]!, 'base64url').toString())
    expect(claims).toMatchObject({ role: 'authenticated', aal: 'aal1', app_metadata: { tenant: 't1' } })
    const refreshed = await client.auth.refreshSession()
    expect(refreshed.error).toBeNull()
    expect((await client.auth.getUser()).data.user?.email).toBe(email)
  })

  test('the admin API creates, finds, lists, changes and deletes users', async () => {
    const { admin } = stack.admin.auth
    const email = unique()
    const id = crypto.randomUUID()
    const created = await admin.createUser({
      id,
      email,
      password: 'first-password',
      email_confirm: true,
      user_metadata: { a: 1, b: 2 },
    })
    expect(created.error).toBeNull()
    expect(created.data.user).toMatchObject({
      id,
      email,
      user_metadata: { a: 1, b: 2 },
      app_metadata: { provider: 'email' },
    })

    expect((await admin.getUserById(id)).data.user?.email).toBe(email)
    const list = await admin.listUsers({ page: 1, perPage: 1 })
    expect(list.data.users).toHaveLength(1)
    expect(list.data).toMatchObject({ nextPage: 2 })
    expect('total' in list.data && list.data.total).toBeGreaterThan(1)

    const newEmail = unique()
    const updated = await admin.updateUserById(id, {
      email: newEmail,
      password: 'second-password',
      user_metadata: { a: null, c: 3 },
    })
    expect(updated.error).toBeNull()
    expect(updated.data.user).toMatchObject({ email: newEmail })
    expect(updated.data.user?.user_metadata).toEqual({ b: 2, c: 3 })
    expect((await stack.client().auth.signInWithPassword({ email, password: 'first-password' })).error).not.toBeNull()
    expect(
      (await stack.client().auth.signInWithPassword({ email: newEmail, password: 'second-password' })).error,
    ).toBeNull()

    expect((await admin.deleteUser(id)).error).toBeNull()
    expect((await admin.getUserById(id)).error).toMatchObject({ status: 404, code: 'user_not_found' })
  })

  test('wrong admin requests get a clear error', async () => {
    const { admin } = stack.admin.auth
    const { email } = await stack.signedIn()
    expect((await admin.createUser({ email })).error).toMatchObject({ status: 422, code: 'email_exists' })
    expect((await admin.createUser({ email: 'no address' })).error).toMatchObject({
      status: 400,
      code: 'validation_failed',
    })
    expect((await admin.createUser({ email: unique(), password: 'abc' })).error).toMatchObject({ status: 422 })
  })

  test('only the secret key opens the admin API', async () => {
    const { client } = await stack.signedIn()
    for (const caller of [client, stack.client()]) {
      const { error } = await caller.auth.admin.listUsers()
      expect(error).toMatchObject({ status: 403, code: 'not_admin' })
    }
    const session = (await client.auth.getSession()).data.session!
    const user = await fetch(`${stack.apiUrl}/auth/v1/admin/users`, {
      headers: { apikey: stack.keys.publishable, authorization: `Bearer ${session.access_token}` },
    })
    expect(user.status).toBe(403)
    expect((await fetch(`${stack.apiUrl}/auth/v1/admin/users`)).status).toBe(401)
  })

  test.each(['nonsense', 'a.b.c', `${btoa('{"alg":"none"}')}.${btoa('{"sub":"x","role":"service_role"}')}.`])(
    'the token %s is refused',
    async (token) => {
      for (const path of ['/auth/v1/user', '/auth/v1/admin/users', '/rest/v1/personas', '/storage/v1/bucket']) {
        const headers = { apikey: stack.keys.publishable, authorization: `Bearer ${token}` }
        const { status } = await fetch(stack.apiUrl + path, { headers })
        expect([path, [400, 401, 403].includes(status)]).toEqual([path, true])
      }
    },
  )

  test('a banned user can neither sign in nor refresh, until the ban ends', async () => {
    const { client, id, email } = await stack.signedIn()
    await stack.admin.auth.admin.updateUserById(id, { ban_duration: '1h30m' })
    const signIn = () => stack.client().auth.signInWithPassword({ email, password: 'correct-horse' })
    expect((await signIn()).error).toMatchObject({ code: 'user_banned' })
    expect((await client.auth.getUser()).error).toMatchObject({ status: 403, code: 'user_banned' })
    expect((await client.auth.refreshSession()).error).toMatchObject({ code: 'user_banned' })
    await stack.admin.auth.admin.updateUserById(id, { ban_duration: 'none' })
    expect((await signIn()).error).toBeNull()
  })

  test.each(['invite', 'magiclink', 'recovery'] as const)(
    'a %s link signs in once, on our own site only',
    async (type) => {
      const email = type === 'recovery' ? (await stack.signedIn()).email : unique()
      const redirectTo = `${stack.webUrl}/welcome`
      const { data, error } = await stack.admin.auth.admin.generateLink({ type, email, options: { redirectTo } })
      expect(error).toBeNull()
      const follow = () => fetch(data.properties!.action_link, { redirect: 'manual' })
      const response = await follow()
      const location = new URL(response.headers.get('location')!)
      expect([response.status, location.origin + location.pathname]).toEqual([303, redirectTo])
      const fragment = new URLSearchParams(location.hash.slice(1))
      expect(fragment.get('type')).toBe(type)
      const { data: session } = await stack
        .client()
        .auth.setSession({ access_token: fragment.get('access_token')!, refresh_token: fragment.get('refresh_token')! })
      expect(session.user?.email).toBe(email)
      expect(new URL((await follow()).headers.get('location')!).hash).toContain('error')
    },
  )

  test('a link never carries a session to another site', async () => {
    const { email } = await stack.signedIn()
    const { data } = await stack.admin.auth.admin.generateLink({
      type: 'magiclink',
      email,
      options: { redirectTo: 'https://evil.example/' },
    })
    const link = new URL(data.properties!.action_link)
    link.searchParams.set('redirect_to', 'http://127.0.0.1:1/steal')
    const response = await fetch(link, { redirect: 'manual' })
    expect(new URL(response.headers.get('location')!).origin).toBe(stack.webUrl)
  })

  test('an invitation by mail is in the outbox, and its code works', async () => {
    const email = unique()
    const { data, error } = await stack.admin.auth.admin.inviteUserByEmail(email)
    expect(error).toBeNull()
    expect(data.user?.invited_at).toBeTruthy()
    const generated = await stack.admin.auth.admin.generateLink({ type: 'invite', email })
    const verified = await stack
      .client()
      .auth.verifyOtp({ token_hash: generated.data.properties!.hashed_token, type: 'invite' })
    expect(verified.error).toBeNull()
    expect(verified.data.user?.email).toBe(email)
  })

  const signIn = async (email: string, password: string) => {
    const headers = { apikey: stack.keys.publishable, 'content-type': 'application/json' }
    const body = JSON.stringify({ email, password })
    return fetch(`${stack.apiUrl}/auth/v1/token?grant_type=password`, { method: 'POST', headers, body })
  }

  test('wrong passwords sent at the same time are not all tried, and delay nobody', async () => {
    const { email } = await stack.signedIn()
    const quiet = await slowestHealth(stack.apiUrl, Promise.all([signIn(unique(), 'wrong-horse')]))
    const answers = Promise.all(Array.from({ length: 40 }, () => signIn(email, 'wrong-horse')))
    const busy = await slowestHealth(stack.apiUrl, answers)
    const statuses = (await answers).map(({ status }) => status)
    expect([...new Set(statuses)].sort()).toEqual([400, 429])
    expect(statuses.filter((status) => status === 400).length).toBeLessThanOrEqual(20)
    const [refused] = (await answers).filter(({ status }) => status === 429)
    expect(Number(refused?.headers.get('retry-after'))).toBeLessThanOrEqual(15)
    // forty on the main thread took a hundred times as long as one
    expect(busy / Math.max(quiet, 50)).toBeLessThan(12)
  })

  test('a wrong password takes as long for an unknown account as for a known one', async () => {
    const { email } = await stack.signedIn()
    const time = async (address: string) => {
      const start = performance.now()
      expect((await signIn(address, 'wrong-horse')).status).toBe(400)
      return performance.now() - start
    }
    const [known, unknown]: [number[], number[]] = [[], []]
    for (let round = 0; round < 7; round++) {
      known.push(await time(email))
      unknown.push(await time(unique()))
    }
    // without the comparison it is a tenth of it
    expect(Math.min(...unknown) / Math.min(...known)).toBeGreaterThan(0.5)
    expect(Math.min(...unknown) / Math.min(...known)).toBeLessThan(2)
  })

  test('an address that is too long is refused', async () => {
    const email = `${'a'.repeat(300)}@example.test`
    const client = stack.client()
    for (const { error } of [
      await client.auth.signUp({ email, password: 'correct-horse' }),
      await client.auth.signInWithPassword({ email, password: 'correct-horse' }),
      await client.auth.resetPasswordForEmail(email),
      await stack.admin.auth.admin.createUser({ email, password: 'correct-horse' }),
    ])
      expect(error).toMatchObject({ status: 400, code: 'validation_failed' })
  })

  test('guessing of codes is stopped', async () => {
    const guess = async () => {
      const body = JSON.stringify({ type: 'magiclink', token_hash: 'wrong' })
      const headers = { apikey: stack.keys.publishable, 'content-type': 'application/json' }
      return (await fetch(`${stack.apiUrl}/auth/v1/verify`, { method: 'POST', headers, body })).status
    }
    const answers = []
    for (let tries = 0; tries < 31; tries++) answers.push(await guess())
    expect([answers[0], answers.at(-1)]).toEqual([403, 429])
  })
})

/** The slowest answer of /health, in milliseconds, until `work` ends. */
async function slowestHealth(apiUrl: string, work: Promise<unknown>): Promise<number> {
  let running = true
  const ended = work.finally(() => {
    running = false
  })
  let slowest = 0
  do {
    const start = performance.now()
    await fetch(`${apiUrl}/health`)
    slowest = Math.max(slowest, performance.now() - start)
  } while (running)
  await ended
  return slowest
}

describe('behind a proxy', () => {
  /** Twelve wrong passwords, each from the address; the proxy is on this machine. */
  async function guesses(stack: Instance, forwarded: (guess: number) => string): Promise<number[]> {
    const body = JSON.stringify({ email: 'ada@example.test', password: 'wrong' })
    const statuses: number[] = []
    for (let guess = 0; guess < 12; guess++) {
      const headers = { apikey: stack.keys.publishable, 'x-forwarded-for': forwarded(guess) }
      const url = `${stack.apiUrl}/auth/v1/token?grant_type=password`
      statuses.push((await fetch(url, { method: 'POST', headers, body })).status)
    }
    return statuses
  }

  test.each([
    ['callers are told apart where the proxy is trusted', '127.0.0.1', 400],
    ['all share its address where it is not', '', 429],
  ])('%s', async (_, proxies, last) => {
    const stack = await startInstanceOn('PostgreSQL', { isTrustedProxy: parseTrustedProxies(proxies) })
    try {
      const statuses = await guesses(stack, (guess) => `198.51.100.${guess}`)
      expect(statuses.at(-1)).toBe(last)
      // what a caller writes in front of its own address gets it nothing
      expect((await guesses(stack, (guess) => `203.0.113.${guess}, 192.0.2.1`)).at(-1)).toBe(429)
    } finally {
      await stack.close()
    }
  })
})
