import { expect, test } from 'vitest'
import { newSecret, stepAt, stepOfCode, totpCode } from './totp.ts'

/** The secret and the codes of RFC 6238, appendix B, with six digits. */
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_234_567_890, '005924'],
  [20_000_000_000, '353130'],
])('the code at %d s is %s', (seconds, code) => {
  expect(totpCode(secret, stepAt(seconds * 1000))).toBe(code)
})

test('a code fits for a step before and after, and only once', () => {
  const own = newSecret()
  const now = 1_800_000_000_000
  const step = stepAt(now)
  for (const away of [-1, 0, 1]) expect(stepOfCode(own, totpCode(own, step + away), 0, now)).toBe(step + away)
  expect(stepOfCode(own, totpCode(own, step - 2), 0, now)).toBeUndefined()
  expect(stepOfCode(own, totpCode(own, step), step, now)).toBeUndefined()
  expect(stepOfCode(own, '12345', 0, now)).toBeUndefined()
})
