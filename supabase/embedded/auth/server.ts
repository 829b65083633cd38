/**
 * `/auth/v1`: lite's GoTrue, and what it lacks: the admin API, bans, invitation links, a limit on guessing, and the claims
 * that GoTrue adds to access tokens (metadata, assurance level), which policies may read.
 */

import { isIP } from 'node:net'
import type { App } from '@supabase/lite'
import { type Context, Hono } from 'hono'
import { decodeJwt, type JWTPayload, SignJWT } from 'jose'
import { z } from 'zod'
import type { DatabaseHandle } from '../../../contracts/database-handle.ts'
import { ownValue } from '../../../contracts/own-value.ts'
import { isStorableJson, isStorableUrl } from '../../../contracts/storable.ts'
import { bearerOf, type Identities } from '../identity/identity.ts'
import { adminRoutes } from './admin.ts'
import { CodeAttempts, PasswordAttempts } from './attempts.ts'
import { AuthError, userBanned } from './errors.ts'
import { factorRoutes, requireSecondFactor } from './factors.ts'
import { type LinkSettings, safeRedirect } from './links.ts'
import { compareWithNobody, hashInThreads } from './passwords.ts'
import { findUser, isBanned, MAX_EMAIL_LENGTH, tokenHash, type UserRow } from './users.ts'

export interface AuthSettings {
  lite: App
  database: DatabaseHandle
  identities: Identities
  jwtSecret: string
  links: LinkSettings
  /** The caller's address. */
  addressOf(context: Context): string
}

/** Link types to pass to lite as one type, because only that type reads both token columns. */
const liteTypes: Record<string, string> = { invite: 'magiclink', email: 'magiclink' }

export function authRoutes(settings: AuthSettings): Hono {
  const { lite, database, identities, links, addressOf } = settings
  const app = new Hono().basePath('/auth/v1')
  const codes = new CodeAttempts()
  const passwords = new PasswordAttempts()
  hashInThreads()

  const callerOf = (context: Context): Caller => ({
    address: addressOf(context),
    userAgent: context.req.header('user-agent'),
  })

  app.onError((error) => {
    if (error instanceof AuthError) return error.toResponse()
    throw error
  })

  app.use(async (context, next) => {
    const { url } = context.req
    if (!isStorableUrl(url) || !isStorableJson(parse(await context.req.raw.clone().text())))
      throw new AuthError(400, 'validation_failed', 'The request contains characters that cannot be stored')
    await next()
  })

  // GoTrue looks for the session that a token names, and API keys have none
  app.use(async (context, next) => {
    if (claimsOf(bearerOf(context.req.raw))?.api_key !== undefined)
      throw new AuthError(403, 'session_not_found', 'Session from session_id claim in JWT does not exist')
    await next()
  })

  const admin = new Hono().onError((error) => {
    if (error instanceof AuthError) return error.toResponse()
    throw error
  })
  admin.route('/auth/v1', adminRoutes(database, identities, links))
  app.on(['GET', 'POST', 'PUT', 'DELETE'], ['/admin/*', '/invite'], (context) => admin.fetch(context.req.raw))

  const factors = { database, identities, sign: (claims: JWTPayload) => signed(claims, settings) }
  app.route('/', factorRoutes(factors))
  app.put('/user', async (context, next) => {
    const { body } = await readBody(context)
    if (body.email !== undefined || body.password !== undefined) await requireSecondFactor(factors, context)
    await next()
  })

  app.post('/token', async (context) => {
    const { text, body } = await readBody(context)
    const byPassword = context.req.query('grant_type') === 'password'
    const succeeded = byPassword ? passwords.take(addressOf(context), body.email ?? body.phone ?? '') : undefined
    await assertNotBanned(await userOfGrant(database, context.req.query('grant_type'), body))
    // lite compares passwords only if the account has a hash; without one, the answer must take as long
    if (byPassword && body.password && !(await hasPassword(database, body.email)))
      await compareWithNobody(body.password)
    const response = await lite.fetch(withBody(context.req.raw, text))
    if (response.ok) succeeded?.()
    return withClaims(response, settings, callerOf(context))
  })

  app.post('/verify', async (context) => {
    const { body } = await readBody(context)
    const succeeded = codes.take(addressOf(context))
    const hash = body.token_hash ?? (body.email && body.token ? tokenHash(body.email, body.token) : undefined)
    await assertNotBanned(await userOfToken(database, hash))
    const type = ownValue(liteTypes, body.type ?? '') ?? body.type
    const response = await lite.fetch(withBody(context.req.raw, JSON.stringify({ ...body, type })))
    if (response.ok) succeeded()
    return withClaims(response, settings, callerOf(context))
  })

  app.get('/verify', async (context) => {
    const succeeded = codes.take(addressOf(context))
    const { token, type = '', redirect_to } = context.req.query()
    const target = safeRedirect(redirect_to, links)
    if (isBanned((await userOfToken(database, token)) ?? { banned_until: null }))
      return context.redirect(withFragment(target, { error: 'access_denied', error_code: 'user_banned' }), 303)
    const url = new URL(context.req.url)
    url.searchParams.set('type', ownValue(liteTypes, type) ?? type)
    url.searchParams.delete('redirect_to')
    const response = await lite.fetch(new Request(url, { headers: context.req.raw.headers }))
    const fragment = Object.fromEntries(new URLSearchParams(response.headers.get('location')?.split('#')[1]))
    if (response.status !== 303) return response
    if (!fragment.access_token) return context.redirect(withFragment(target, fragment), 303)
    succeeded()
    await noteCaller(settings, fragment.access_token, callerOf(context))
    const access_token = await signed(decodeJwt(fragment.access_token), settings)
    return context.redirect(withFragment(target, { ...fragment, access_token, type }), 303)
  })

  app.use('/user', async (context, next) => {
    const id = subjectOf(bearerOf(context.req.raw))
    const user = id && (await findUser(database.query, { id }))
    if (user && isBanned(user)) throw userBanned(403)
    await next()
  })

  app.on(['POST', 'PUT'], '*', async (context) => {
    const { text } = await readBody(context)
    return withClaims(await lite.fetch(withBody(context.req.raw, text)), settings)
  })
  app.all('*', async (context) => withClaims(await lite.fetch(context.req.raw), settings))
  return app
}

const texts = [
  'email',
  'password',
  'phone',
  'token',
  'token_hash',
  'type',
  'refresh_token',
  'auth_code',
  'scope',
] as const
type Body = Partial<Record<(typeof texts)[number], string>>

/** Refuses input that would break lite. lite itself refuses input that is not JSON. */
async function readBody(context: Context): Promise<{ text: string; body: Body }> {
  const text = await context.req.text()
  const body = parse(text)
  if (body === undefined) return { text, body: {} }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new AuthError(400, 'bad_json', 'Could not parse request body as JSON: an object is expected')
  const wrong = texts.find((field) => !['string', 'undefined'].includes(typeof ((body as Body)[field] ?? undefined)))
  if (wrong) throw new AuthError(400, 'validation_failed', `${wrong} must be a string`)
  if (((body as Body).email?.length ?? 0) > MAX_EMAIL_LENGTH)
    throw new AuthError(400, 'validation_failed', `email must not be longer than ${MAX_EMAIL_LENGTH} characters`)
  return { text, body: body as Body }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The token is not verified here, because lite does that afterwards. */
function claimsOf(token: string | undefined): JWTPayload | undefined {
  try {
    return token === undefined ? undefined : decodeJwt(token)
  } catch {
    return undefined
  }
}

const subjectOf = (token: string | undefined) => z.uuid().safeParse(claimsOf(token)?.sub).data

const withBody = (request: Request, body: string) =>
  new Request(request.url, { method: request.method, headers: request.headers, body })

const withFragment = (target: string, fields: Record<string, string>) => `${target}#${new URLSearchParams(fields)}`

function assertNotBanned(user: UserRow | undefined) {
  if (user && isBanned(user)) throw userBanned()
}

/** Whether lite will compare the password with the account's. */
async function hasPassword(database: DatabaseHandle, email: string | undefined): Promise<boolean> {
  const [row] = await database.query<{ found: boolean }>(
    `select exists (select from auth.users where email = $1 and encrypted_password <> '' and confirmed_at is not null) as found`,
    [email?.toLowerCase() ?? ''],
  )
  return row?.found ?? false
}

async function userOfGrant(database: DatabaseHandle, grant: string | undefined, body: Body) {
  if (grant === 'password' && body.email) return findUser(database.query, { email: body.email })
  if (grant !== 'refresh_token' || !body.refresh_token) return undefined
  const [row] = await database.query<{ user_id: string }>(
    'select user_id from auth.refresh_tokens where token = $1 limit 1',
    [body.refresh_token],
  )
  return row && findUser(database.query, { id: row.user_id })
}

async function userOfToken(database: DatabaseHandle, hash: string | undefined) {
  if (!hash) return undefined
  const [row] = await database.query<{ id: string }>(
    `select id from auth.users where $1 in
       (confirmation_token, recovery_token, email_change_token_new, email_change_token_current) limit 1`,
    [hash],
  )
  return row && findUser(database.query, { id: row.id })
}

interface Caller {
  address: string
  userAgent: string | undefined
}

/**
 * Replaces the token in the JSON of a session by the complete one, notes where the session is used, and adds the factors of a
 * user, as GoTrue does. Returns other responses unchanged.
 */
async function withClaims(response: Response, settings: AuthSettings, caller?: Caller): Promise<Response> {
  if (!response.ok || !response.headers.get('content-type')?.includes('json')) return response
  const body = (await response.json()) as { access_token?: unknown; user?: unknown } | null
  const headers = new Headers(response.headers)
  headers.delete('content-length')
  if (body && typeof body.access_token === 'string') {
    if (caller) await noteCaller(settings, body.access_token, caller)
    body.access_token = await signed(decodeJwt(body.access_token), settings)
  }
  for (const user of [body, body?.user]) await addFactors(settings, user)
  return Response.json(body, { status: response.status, headers })
}

async function addFactors({ database }: AuthSettings, shown: unknown): Promise<void> {
  const user = shown as { id?: unknown; aud?: unknown; factors?: unknown } | null | undefined
  if (user?.aud !== 'authenticated' || typeof user.id !== 'string') return
  const found = await findUser(database.query, { id: user.id })
  if (found?.factors) user.factors = found.factors
}

async function noteCaller({ database }: AuthSettings, token: string, { address, userAgent }: Caller): Promise<void> {
  const id = z.uuid().safeParse(decodeJwt(token).session_id)
  if (!id.success) return
  await database.query('update auth.sessions set user_agent = $2, ip = $3::inet where id = $1', [
    id.data,
    userAgent?.slice(0, 500) ?? null,
    isIP(address) ? address : null,
  ])
}

/** Signs the access token of a session, with the further claims of GoTrue. */
async function signed(claims: JWTPayload, { database, jwtSecret, links }: AuthSettings): Promise<string> {
  const user = await findUser(database.query, { id: claims.sub ?? '' })
  const session = z.uuid().safeParse(claims.session_id)
  const [row] = session.success
    ? await database.query<{ aal: string | null }>('select aal from auth.sessions where id = $1', [session.data])
    : []
  const known = Array.isArray(claims.amr) ? claims.amr : [{ method: 'password', timestamp: claims.iat }]
  const amr =
    row?.aal === 'aal2'
      ? [...known.filter(({ method }) => method !== 'totp'), { method: 'totp', timestamp: claims.iat }]
      : known
  return new SignJWT({
    iss: `${links.apiUrl}/auth/v1`,
    phone: '',
    is_anonymous: false,
    ...claims,
    app_metadata: user?.raw_app_meta_data ?? {},
    user_metadata: user?.raw_user_meta_data ?? {},
    aal: row?.aal ?? 'aal1',
    amr,
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(jwtSecret))
}
