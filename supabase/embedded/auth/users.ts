/** Accounts in GoTrue's tables, changed like its admin API does. Passwords are hashed with bcrypt, as lite's sign-in expects. */
import { createHash, randomInt, randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Query } from '../../../contracts/database-handle.ts'
import { emailExists, userNotFound } from './errors.ts'
import { hashPassword } from './passwords.ts'

/** The limit of RFC 5321. */
export const MAX_EMAIL_LENGTH = 254
const BANNED_FOREVER_YEARS = 290

const Metadata = z.record(z.string(), z.unknown())

/** The fields that `auth.admin.createUser` and `updateUserById` send. */
export const UserAttributes = z.object({
  id: z.uuid().optional(),
  email: z.email().max(MAX_EMAIL_LENGTH).toLowerCase().optional(),
  password: z.string().min(6).max(72).optional(),
  email_confirm: z.boolean().optional(),
  phone: z.string().optional(),
  user_metadata: Metadata.optional(),
  app_metadata: Metadata.optional(),
  /** A duration of Go ("24h", "1h30m") or "none". */
  ban_duration: z
    .string()
    .regex(/^(none|(\d+(\.\d+)?(h|m|s))+)$/)
    .optional(),
  role: z.literal('authenticated').optional(),
})
export type UserAttributes = z.infer<typeof UserAttributes>

/** A row of auth.users with its identities, as `select` below returns it. */
export interface UserRow {
  id: string
  email: string | null
  email_confirmed_at: Date | null
  banned_until: Date | null
  raw_app_meta_data: Record<string, unknown>
  raw_user_meta_data: Record<string, unknown>
  [column: string]: unknown
}

const select = `
  select u.id, u.aud, u.role, u.email, u.phone, u.email_confirmed_at, u.confirmed_at, u.invited_at,
    u.confirmation_sent_at, u.recovery_sent_at, u.last_sign_in_at, u.banned_until, u.created_at, u.updated_at,
    coalesce(u.raw_app_meta_data, '{}') as raw_app_meta_data, coalesce(u.raw_user_meta_data, '{}') as raw_user_meta_data,
    (select coalesce(jsonb_agg(jsonb_build_object(
        'identity_id', i.id, 'id', i.provider_id, 'user_id', i.user_id, 'identity_data', i.identity_data,
        'provider', i.provider, 'email', i.email, 'last_sign_in_at', i.last_sign_in_at,
        'created_at', i.created_at, 'updated_at', i.updated_at)), '[]')
      from auth.identities i where i.user_id = u.id) as identities,
    (select jsonb_agg(jsonb_build_object('id', f.id, 'friendly_name', f.friendly_name, 'factor_type', f.factor_type,
        'status', f.status, 'created_at', f.created_at, 'updated_at', f.updated_at) order by f.created_at)
      from auth.mfa_factors f where f.user_id = u.id) as factors
  from auth.users u`

export async function findUser(query: Query, by: { id: string } | { email: string }): Promise<UserRow | undefined> {
  const [column, value] = 'id' in by ? ['id', by.id] : ['email', by.email.toLowerCase()]
  const [row] = await query<UserRow>(`${select} where u.${column} = $1 and u.deleted_at is null`, [value])
  return row
}

export async function getUser(query: Query, id: string): Promise<UserRow> {
  const user = await findUser(query, { id })
  if (!user) throw userNotFound()
  return user
}

export async function listUsers(query: Query, page: number, perPage: number) {
  const [{ total } = { total: 0 }] = await query<{ total: number }>(
    'select count(*) as total from auth.users where deleted_at is null',
  )
  const users = await query<UserRow>(
    `${select} where u.deleted_at is null order by u.created_at desc, u.id limit $1 offset $2`,
    [perPage, (page - 1) * perPage],
  )
  return { users, total }
}

export async function createUser(query: Query, attributes: UserAttributes & { email: string }): Promise<UserRow> {
  const id = attributes.id ?? randomUUID()
  if (await findUser(query, { email: attributes.email })) throw emailExists()
  await query(
    `insert into auth.users (id, aud, role, email, phone, encrypted_password, email_confirmed_at, banned_until,
       raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
     values ($1, 'authenticated', 'authenticated', $2, $3, $4, case when $5::boolean then now() end, $6, $7, $8, now(), now())`,
    [
      id,
      attributes.email,
      attributes.phone ?? null,
      attributes.password ? await hashPassword(attributes.password) : null,
      attributes.email_confirm ?? false,
      bannedUntil(attributes.ban_duration) ?? null,
      { provider: 'email', providers: ['email'], ...attributes.app_metadata },
      attributes.user_metadata ?? {},
    ],
  )
  await query(
    `insert into auth.identities (id, provider, provider_id, user_id, identity_data) values ($1, 'email', $2::text, ($2::text)::uuid, $3)`,
    [
      randomUUID(),
      id,
      { sub: id, email: attributes.email, email_verified: attributes.email_confirm ?? false, phone_verified: false },
    ],
  )
  return getUser(query, id)
}

/** Merges metadata key by key, as GoTrue does; null removes a key. A new password ends the user's sessions. */
export async function updateUser(query: Query, id: string, attributes: UserAttributes): Promise<UserRow> {
  const user = await getUser(query, id)
  if (attributes.email && attributes.email !== user.email) {
    if (await findUser(query, { email: attributes.email })) throw emailExists()
    await query(
      `update auth.identities set identity_data = identity_data || jsonb_build_object('email', $2::text), updated_at = now()
       where user_id = $1 and provider = 'email'`,
      [id, attributes.email],
    )
  }
  await query(
    `update auth.users set
       email = coalesce($2, email), phone = coalesce($3, phone), encrypted_password = coalesce($4, encrypted_password),
       email_confirmed_at = case when $5::boolean then coalesce(email_confirmed_at, now()) else email_confirmed_at end,
       banned_until = case when $6::boolean then $7::timestamptz else banned_until end,
       raw_app_meta_data = $8, raw_user_meta_data = $9, updated_at = now()
     where id = $1`,
    [
      id,
      attributes.email ?? null,
      attributes.phone ?? null,
      attributes.password ? await hashPassword(attributes.password) : null,
      attributes.email_confirm ?? false,
      attributes.ban_duration !== undefined,
      bannedUntil(attributes.ban_duration) ?? null,
      merge(user.raw_app_meta_data, attributes.app_metadata),
      merge(user.raw_user_meta_data, attributes.user_metadata),
    ],
  )
  if (attributes.password) await endSessions(query, id)
  return getUser(query, id)
}

export async function deleteUser(query: Query, id: string): Promise<void> {
  await getUser(query, id)
  await endSessions(query, id)
  await query('delete from auth.users where id = $1', [id])
}

const merge = (known: Record<string, unknown>, changes: Record<string, unknown> = {}) =>
  Object.fromEntries(Object.entries({ ...known, ...changes }).filter(([, value]) => value !== null))

async function endSessions(query: Query, id: string) {
  await query('delete from auth.refresh_tokens where user_id = $1', [id])
  await query('delete from auth.sessions where user_id = $1', [id])
}

export const isBanned = (user: Pick<UserRow, 'banned_until'>) =>
  user.banned_until !== null && user.banned_until.getTime() > Date.now()

/** The user as GoTrue shows it, without the password's hash and without tokens. */
export function presentUser({ raw_app_meta_data, raw_user_meta_data, ...columns }: UserRow) {
  const shown = Object.entries(columns).filter(([, value]) => value !== null)
  return {
    phone: '',
    ...Object.fromEntries(shown),
    app_metadata: raw_app_meta_data,
    user_metadata: raw_user_meta_data,
    is_anonymous: false,
  }
}

/** A one-time code, and its hash, which the tables store and links contain. */
export function oneTimeToken(email: string): { otp: string; hash: string } {
  const otp = String(randomInt(1_000_000)).padStart(6, '0')
  return { otp, hash: tokenHash(email, otp) }
}

export const tokenHash = (email: string, otp: string) =>
  createHash('sha256')
    .update(email.toLowerCase() + otp)
    .digest('hex')

function bannedUntil(duration: string | undefined): Date | undefined {
  if (duration === undefined || duration === 'none') return undefined
  const seconds = { h: 3600, m: 60, s: 1 }
  let total = 0
  for (const [, amount, unit] of duration.matchAll(/([\d.]+)([hms])/g))
    total += Number(amount) * seconds[unit as keyof typeof seconds]
  return new Date(Date.now() + Math.min(total, BANNED_FOREVER_YEARS * 365 * 86_400) * 1000)
}
