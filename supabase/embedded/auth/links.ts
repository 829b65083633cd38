/** Makes the links that sign people in (invite, magic link, recovery, sign-up); `/auth/v1/verify` redeems them. */
import { z } from 'zod'
import type { DatabaseHandle, Query } from '../../../contracts/database-handle.ts'
import { AuthError, emailExists, userNotFound } from './errors.ts'
import type { Outbox } from './outbox.ts'
import { createUser, findUser, getUser, oneTimeToken, presentUser, UserAttributes, type UserRow } from './users.ts'

const Email = UserAttributes.shape.email.unwrap()
const Metadata = UserAttributes.shape.user_metadata

export const GenerateLink = z.object({
  type: z.enum(['signup', 'invite', 'magiclink', 'recovery']),
  email: Email,
  password: UserAttributes.shape.password,
  data: Metadata,
  redirect_to: z.string().optional(),
})
export type GenerateLink = z.infer<typeof GenerateLink>

export const Invite = z.object({ email: Email, data: Metadata })

export interface LinkSettings {
  /** Base of `/auth/v1/verify`. */
  apiUrl: string
  /** The default target of a link, and the origin that every target must have. */
  siteUrl: string
  outbox: Outbox
}

/** Replaces a target on another origin by our site, because links must not pass a session to other sites. */
export function safeRedirect(target: string | undefined, { apiUrl, siteUrl }: LinkSettings): string {
  if (!target || !URL.canParse(target)) return siteUrl
  const allowed = [apiUrl, siteUrl].map((url) => new URL(url).origin)
  return allowed.includes(new URL(target).origin) ? target : siteUrl
}

export async function generateLink(query: Query, settings: LinkSettings, request: GenerateLink, redirectTo?: string) {
  const user = await subject(query, request)
  const { otp, hash } = oneTimeToken(request.email)
  await query(
    request.type === 'magiclink' || request.type === 'recovery'
      ? 'update auth.users set recovery_token = $2, recovery_sent_at = now() where id = $1'
      : `update auth.users set confirmation_token = $2, confirmation_sent_at = now(),
           invited_at = case when $3 then now() else invited_at end where id = $1`,
    request.type === 'magiclink' || request.type === 'recovery'
      ? [user.id, hash]
      : [user.id, hash, request.type === 'invite'],
  )
  const target = safeRedirect(redirectTo, settings)
  const link = new URL('/auth/v1/verify', settings.apiUrl)
  link.search = new URLSearchParams({ token: hash, type: request.type, redirect_to: target }).toString()
  return {
    ...presentUser(await getUser(query, user.id)),
    action_link: link.href,
    email_otp: otp,
    hashed_token: hash,
    verification_type: request.type,
    redirect_to: target,
  }
}

/** Creates the account and puts the mail with its link into the outbox. */
export async function invite(
  database: DatabaseHandle,
  settings: LinkSettings,
  { email, data }: z.infer<typeof Invite>,
  redirectTo?: string,
) {
  const { action_link, email_otp, hashed_token, verification_type, redirect_to, ...user } = await database.transaction(
    (query) => generateLink(query, settings, { type: 'invite', email, data }, redirectTo),
  )
  await settings.outbox.put({ kind: 'invite', to: email, link: action_link, code: email_otp })
  return user
}

/** The account for the link. Recovery needs an existing account; sign-up and invite need a new or unconfirmed one. */
async function subject(query: Query, { type, email, password, data }: GenerateLink): Promise<UserRow> {
  const known = await findUser(query, { email })
  if (type === 'recovery' && !known) throw userNotFound()
  if (known?.email_confirmed_at && (type === 'signup' || type === 'invite')) throw emailExists()
  if (type === 'signup' && !password) throw new AuthError(400, 'validation_failed', 'Signup requires a valid password')
  return known ?? createUser(query, { email, password, user_metadata: data })
}
