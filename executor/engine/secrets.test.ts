import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { BOUND } from '../../contracts/sealed-secret.ts'
import { open, seal } from '../../functions/_shared/access/cipher.ts'
import { SecretError } from '../failures.ts'
import { secretOpener } from './secrets.ts'

const key = randomBytes(32).toString('base64')

const place = { workspace_id: '01890000-0000-7000-8000-00000000000a', name: 'KEY' }
const sealed = async (value: string) => ({ ...place, ...(await seal(key, value, place)) })

/** A secret in the first release's format, which is not bound to a workspace and a name. */
function sealedBefore(value: string) {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key, 'base64'), nonce)
  const ciphertext = Buffer.concat([cipher.update(value), cipher.final(), cipher.getAuthTag()]).toString('base64')
  const key_id = createHash('sha256').update(Buffer.from(key, 'base64')).digest('hex').slice(0, 8)
  return { ...place, ciphertext, nonce: nonce.toString('base64'), key_id }
}

it('decrypts what the functions encrypted', async () => {
  const secret = await sealed('sk-ü-123')
  expect(secretOpener(key)(secret)).toBe('sk-ü-123')
})

it('refuses a secret of another key, and one that was changed', async () => {
  const secret = await sealed('sk-123')
  const other = secretOpener(randomBytes(32).toString('base64'))
  expect(() => other(secret)).toThrow('encrypted with another ENCRYPTION_KEY')
  const changed = Buffer.from(secret.ciphertext, 'base64')
  changed[0]! ^= 1
  const open = secretOpener(key)
  expect(() => open({ ...secret, ciphertext: changed.toString('base64') })).toThrow(SecretError)
  expect(() => open({ ...secret, ciphertext: '' })).toThrow(SecretError)
})

it.each([
  ['another row', { ...place, name: 'OTHER' }],
  ['another workspace', { ...place, workspace_id: '01890000-0000-7000-8000-00000000000b' }],
])('refuses a ciphertext that was moved to %s', async (_, elsewhere) => {
  const moved = { ...(await sealed('sk-123')), ...elsewhere }
  expect(() => secretOpener(key)(moved)).toThrow('was changed, or moved here')
  await expect(open(key, moved)).rejects.toThrow()
  const unmarked = Buffer.from(moved.ciphertext, 'base64').subarray(BOUND.length).toString('base64')
  expect(() => secretOpener(key)({ ...moved, ciphertext: unmarked })).toThrow('was changed, or moved here')
})

it('accepts the workspace id in upper and lower case', async () => {
  const secret = await seal(key, 'sk-123', { ...place, workspace_id: place.workspace_id.toUpperCase() })
  expect(secretOpener(key)({ ...place, ...secret })).toBe('sk-123')
})

it('decrypts what the previous release encrypted', async () => {
  const secret = sealedBefore('sk-ü-123')
  expect(secretOpener(key)(secret)).toBe('sk-ü-123')
  expect(await open(key, secret)).toBe('sk-ü-123')
})

it('refuses a key of the wrong length', () => {
  expect(() => secretOpener('c2hvcnQ=')).toThrow('32 bytes')
})
