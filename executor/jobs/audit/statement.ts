/**
 * Signed heads of the audit chains. A statement has heads and the hash of the previous statement. The key is derived from
 * ENCRYPTION_KEY, which the database does not have. The public key is enough to verify a statement.
 */
import { createHash, createPrivateKey, createPublicKey, hkdfSync, sign, verify } from 'node:crypto'
import { z } from 'zod'

export const Statement = z.object({
  /** 1, 2, 3 … */
  n: z.int().positive(),
  at: z.iso.datetime(),
  /** The public key: Ed25519, 32 bytes in base64url. */
  key: z.string(),
  /** SHA-256 of the previous statement's text, in hex. Null in the first statement. */
  previous: z.string().nullable(),
  /** The heads of the chains that have grown since they were last signed. The hash is in hex. */
  heads: z.array(z.object({ workspace_id: z.uuid(), seq: z.int().positive(), hash: z.string() })),
})
export type Statement = z.infer<typeof Statement>
export type Head = Statement['heads'][number]

export const SignedStatement = z.object({
  n: z.int().positive(),
  /** The JSON of a `Statement`, exactly as it was signed. */
  statement: z.string(),
  /** Base64. */
  signature: z.string(),
})
export type SignedStatement = z.infer<typeof SignedStatement>

/** The PKCS #8 prefix before the 32 bytes of an Ed25519 private key. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

const privateKey = (encryptionKey: string) => {
  const seed = hkdfSync('sha256', Buffer.from(encryptionKey, 'base64'), '', 'persona-audit-heads', 32)
  const key = Buffer.concat([PKCS8_PREFIX, Buffer.from(seed)])
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

export const auditPublicKey = (encryptionKey: string) =>
  createPublicKey(privateKey(encryptionKey)).export({ format: 'jwk' }).x as string

export function signStatement(
  encryptionKey: string,
  content: { heads: Head[]; at: Date; previous: Pick<SignedStatement, 'n' | 'statement'> | null },
): SignedStatement {
  const n = (content.previous?.n ?? 0) + 1
  const statement = JSON.stringify({
    n,
    at: content.at.toISOString(),
    key: auditPublicKey(encryptionKey),
    previous: content.previous && hashOf(content.previous.statement),
    heads: content.heads,
  } satisfies Statement)
  return { n, statement, signature: sign(null, Buffer.from(statement), privateKey(encryptionKey)).toString('base64') }
}

/** The hash with which the next statement refers to this one. */
export const hashOf = (statement: string) => createHash('sha256').update(statement).digest('hex')

/** Throws an error with the reason unless one of these keys signed the statement. */
export function readStatement({ n, statement, signature }: SignedStatement, publicKeys: string[]): Statement {
  const content = Statement.parse(JSON.parse(statement))
  if (content.n !== n) throw new Error(`it calls itself statement ${content.n}`)
  if (!publicKeys.includes(content.key))
    throw new Error(`it was signed with the key ${content.key}, which is not trusted`)
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: content.key }, format: 'jwk' })
  if (!verify(null, Buffer.from(statement), key, Buffer.from(signature, 'base64'))) {
    throw new Error('its signature is wrong')
  }
  return content
}
