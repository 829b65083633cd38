/** Time-based one-time codes (RFC 6238) with the parameters that every authenticator app supports: SHA-1, 30 s, six digits. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const STEP_SECONDS = 30
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** 160 random bits in base32. */
export const newSecret = () => Array.from(randomBytes(32), (byte) => BASE32[byte % 32]).join('')

export function totpUri(secret: string, issuer: string, account: string): string {
  const query = new URLSearchParams({ secret, issuer, algorithm: 'SHA1', digits: '6', period: String(STEP_SECONDS) })
  return `otpauth://totp/${encodeURIComponent(`${issuer}:${account}`)}?${query}`
}

export function totpCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const digest = createHmac('sha1', fromBase32(secret)).update(counter).digest()
  const offset = (digest.at(-1) as number) & 15
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

export const stepAt = (ms: number) => Math.floor(ms / 1000 / STEP_SECONDS)

/** The step that the code is of, if it is the current one, the one before or the one after, and later than `usedStep`. */
export function stepOfCode(secret: string, code: string, usedStep: number, now = Date.now()): number | undefined {
  const steps = [-1, 0, 1].map((away) => stepAt(now) + away)
  return steps.find((step) => step > usedStep && isSame(totpCode(secret, step), code))
}

const isSame = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

function fromBase32(text: string): Buffer {
  const bits = Array.from(text, (letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
