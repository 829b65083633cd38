/** Makes API keys, checks the key of a request, and signs the token that acts for its person. */
import { SignJWT } from 'jose'
import { z } from 'zod'
import { API_KEY, Id } from '../../../contracts/api.ts'
import type { Config } from '../config.ts'
import { find } from '../data/database.ts'
import type { UsedKey } from '../http/context.ts'
import { Problem } from '../problem.ts'
import { sha256 } from './cipher.ts'
import { serviceClient } from './service.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const TOKEN_SECONDS = 300

/** The answer of `use_api_key`. */
const Used = z.object({ id: Id, user_id: Id })

/** A new key, with what the database stores of it. */
export async function newApiKey(): Promise<{ secret: string; prefix: string; key_hash: string }> {
  const prefix = `ppk_${randomLetters(8)}`
  const secret = `${prefix}_${randomLetters(40)}`
  return { secret, prefix, key_hash: await sha256(secret) }
}

/** Throws `bad_api_key` if the key is unknown, revoked or expired. */
export async function useApiKey(config: Config, key: string, traceId: string): Promise<UsedKey> {
  const prefix = API_KEY.exec(key)?.[1]
  if (!prefix) throw new Problem('bad_api_key')
  const key_hash = await sha256(key)
  const used = await find(serviceClient(config, traceId).rpc('use_api_key', { prefix, key_hash }))
  if (!used) throw new Problem('bad_api_key')
  return Used.parse(used)
}

/**
 * A token of the key's person. Auth refuses it, because the key is no session that Auth knows: with a key, nobody can change
 * the account.
 */
export function tokenOf({ jwtSecret }: Config, key: UsedKey, expiresAt: Date): Promise<string> {
  if (!jwtSecret) throw new Error('JWT_SECRET is not set, so API keys cannot be used')
  return new SignJWT({ role: 'authenticated', api_key: key.id, session_id: key.id, aal: 'aal1' })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(key.user_id)
    .setAudience('authenticated')
    .setIssuedAt()
    .setExpirationTime(expiresAt)
    .sign(new TextEncoder().encode(jwtSecret))
}

export const tokenEnd = () => new Date(Date.now() + TOKEN_SECONDS * 1000)

/** Rejects bytes that would make some letters more likely than others. */
function randomLetters(length: number): string {
  const fair = 256 - (256 % LETTERS.length)
  let letters = ''
  while (letters.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      if (byte < fair && letters.length < length) letters += LETTERS[byte % LETTERS.length]
    }
  }
  return letters
}
