/** AES-256-GCM for the rows of `secrets`: what is written here is read by the executor only. */

export interface Sealed {
  /** Base64; the tag of 16 bytes is appended. */
  ciphertext: string
  /** Base64, 12 bytes, new for each. */
  nonce: string
  /** The first 8 hex digits of the key's SHA-256: tells which key it was, after a rotation. */
  keyId: string
}

/** `key` is 32 bytes in base64. */
export async function seal(key: string, plaintext: string): Promise<Sealed> {
  const raw = fromBase64(key)
  const nonce = crypto.getRandomValues(new Uint8Array(12))
  const cryptoKey = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt'])
  const sealed = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv: nonce },
    cryptoKey,
    new TextEncoder().encode(plaintext),
  )
  return {
    ciphertext: toBase64(new Uint8Array(sealed)),
    nonce: toBase64(nonce),
    keyId: (await sha256(raw)).slice(0, 8),
  }
}

/** Hex. */
export async function sha256(data: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** 32 random bytes in base64url, for links that let somebody in. */
export function randomToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

const fromBase64 = (text: string) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
const toBase64 = (bytes: Uint8Array) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
