/** Checks the signature of a request by its scheme, in constant time, and identifies the delivery. */
import { Webhook } from 'standardwebhooks'
import type { InboundScheme } from '../../contracts/api.ts'
import { sha256 } from '../_shared/access/cipher.ts'

/** How old a timestamp may be, in seconds. */
const MAX_AGE = 300
const DELIVERY_ID = /^[\x21-\x7e]{1,200}$/

export interface Delivery {
  /** Two requests with the same id, or the same fingerprint, are one delivery. */
  delivery_id: string
  /** SHA-256 of the signed content, for schemes that sign no id: equal content is the same delivery, whatever its id. */
  fingerprint?: string
}
/** `reason` is for the audit log. */
export type Verification = { delivery: Delivery } | { reason: string }

type Bytes = Uint8Array<ArrayBuffer>
type Verify = (secret: string, headers: Headers, body: Bytes) => Promise<Verification>

/** Standard Webhooks, and Svix with other header names: the signature covers id, time and body. */
const standard =
  (prefix: 'webhook' | 'svix'): Verify =>
  async (secret, headers, body) => {
    const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map(
      (name) => headers.get(`${prefix}-${name}`) ?? '',
    )
    const named = { 'webhook-id': id!, 'webhook-timestamp': timestamp!, 'webhook-signature': signature! }
    try {
      new Webhook(secret).verify(new TextDecoder().decode(body), named, { jsonParse: false })
    } catch (error) {
      return { reason: (error as Error).message }
    }
    return DELIVERY_ID.test(id!) ? { delivery: { delivery_id: id! } } : { reason: `${prefix}-id is not a valid id` }
  }

/**
 * The signature covers only the body, so a captured request looks like a new one: therefore an equal body is always the same
 * delivery. The unsigned id only helps to find the request in the sender's log.
 */
const ofBody =
  (signatureHeader: string, prefix: string, idHeader: string): Verify =>
  async (secret, headers, body) => {
    const signature = headers.get(signatureHeader) ?? ''
    const reason = await problemOf(secret, [signature.startsWith(prefix) ? signature.slice(prefix.length) : ''], body)
    return reason ? { reason } : { delivery: await byFingerprint(body, headers.get(idHeader)) }
  }

/** `x-signature-256` covers `x-timestamp`, a dot and the body. So an equal body with another time is a new event. */
const hmac: Verify = async (secret, headers, body) => {
  const timestamp = headers.get('x-timestamp') ?? ''
  if (!isRecent(timestamp)) return { reason: 'x-timestamp is not within five minutes of now' }
  const signed = joined(`${timestamp}.`, body)
  const reason = await problemOf(secret, [headers.get('x-signature-256') ?? ''], signed)
  return reason ? { reason } : { delivery: await byFingerprint(signed, headers.get('x-delivery-id')) }
}

/** Repeats have a new signature, but the body contains the event's id: an equal body is the same delivery. */
const stripe: Verify = async (secret, headers, body) => {
  const parts = (headers.get('stripe-signature') ?? '').split(',').map((part) => part.trim().split('=', 2))
  const valuesOf = (key: string) => parts.filter(([name]) => name === key).map(([, value = '']) => value)
  const [timestamp = ''] = valuesOf('t')
  if (!isRecent(timestamp)) return { reason: 'The time of stripe-signature is not within five minutes of now' }
  const reason = await problemOf(secret, valuesOf('v1').slice(0, 5), joined(`${timestamp}.`, body))
  return reason ? { reason } : { delivery: await byFingerprint(body) }
}

/** As for Stripe, a repeat has the same body and another time. */
const slack: Verify = async (secret, headers, body) => {
  const timestamp = headers.get('x-slack-request-timestamp') ?? ''
  if (!isRecent(timestamp)) return { reason: 'x-slack-request-timestamp is not within five minutes of now' }
  const signature = /^v0=(.*)$/.exec(headers.get('x-slack-signature') ?? '')?.[1] ?? ''
  const reason = await problemOf(secret, [signature], joined(`v0:${timestamp}:`, body))
  return reason ? { reason } : { delivery: await byFingerprint(body) }
}

const schemes = new Map<InboundScheme, Verify>([
  ['standard', standard('webhook')],
  ['svix', standard('svix')],
  ['github', ofBody('x-hub-signature-256', 'sha256=', 'x-github-delivery')],
  ['hmac_body', ofBody('x-signature-256', '', 'x-delivery-id')],
  ['hmac', hmac],
  ['stripe', stripe],
  ['slack', slack],
])

/** `secret` is the secret that the sender and the platform share. */
export const verify = (scheme: InboundScheme, ...request: Parameters<Verify>): Promise<Verification> =>
  schemes.get(scheme)!(...request)

async function byFingerprint(signed: Bytes, id: string | null = null): Promise<Delivery> {
  return { delivery_id: id && DELIVERY_ID.test(id) ? id : crypto.randomUUID(), fingerprint: await sha256(signed) }
}

function joined(prefix: string, body: Bytes): Bytes {
  const head = new TextEncoder().encode(prefix)
  const signed = new Uint8Array(head.length + body.length)
  signed.set(head)
  signed.set(body, head.length)
  return signed
}

/** What is wrong with the signatures; undefined if one of them is right. */
async function problemOf(secret: string, signatures: string[], signed: Bytes): Promise<string | undefined> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['verify'])
  for (const signature of signatures) {
    if (await crypto.subtle.verify('HMAC', key, fromHex(signature), signed)) return undefined
  }
  return signatures.some(Boolean) ? 'The signature is wrong' : 'The signature is missing'
}

const isRecent = (timestamp: string) =>
  /^\d{1,12}$/.test(timestamp) && Math.abs(Date.now() / 1000 - Number(timestamp)) <= MAX_AGE

/** Empty if the text is not the hex of 32 bytes. */
function fromHex(text: string): Bytes {
  if (!/^[0-9a-f]{64}$/i.test(text)) return new Uint8Array()
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}
