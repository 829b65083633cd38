/** The identity of a connection or request: the role of an API key, or the role and claims of a JWT. */

import type { JWTPayload } from 'jose'
import { errors, jwtVerify } from 'jose'

export interface Identity {
  role: string
  claims: JWTPayload
  /** Seconds since 1970; null for API keys. */
  expiresAt: number | null
}

/** The token is refused. `message` and `code` are the same as Supabase's. */
export class TokenError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** The roles that requests may have. With any other role, every statement would fail. */
const ROLES: ReadonlySet<string> = new Set(['anon', 'authenticated', 'service_role'])

export interface Authenticator {
  /** The identity of an API key (publishable, secret, or a signed JWT). Throws TokenError. */
  key(apiKey: string): Promise<Identity>
  /** The identity of a user token. Throws TokenError. */
  token(jwt: string): Promise<Identity>
}

export function createAuthenticator(jwtSecret: string, keys: { publishable: string; secret: string }): Authenticator {
  const secret = new TextEncoder().encode(jwtSecret)
  const token = async (jwt: string): Promise<Identity> => {
    const { payload } = await jwtVerify(jwt.trim(), secret, { algorithms: ['HS256', 'HS384', 'HS512'] }).catch(refuse)
    if (typeof payload.role !== 'string' || typeof payload.exp !== 'number') {
      throw new TokenError('InvalidJWTToken', 'Fields `role` and `exp` are required in JWT')
    }
    if (!ROLES.has(payload.role)) throw new TokenError('InvalidJWTToken', 'The `role` of the JWT is not known')
    return { role: payload.role, claims: payload, expiresAt: payload.exp }
  }
  return {
    token,
    async key(apiKey) {
      if (apiKey === keys.publishable) return fromKey('anon')
      if (apiKey === keys.secret) return fromKey('service_role')
      return token(apiKey)
    },
  }
}

function fromKey(role: string): Identity {
  return { role, claims: { role }, expiresAt: null }
}

/** Throws if the token of this identity has expired. */
export function assertNotExpired(identity: Identity): void {
  if (identity.expiresAt === null) return
  const over = Math.floor(Date.now() / 1000) - identity.expiresAt
  if (over >= 0) throw new TokenError('InvalidJWTToken', `Token has expired ${over} seconds ago`)
}

function refuse(error: unknown): never {
  if (error instanceof errors.JWTExpired) {
    const over = Math.floor(Date.now() / 1000) - Number(error.payload.exp)
    throw new TokenError('InvalidJWTToken', `Token has expired ${over} seconds ago`)
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    throw new TokenError('JwtSignatureError', 'Failed to validate JWT signature')
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    throw new TokenError('JwtSignerError', 'Failed to generate JWT signer, check your JWT secret or JWKS configuration')
  }
  throw new TokenError('MalformedJWT', 'The token provided is not a valid JWT')
}
