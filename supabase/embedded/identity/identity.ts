/** Finds out who sends a request. The API key stands for a role; a user's token in `Authorization` takes precedence. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { decodeJwt, type JWTPayload, jwtVerify, SignJWT } from 'jose'

import type { DatabaseHandle, Query } from '../../../contracts/database-handle.ts'
import type { Keys } from './keys.ts'

export type Role = 'anon' | 'authenticated' | 'service_role'
export interface Identity {
  role: Role
  /** The claims of the verified token; for a key, only its role. */
  claims: JWTPayload
}

/** There is no key, a wrong key or a bad token. `message` is for the client. */
export class Unauthorized extends Error {}

const roles: readonly unknown[] = ['anon', 'authenticated', 'service_role'] satisfies Role[]

export class Identities {
  readonly #keys: Keys
  readonly #secret: Uint8Array

  constructor(keys: Keys) {
    this.#keys = keys
    this.#secret = new TextEncoder().encode(keys.jwtSecret)
  }

  /** The role of an `sb_…` key; undefined if it is not ours. */
  roleOfKey(key: string): Role | undefined {
    if (same(key, this.#keys.publishable)) return 'anon'
    if (same(key, this.#keys.secret)) return 'service_role'
    return undefined
  }

  /** Throws `Unauthorized`. A request without any key is `anon`, but only if `keyless` allows it (links to files). */
  async of(request: Request, { keyless = false } = {}): Promise<Identity> {
    const bearer = bearerOf(request)
    const key = apiKeyOf(request) ?? (bearer?.startsWith('sb_') ? bearer : undefined)
    if (!key && !keyless) throw new Unauthorized('No API key found in request')
    const role = key ? this.roleOfKey(key) : 'anon'
    if (!role) throw new Unauthorized('Invalid API key')
    if (!bearer || bearer === key) return { role, claims: { role } }
    return bearer.startsWith('sb_') ? this.#ofKey(bearer) : this.ofToken(bearer)
  }

  async ofToken(token: string): Promise<Identity> {
    try {
      const { payload } = await jwtVerify(token, this.#secret, { algorithms: ['HS256'] })
      if (roles.includes(payload.role)) return { role: payload.role as Role, claims: payload }
    } catch {
      // the client must not learn why the token is not valid
    }
    throw new Unauthorized('Invalid JWT')
  }

  /** A token for `role`, like the legacy keys. Edge functions get it instead of an API key that was sent as bearer. */
  tokenFor(role: Role): Promise<string> {
    return new SignJWT({ role, iss: 'supabase' })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(this.#secret)
  }

  #ofKey(key: string): Identity {
    const role = this.roleOfKey(key)
    if (!role) throw new Unauthorized('Invalid API key')
    return { role, claims: { role } }
  }
}

/** Throws `Unauthorized` for a token with an unknown role, because lite, which verifies the token, would try to use that role. */
export function assertKnownRole(request: Request): void {
  const bearer = bearerOf(request)
  if (!bearer || bearer.startsWith('sb_')) return
  let role: unknown
  try {
    role = decodeJwt(bearer).role
  } catch {
    return // not a token: lite refuses it
  }
  if (role !== undefined && !roles.includes(role)) throw new Unauthorized('Invalid JWT')
}

export const bearerOf = (request: Request) => /^Bearer\s+(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]

export const apiKeyOf = (request: Request) =>
  request.headers.get('apikey') ?? new URL(request.url).searchParams.get('apikey') ?? undefined

function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

/** Runs `work` in one transaction with the rights of `identity`, as PostgREST does. */
export function asIdentity<T>(
  database: DatabaseHandle,
  { role, claims }: Identity,
  work: (query: Query) => Promise<T>,
): Promise<T> {
  return database.transaction(async (query) => {
    await query(
      `select set_config('role', $1, true), set_config('request.jwt.claims', $2, true),
         set_config('request.jwt.claim.sub', $3, true), set_config('request.jwt.claim.role', $1, true)`,
      [role, JSON.stringify(claims), claims.sub ?? ''],
    )
    return work(query)
  })
}
