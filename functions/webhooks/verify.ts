/** Checks the signature of a request, by scheme, in constant time; and says which delivery it is. */
import { Webhook } from 'standardwebhooks'
import type { WebhookScheme } from '../../contracts/api.ts'
import { sha256 } from '../_shared/cipher.ts'

/** Seconds that the sender's clock may be off. */
const MAX_AGE = 300
const DELIVERY_ID = /^[\x21-\x7e]{1,200}$/

export interface Delivery {
  /** Two requests with the same id, or the same fingerprint, are one delivery. */
  delivery_id: string
  /** SHA-256 of what was signed, where the id was not: the same request under another id is a replay. */
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

/** GitHub signs the body. */
const github: Verify = async (secret, headers, body) => {
  const signature = /^sha256=(.*)$/.exec(headers.get('x-hub-signature-256') ?? '')?.[1]
  return checked(secret, signature, body, headers.get('x-github-delivery'))
}

/** `x-signature-256`: HMAC-SHA256 in hex of the body, or of `x-timestamp` (Unix seconds), a dot and the body. */
const hmac: Verify = async (secret, headers, body) => {
  const timestamp = headers.get('x-timestamp')
  const signature = headers.get('x-signature-256') ?? undefined
  const id = headers.get('x-delivery-id')
  if (timestamp === null) return checked(secret, signature, body, id)
  if (!isRecent(timestamp)) return { reason: 'x-timestamp is not within five minutes of now' }
  const prefix = new TextEncoder().encode(`${timestamp}.`)
  const signed = new Uint8Array(prefix.length + body.length)
  signed.set(prefix)
  signed.set(body, prefix.length)
  return checked(secret, signature, signed, id)
}

const schemes: Record<WebhookScheme, Verify> = { standard, github, hmac }

/** `secret` as the sender was given it. */
export const verify = (scheme: WebhookScheme, ...request: Parameters<Verify>): Promise<Verification> =>
  schemes[scheme](...request)

async function checked(
  secret: string,
  signature: string | undefined,
  signed: Uint8Array<ArrayBuffer>,
  id: string | null,
): Promise<Verification> {
  const bytes = fromHex(signature ?? '')
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['verify'])
  const isGood = await crypto.subtle.verify('HMAC', key, bytes, signed)
  if (!isGood) return { reason: signature ? 'The signature does not fit' : 'The signature is missing' }
  const fingerprint = await sha256(signed)
  return { delivery: { delivery_id: id && DELIVERY_ID.test(id) ? id : fingerprint, fingerprint } }
}

const isRecent = (timestamp: string) =>
  /^\d{1,12}$/.test(timestamp) && Math.abs(Date.now() / 1000 - Number(timestamp)) <= MAX_AGE

/** Empty for what is not the hex of 32 bytes. */
function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[0-9a-f]{64}$/i.test(text)) return new Uint8Array()
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}
