import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Attempts } from './attempts.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('after thirty failures a caller waits for five minutes, and nobody else does', () => {
  const attempts = new Attempts()
  for (let failures = 0; failures < 30; failures++) {
    attempts.assertAllowed('guesser')
    attempts.failed('guesser')
  }
  expect(() => attempts.assertAllowed('guesser')).toThrow('Request rate limit reached')
  attempts.assertAllowed('somebody else')
  vi.advanceTimersByTime(5 * 60_000 + 1)
  attempts.assertAllowed('guesser')
})
