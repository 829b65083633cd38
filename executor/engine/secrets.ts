/** Decrypts the secrets that `functions/` encrypted: AES-256-GCM, laid out as contracts/sealed-secret.ts says. */
import { createDecipheriv, createHash } from 'node:crypto'
import { BOUND, isBound, placeBytes } from '../../contracts/sealed-secret.ts'
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
      throw new SecretError(`The secret ${secret.name} was encrypted with another ENCRYPTION_KEY. Enter it again.`)
    }
    try {
      return decrypt(bytes, secret)
    } catch (error) {
      throw new SecretError(
        `The secret ${secret.name} was changed, or moved here from another place, after it was encrypted. Enter it again.`,
        { cause: error },
      )
    }
  }
}

function decrypt(key: Buffer, secret: SealedSecret): string {
  const stored = Buffer.from(secret.ciphertext, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(secret.nonce, 'base64'))
  if (isBound(stored)) decipher.setAAD(placeBytes(secret))
  const sealed = isBound(stored) ? stored.subarray(BOUND.length) : stored
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8')
}
