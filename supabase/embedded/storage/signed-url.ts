/** Signed links: everybody who has one can access its object until it expires. */
import { createHmac } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { StorageError } from './errors.ts'

interface Grant {
  url: string
  intent: 'download' | 'upload'
  owner?: string
  upsert?: boolean
}

export class SignedUrls {
  readonly #secret: Uint8Array

  /** A derived key, so that the token of a link does not work as an API token. */
  constructor(jwtSecret: string) {
    this.#secret = createHmac('sha256', jwtSecret).update('storage signed url').digest()
  }

  sign(grant: Grant, seconds: number): Promise<string> {
    return new SignJWT({ ...grant })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
      .sign(this.#secret)
  }

  async verify(token: string | undefined, intent: Grant['intent'], url: string): Promise<Grant> {
    const payload = await jwtVerify<Grant>(token ?? '', this.#secret, { algorithms: ['HS256'] }).then(
      (result) => result.payload,
      (error) => {
        const expired = error.code === 'ERR_JWT_EXPIRED'
        throw new StorageError(400, 'InvalidJWT', expired ? '"exp" claim timestamp check failed' : 'Invalid token')
      },
    )
    if (payload.intent !== intent || payload.url !== url)
      throw new StorageError(400, 'InvalidSignature', 'The token is for another object')
    return payload
  }
}
