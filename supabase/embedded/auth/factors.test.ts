/** Protects: the second factor works as supabase-js expects, and nothing works around it. */
import type { SupabaseClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases, type Instance, startInstanceOn } from '../../../tests/support/embedded/instance.ts'
import { stepAt, totpCode } from './totp.ts'

describe.each(databases)('on %s', (database) => {
  let stack: Instance
  beforeAll(async () => {
    stack = await startInstanceOn(database)
  })
  afterAll(() => stack.close())

  /** Later codes first: a code is valid only once, and so is every earlier one. */
  const codeNow = (secret: string, away = 0) => totpCode(secret, stepAt(Date.now()) + away)

  async function withFactor() {
    const { client, id, email } = await stack.signedIn()
    const enrolled = await client.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'Phone' })
    if (enrolled.error || enrolled.data.type !== 'totp') throw enrolled.error ?? new Error('no TOTP')
    const { id: factorId, totp } = enrolled.data
    const verified = await client.auth.mfa.challengeAndVerify({ factorId, code: codeNow(totp.secret, -1) })
    expect(verified.error).toBeNull()
    return { client, id, email, factorId, totp }
  }

  async function passwordOnly(email: string): Promise<SupabaseClient> {
    const client = stack.client()
    expect((await client.auth.signInWithPassword({ email, password: 'correct-horse' })).error).toBeNull()
    return client
  }

  const levels = async (client: SupabaseClient) => {
    const { data } = await client.auth.mfa.getAuthenticatorAssuranceLevel()
    return [data?.currentLevel, data?.nextLevel]
  }

  test('a factor is set up by its QR code, and raises the session that verified it', async () => {
    const { client, totp } = await withFactor()
    expect(totp.qr_code).toMatch(/^data:image\/svg\+xml/)
    expect(totp.uri).toMatch(/^otpauth:\/\/totp\//)
    expect(await levels(client)).toEqual(['aal2', 'aal2'])
    expect((await client.auth.refreshSession()).error).toBeNull()
    expect(await levels(client), 'a refresh keeps it').toEqual(['aal2', 'aal2'])
    expect((await client.auth.mfa.listFactors()).data?.totp).toHaveLength(1)
  })

  test('a sign-in with the password needs the code, which works once', async () => {
    const { email, factorId, totp } = await withFactor()
    const client = await passwordOnly(email)
    expect(await levels(client)).toEqual(['aal1', 'aal2'])
    const code = codeNow(totp.secret)
    const wrong = await client.auth.mfa.challengeAndVerify({ factorId, code: '000000' === code ? '111111' : '000000' })
    expect(wrong.error).toMatchObject({ code: 'mfa_verification_failed' })
    expect((await client.auth.mfa.challengeAndVerify({ factorId, code })).error).toBeNull()
    expect(await levels(client)).toEqual(['aal2', 'aal2'])
    const thief = await passwordOnly(email)
    expect((await thief.auth.mfa.challengeAndVerify({ factorId, code })).error).toMatchObject({
      code: 'mfa_verification_failed',
    })
  })

  test('the password alone changes neither password nor factors', async () => {
    const { email, factorId } = await withFactor()
    const client = await passwordOnly(email)
    const insufficient = { code: 'insufficient_aal' }
    expect((await client.auth.updateUser({ password: 'another-horse' })).error).toMatchObject(insufficient)
    expect((await client.auth.updateUser({ email: 'thief@example.test' })).error).toMatchObject(insufficient)
    expect((await client.auth.mfa.unenroll({ factorId })).error).toMatchObject(insufficient)
    const enroll = await client.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'Mine' })
    expect(enroll.error).toMatchObject(insufficient)
  })

  test('the first code ends all other sessions', async () => {
    const { client, email } = await stack.signedIn()
    const other = await passwordOnly(email)
    const { data } = await client.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'Phone' })
    if (data?.type !== 'totp') throw new Error('no TOTP')
    await client.auth.mfa.challengeAndVerify({ factorId: data.id, code: codeNow(data.totp.secret) })
    expect((await other.auth.refreshSession()).error).not.toBeNull()
  })

  test('guessing codes is slowed down', async () => {
    const { email, factorId, totp } = await withFactor()
    const client = await passwordOnly(email)
    const wrong = codeNow(totp.secret, 5)
    for (let n = 0; n < 10; n++) await client.auth.mfa.challengeAndVerify({ factorId, code: wrong })
    const limited = await client.auth.mfa.challengeAndVerify({ factorId, code: codeNow(totp.secret) })
    expect(limited.error).toMatchObject({ status: 429 })
  })

  test("nobody touches another person's factor", async () => {
    const { factorId, totp } = await withFactor()
    const { client: stranger } = await stack.signedIn()
    const verify = await stranger.auth.mfa.challengeAndVerify({ factorId, code: codeNow(totp.secret) })
    expect(verify.error).toMatchObject({ code: 'mfa_factor_not_found' })
    expect((await stranger.auth.mfa.unenroll({ factorId })).error).toMatchObject({ code: 'mfa_factor_not_found' })
  })

  test('a person removes a factor, and so does the operator for somebody who lost it', async () => {
    const own = await withFactor()
    expect((await own.client.auth.mfa.unenroll({ factorId: own.factorId })).error).toBeNull()
    const lost = await withFactor()
    const listed = await stack.admin.auth.admin.mfa.listFactors({ userId: lost.id })
    expect(listed.data?.factors).toHaveLength(1)
    const removed = await stack.admin.auth.admin.mfa.deleteFactor({ userId: lost.id, id: lost.factorId })
    expect(removed.error).toBeNull()
    expect(await levels(await passwordOnly(lost.email))).toEqual(['aal1', 'aal1'])
  })
})
