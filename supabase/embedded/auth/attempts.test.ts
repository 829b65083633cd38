import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CodeAttempts, PasswordAttempts } from './attempts.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('after thirty wrong codes a caller waits for five minutes, and nobody else does', () => {
  const attempts = new CodeAttempts()
  attempts.take('guesser')() // a correct code does not count
  for (let failures = 0; failures < 30; failures++) attempts.take('guesser')
  expect(() => attempts.take('guesser')).toThrow('Request rate limit reached')
  attempts.take('somebody else')
  vi.advanceTimersByTime(5 * 60_000 + 1)
  attempts.take('guesser')
})

describe('passwords', () => {
  const fail = (attempts: PasswordAttempts, address: string, times: number) => {
    for (let failures = 0; failures < times; failures++) attempts.take(address, 'ada@example.test')
  }

  test('are counted before they are checked: of many attempts at once, only ten are tried', () => {
    const attempts = new PasswordAttempts()
    fail(attempts, 'guesser', 10)
    expect(() => fail(attempts, 'guesser', 1)).toThrow('Request rate limit reached')
  })

  test('a guesser does not lock the owner out, and waits for fifteen seconds at most', () => {
    const attempts = new PasswordAttempts()
    fail(attempts, 'guesser', 10)
    fail(attempts, 'owner', 1)
    for (let more = 0; more < 20; more++) {
      vi.advanceTimersByTime(15_000)
      fail(attempts, 'guesser', 1)
    }
    expect(() => attempts.take('guesser', 'ADA@example.test')).toThrow('Request rate limit reached')
    attempts.take('guesser', 'bob@example.test')
    fail(attempts, 'owner', 1)
    vi.advanceTimersByTime(15_000)
    fail(attempts, 'guesser', 1)
  })

  test('the wait grows', () => {
    const attempts = new PasswordAttempts()
    fail(attempts, 'guesser', 10)
    for (const seconds of [1, 2, 4, 8, 15, 15]) {
      vi.advanceTimersByTime(seconds * 1000 - 1)
      expect(() => fail(attempts, 'guesser', 1)).toThrow()
      vi.advanceTimersByTime(1)
      fail(attempts, 'guesser', 1)
    }
  })

  test('a caller that has signed in before has a larger allowance', () => {
    const attempts = new PasswordAttempts()
    attempts.take('owner', 'ada@example.test')()
    fail(attempts, 'owner', 20)
    expect(() => fail(attempts, 'owner', 1)).toThrow()
  })
})
