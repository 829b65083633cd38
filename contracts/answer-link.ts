/**
 * The link in a mail that asks a person something. The executor signs it and the functions check it. It is a JWT (HS256)
 * that names the question and the person. It works once because the database lets a question be decided only once.
 */
import { z } from 'zod'

export const ANSWER_AUDIENCE = 'persona-answer'

export const AnswerClaims = z.object({
  /** The approval. */
  sub: z.uuid(),
  /** Who was asked. */
  user_id: z.uuid(),
})
export type AnswerClaims = z.infer<typeof AnswerClaims>

/** The key of these links: derived from ENCRYPTION_KEY (base64), so that neither works in place of the other (RFC 5869). */
export async function answerLinkKey(encryptionKey: string): Promise<Uint8Array> {
  const bytes = Uint8Array.from(atob(encryptionKey), (char) => char.charCodeAt(0))
  const material = await crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveBits'])
  const info = new TextEncoder().encode(ANSWER_AUDIENCE)
  const bits = await crypto.subtle.deriveBits(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info },
    material,
    256,
  )
  return new Uint8Array(bits)
}
