import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { seal } from '../../functions/_shared/access/cipher.ts'
import { SecretError } from '../failures.ts'
import { secretOpener } from './secrets.ts'

const key = randomBytes(32).toString('base64')

const sealed = async (value: string) => ({ name: 'KEY', ...(await seal(key, value)) })

it('opens what the functions sealed', async () => {
  const secret = await sealed('sk-ü-123')
  expect(secretOpener(key)(secret)).toBe('sk-ü-123')
})

it('refuses what another key sealed, and what was changed', async () => {
  const secret = await sealed('sk-123')
  const other = secretOpener(randomBytes(32).toString('base64'))
  expect(() => other(secret)).toThrow('encrypted with another key')
  const changed = Buffer.from(secret.ciphertext, 'base64')
  changed[0]! ^= 1
  const open = secretOpener(key)
  expect(() => open({ ...secret, ciphertext: changed.toString('base64') })).toThrow(SecretError)
  expect(() => open({ ...secret, ciphertext: '' })).toThrow(SecretError)
})

it('refuses a key of the wrong length', () => {
  expect(() => secretOpener('c2hvcnQ=')).toThrow('32 bytes')
})
