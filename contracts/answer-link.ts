/**
 * The link in a mail with a question. The executor signs it and the functions check it. It is a JWT (HS256) that contains
 * the question and the person. It works once, because the database accepts only one decision for a question.
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

/** The key that signs these links. It is derived from ENCRYPTION_KEY (base64; RFC 5869), so that the two keys differ. */
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
