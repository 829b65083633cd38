/** GoTrue's second factors (`auth.mfa.*` of supabase-js), which lite lacks: TOTP only. */
import { randomBytes, randomUUID } from 'node:crypto'
import { type Context, Hono } from 'hono'
import type { JWTPayload } from 'jose'
import { renderSVG } from 'uqr'
import { z } from 'zod'
import type { DatabaseHandle, Query } from '../../../contracts/database-handle.ts'
import type { Identities } from '../identity/identity.ts'
import { bearerOf } from '../identity/identity.ts'
import { CodeAttempts } from './attempts.ts'
import { AuthError } from './errors.ts'
import { newSecret, stepOfCode, totpUri } from './totp.ts'
import { getUser, presentUser } from './users.ts'

const MAX_FACTORS = 10
/** Wrong codes of one person in five minutes. */
const MAX_CODES = 10
const CHALLENGE_SECONDS = 300
const TOKEN_SECONDS = 3600

interface FactorRow {
  id: string
  user_id: string
  friendly_name: string | null
  status: 'unverified' | 'verified'
  secret: string
  last_step: number
}
interface Session {
  userId: string
  sessionId: string
  claims: JWTPayload
  isSecond: boolean
}

export interface FactorSettings {
  database: DatabaseHandle
  identities: Identities
  /** Signs a session's access token with these claims. */
  sign(claims: JWTPayload): Promise<string>
}

const Enroll = z.object({
  factor_type: z.literal('totp'),
  friendly_name: z.string().max(100).optional(),
  issuer: z.string().max(100).optional(),
})
const Verify = z.object({ challenge_id: z.uuid(), code: z.string() })

export function factorRoutes(settings: FactorSettings): Hono {
  const { database } = settings
  const app = new Hono()
  const attempts = new CodeAttempts(MAX_CODES)

  app.post('/factors', async (context) => {
    const session = await sessionOf(settings, context)
    const request = await bodyOf(context, Enroll)
    if (!session.isSecond && (await hasSecondFactor(database.query, session.userId)))
      throw new AuthError(403, 'insufficient_aal', 'AAL2 required to enroll a new factor')
    return context.json(await database.transaction((query) => enroll(query, session, request)))
  })

  app.post('/factors/:id/challenge', async (context) => {
    const session = await sessionOf(settings, context)
    const factor = await factorOf(database.query, session, context)
    const id = randomUUID()
    await database.query('insert into auth.mfa_challenges (id, factor_id) values ($1, $2)', [id, factor.id])
    return context.json({ id, type: 'totp', expires_at: Math.floor(Date.now() / 1000) + CHALLENGE_SECONDS })
  })

  app.post('/factors/:id/verify', async (context) => {
    const session = await sessionOf(settings, context)
    const request = await bodyOf(context, Verify)
    const factor = await factorOf(database.query, session, context)
    const succeeded = attempts.take(session.userId)
    const refreshToken = await database.transaction((query) => verify(query, session, factor, request))
    succeeded()
    const now = Math.floor(Date.now() / 1000)
    return context.json({
      access_token: await settings.sign({ ...session.claims, iat: now, exp: now + TOKEN_SECONDS }),
      token_type: 'bearer',
      expires_in: TOKEN_SECONDS,
      expires_at: now + TOKEN_SECONDS,
      refresh_token: refreshToken,
      user: presentUser(await getUser(database.query, session.userId)),
    })
  })

  app.delete('/factors/:id', async (context) => {
    const session = await sessionOf(settings, context)
    const factor = await factorOf(database.query, session, context)
    if (factor.status === 'verified' && !session.isSecond)
      throw new AuthError(422, 'insufficient_aal', 'AAL2 required to unenroll verified factor')
    await database.transaction((query) => removeFactor(query, factor))
    return context.json({ id: factor.id })
  })
  return app
}

/** Refuses a change of mail address or password by a session that lacks the second factor of its account. */
export async function requireSecondFactor(settings: FactorSettings, context: Context): Promise<void> {
  const session = await sessionOf(settings, context)
  if (!session.isSecond && (await hasSecondFactor(settings.database.query, session.userId)))
    throw new AuthError(
      401,
      'insufficient_aal',
      'AAL2 session is required to update email or password when MFA is enabled.',
    )
}

export async function removeFactor(query: Query, { id, user_id }: Pick<FactorRow, 'id' | 'user_id'>): Promise<void> {
  await query('delete from auth.mfa_factors where id = $1', [id])
  await query(`update auth.sessions set aal = 'aal1', factor_id = null where user_id = $1 and factor_id = $2`, [
    user_id,
    id,
  ])
}

async function enroll(query: Query, { userId }: Session, { friendly_name = '', issuer }: z.infer<typeof Enroll>) {
  const user = await getUser(query, userId)
  // those that were never finished
  await query(`delete from auth.mfa_factors where user_id = $1 and status = 'unverified'`, [userId])
  const known = await query<FactorRow>('select * from auth.mfa_factors where user_id = $1', [userId])
  if (known.length >= MAX_FACTORS)
    throw new AuthError(422, 'too_many_enrolled_mfa_factors', 'Maximum number of verified factors reached')
  if (known.some((factor) => factor.friendly_name === friendly_name))
    throw new AuthError(422, 'mfa_factor_name_conflict', `A factor with the friendly name "${friendly_name}" exists`)
  const id = randomUUID()
  const secret = newSecret()
  await query('insert into auth.mfa_factors (id, user_id, friendly_name, secret) values ($1, $2, $3, $4)', [
    id,
    userId,
    friendly_name,
    secret,
  ])
  const uri = totpUri(secret, issuer ?? 'Persona Platform', user.email ?? userId)
  return { id, type: 'totp', friendly_name, totp: { qr_code: renderSVG(uri), secret, uri } }
}

/** Marks the session as verified, and returns its new refresh token. The first code of a factor ends all other sessions. */
async function verify(
  query: Query,
  { userId, sessionId }: Session,
  factor: FactorRow,
  { challenge_id, code }: z.infer<typeof Verify>,
): Promise<string> {
  const [challenge] = await query(
    `update auth.mfa_challenges set verified_at = now()
     where id = $1 and factor_id = $2 and verified_at is null and created_at > now() - make_interval(secs => $3)
     returning id`,
    [challenge_id, factor.id, CHALLENGE_SECONDS],
  )
  if (!challenge) throw new AuthError(422, 'mfa_challenge_expired', 'MFA challenge has expired, verify against another')
  const step = stepOfCode(factor.secret, code, factor.last_step)
  const [used] =
    step === undefined
      ? []
      : await query(
          `update auth.mfa_factors set status = 'verified', last_step = $2, updated_at = now()
           where id = $1 and last_step < $2 returning id`,
          [factor.id, step],
        )
  if (!used) throw new AuthError(422, 'mfa_verification_failed', 'Invalid TOTP code entered')
  await query(`update auth.sessions set aal = 'aal2', factor_id = $2, updated_at = now() where id = $1`, [
    sessionId,
    factor.id,
  ])
  if (factor.status === 'unverified') {
    await query('delete from auth.refresh_tokens where user_id = $1 and session_id <> $2', [userId, sessionId])
    await query('delete from auth.sessions where user_id = $1 and id <> $2', [userId, sessionId])
  }
  await query('update auth.refresh_tokens set revoked = true where session_id = $1', [sessionId])
  const token = randomBytes(24).toString('base64url')
  await query('insert into auth.refresh_tokens (id, token, user_id, session_id) values ($1, $2, $3, $4)', [
    randomUUID(),
    token,
    userId,
    sessionId,
  ])
  return token
}

/** Throws unless the request has the access token of a session that has not ended. */
async function sessionOf({ database, identities }: FactorSettings, context: Context): Promise<Session> {
  const token = bearerOf(context.req.raw)
  const claims = token ? (await identities.ofToken(token).catch(() => undefined))?.claims : undefined
  const id = z.uuid().safeParse(claims?.session_id)
  if (!claims?.sub || !id.success)
    throw new AuthError(401, 'no_authorization', 'This endpoint requires a valid session')
  const [session] = await database.query<{ aal: string | null }>(
    'select aal from auth.sessions where id = $1 and user_id = $2',
    [id.data, claims.sub],
  )
  if (!session) throw new AuthError(403, 'session_not_found', 'Session from session_id claim in JWT does not exist')
  return { userId: claims.sub, sessionId: id.data, claims, isSecond: session.aal === 'aal2' }
}

async function factorOf(query: Query, { userId }: Session, context: Context): Promise<FactorRow> {
  const id = z.uuid().safeParse(context.req.param('id'))
  const [factor] = id.success
    ? await query<FactorRow>('select * from auth.mfa_factors where id = $1 and user_id = $2', [id.data, userId])
    : []
  if (!factor) throw new AuthError(404, 'mfa_factor_not_found', 'Factor not found')
  return { ...factor, last_step: Number(factor.last_step) }
}

async function hasSecondFactor(query: Query, userId: string): Promise<boolean> {
  const rows = await query(`select 1 from auth.mfa_factors where user_id = $1 and status = 'verified' limit 1`, [
    userId,
  ])
  return rows.length > 0
}

async function bodyOf<T>(context: Context, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(await context.req.json().catch(() => undefined))
  if (parsed.success) return parsed.data
  throw new AuthError(
    400,
    'validation_failed',
    `${parsed.error.issues[0]?.path.join('.') || 'body'} is missing or wrong`,
  )
}
