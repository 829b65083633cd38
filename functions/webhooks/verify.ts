/** Checks the signature of a request, by scheme, in constant time; and says which delivery it is. */
import { Webhook } from 'standardwebhooks'
import type { WebhookScheme } from '../../contracts/api.ts'
import { sha256 } from '../_shared/access/cipher.ts'

/** Seconds that the sender's clock may be off. */
const MAX_AGE = 300
const DELIVERY_ID = /^[\x21-\x7e]{1,200}$/

export interface Delivery {
  /** Two requests with the same id, or the same fingerprint, are one delivery. */
  delivery_id: string
  /** SHA-256 of what was signed: the same within half an hour is the same delivery, whatever its id. */
  fingerprint?: string
}
/** `reason` is for the audit log. */
export type Verification = { delivery: Delivery } | { reason: string }

type Verify = (secret: string, headers: Headers, body: Uint8Array<ArrayBuffer>) => Promise<Verification>

/** Standard Webhooks: signs id, time and body. */
const standard: Verify = async (secret, headers, body) => {
  try {
    const text = new TextDecoder().decode(body)
    new Webhook(secret).verify(text, Object.fromEntries(headers), { jsonParse: false })
  } catch (error) {
    return { reason: (error as Error).message }
  }
  const delivery_id = headers.get('webhook-id') ?? ''
  return DELIVERY_ID.test(delivery_id) ? { delivery: { delivery_id } } : { reason: 'webhook-id is not an id' }
}

/** GitHub signs the body alone, and may send the same one on purpose: its delivery id decides. */
const github: Verify = async (secret, headers, body) => {
  const signature = /^sha256=(.*)$/.exec(headers.get('x-hub-signature-256') ?? '')?.[1]
  const delivery_id = idOf(headers.get('x-github-delivery'))
  const reason = await problemOf(secret, signature, body)
  if (reason) return { reason }
  return delivery_id ? { delivery: { delivery_id } } : { reason: 'x-github-delivery is not an id' }
}

/**
 * `x-signature-256`: HMAC-SHA256 in hex of the body, or of `x-timestamp` (Unix seconds), a dot and the body. With a
 * timestamp a request is one delivery, whatever its id, which is not signed. Without, `x-delivery-id` decides; where that
 * is missing, too, nobody can tell a repetition from a replay or a new event of the same words: within half an hour it is
 * the same delivery.
 */
const hmac: Verify = async (secret, headers, body) => {
  const timestamp = headers.get('x-timestamp')
  const signature = headers.get('x-signature-256') ?? undefined
  const id = idOf(headers.get('x-delivery-id'))
  if (timestamp === null) {
    const reason = await problemOf(secret, signature, body)
    if (reason) return { reason }
    return { delivery: id ? { delivery_id: id } : await byFingerprint(body) }
  }
  if (!isRecent(timestamp)) return { reason: 'x-timestamp is not within five minutes of now' }
  const prefix = new TextEncoder().encode(`${timestamp}.`)
  const signed = new Uint8Array(prefix.length + body.length)
  signed.set(prefix)
  signed.set(body, prefix.length)
  const reason = await problemOf(secret, signature, signed)
  return reason ? { reason } : { delivery: await byFingerprint(signed, id) }
}

const schemes: Record<WebhookScheme, Verify> = { standard, github, hmac }

/** `secret` as the sender was given it. */
export const verify = (scheme: WebhookScheme, ...request: Parameters<Verify>): Promise<Verification> =>
  schemes[scheme](...request)

const idOf = (header: string | null) => (header && DELIVERY_ID.test(header) ? header : undefined)

const byFingerprint = async (signed: Uint8Array<ArrayBuffer>, id: string = crypto.randomUUID()) => ({
  delivery_id: id,
  fingerprint: await sha256(signed),
})

/** What is wrong with a signature, if anything. */
async function problemOf(
  secret: string,
  signature: string | undefined,
  signed: Uint8Array<ArrayBuffer>,
): Promise<string | undefined> {
  const bytes = fromHex(signature ?? '')
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['verify'])
  const isGood = await crypto.subtle.verify('HMAC', key, bytes, signed)
  if (isGood) return undefined
  return signature ? 'The signature does not fit' : 'The signature is missing'
}

const isRecent = (timestamp: string) =>
  /^\d{1,12}$/.test(timestamp) && Math.abs(Date.now() / 1000 - Number(timestamp)) <= MAX_AGE

/** Empty for what is not the hex of 32 bytes. */
function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[0-9a-f]{64}$/i.test(text)) return new Uint8Array()
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}
