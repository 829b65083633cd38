/** AES-256-GCM for the rows of `secrets`. executor/engine/secrets.ts does the same in Node. */
import { BOUND, isBound, placeBytes, type SecretPlace } from '../../../contracts/sealed-secret.ts'

export type Sealed = {
  /** Base64; see contracts/sealed-secret.ts for its layout. */
  ciphertext: string
  /** Base64, 12 random bytes. */
  nonce: string
  /** The first 8 hex digits of the key's SHA-256: it shows which key was used, after a rotation. */
  key_id: string
}

/** `key` is 32 bytes in base64. The result opens at `place` only. */
export async function seal(key: string, plaintext: string, place: SecretPlace): Promise<Sealed> {
  const raw = fromBase64(key)
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const cryptoKey = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt'])
  const algorithm = { name: 'AES-GCM', iv, additionalData: placeBytes(place) }
  const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm, cryptoKey, new TextEncoder().encode(plaintext)))
  return {
    ciphertext: toBase64(Uint8Array.from([...BOUND, ...sealed])),
    nonce: toBase64(iv),
    key_id: await keyId(raw),
  }
}

/** The secret was sealed with another key than `ENCRYPTION_KEY`. */
export class OtherKeyError extends Error {
  override name = 'OtherKeyError'
}

/** Returns the plaintext. Throws `OtherKeyError`, or another error if the secret was changed or belongs to another place. */
export async function open(
  key: string,
  { ciphertext, nonce, key_id, ...place }: Sealed & SecretPlace,
): Promise<string> {
  const raw = fromBase64(key)
  if (key_id !== (await keyId(raw))) throw new OtherKeyError('The secret was encrypted with another key')
  const cryptoKey = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt'])
  const iv = fromBase64(nonce)
  const bytes = fromBase64(ciphertext)
  const opened = isBound(bytes)
    ? crypto.subtle.decrypt(
        { name: 'AES-GCM', iv, additionalData: placeBytes(place) },
        cryptoKey,
        bytes.subarray(BOUND.length),
      )
    : crypto.subtle.decrypt({ name: 'AES-GCM', iv }, cryptoKey, bytes)
  return new TextDecoder().decode(await opened)
}

const keyId = async (raw: Uint8Array<ArrayBuffer>) => (await sha256(raw)).slice(0, 8)

/** Hex. */
export async function sha256(data: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return toHex(digest)
}

/** A new webhook secret: 32 random bytes in hex. */
export const randomHex = () => toHex(crypto.getRandomValues(new Uint8Array(32)))
/** A new webhook secret in the form of Standard Webhooks. */
export const randomWebhookSecret = () => `whsec_${toBase64(crypto.getRandomValues(new Uint8Array(32)))}`

/** A new token for the link of an invitation: 32 random bytes in base64url. */
export function randomToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

const toHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
const fromBase64 = (text: string) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
const toBase64 = (bytes: Uint8Array) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
