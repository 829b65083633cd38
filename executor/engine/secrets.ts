/** Decrypts the secrets that `functions/` encrypted: AES-256-GCM, with the tag at the end of the ciphertext, as in WebCrypto. */
import { createDecipheriv, createHash } from 'node:crypto'
import { SecretError } from '../failures.ts'
import type { SealedSecret } from '../platform/types.ts'

const TAG_BYTES = 16
const KEY_BYTES = 32

export type OpenSecret = (secret: SealedSecret) => string

/** `key`: base64 of 32 bytes. A sealed secret names its key by the first 8 hex digits of the key's SHA-256. */
export function secretOpener(key: string): OpenSecret {
  const bytes = Buffer.from(key, 'base64')
  const keyId = createHash('sha256').update(bytes).digest('hex').slice(0, 8)
  if (bytes.length !== KEY_BYTES) throw new SecretError('ENCRYPTION_KEY must be the base64 of 32 bytes.')
  return (secret) => {
    if (secret.key_id !== keyId) {
      throw new SecretError(`The secret ${secret.name} was encrypted with another key. Enter it again.`)
    }
    try {
      const sealed = Buffer.from(secret.ciphertext, 'base64')
      const decipher = createDecipheriv('aes-256-gcm', bytes, Buffer.from(secret.nonce, 'base64'))
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
      return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8')
    } catch (error) {
      throw new SecretError(`The secret ${secret.name} cannot be decrypted. Enter it again.`, { cause: error })
    }
  }
}
