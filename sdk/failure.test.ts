import { expect, test } from 'vitest'
import { Failure, isNotFound, messageOf } from './failure.ts'

test('people see the message of a refusal, even if Nuxt has wrapped it', () => {
  const refusal = new Failure('not_allowed', 'Your role does not allow this.', 403)
  expect(messageOf(refusal)).toBe('Your role does not allow this.')
  expect(messageOf(new Error('wrapped', { cause: refusal }))).toBe('Your role does not allow this.')
})

test('a failed fetch has a message for people', () => {
  expect(messageOf(new TypeError('Failed to fetch'))).toMatch(/cannot be reached/)
})

test.each([
  [new Failure('run_not_found', '', 404), true],
  [new Error('wrapped', { cause: new Failure('not_found', '', 404) }), true],
  [new Failure('22P02', 'invalid input syntax for type uuid', 400), true],
  [new Failure('not_allowed', '', 403), false],
  [new Error('other'), false],
])('%o is "not found": %s', (error, expected) => expect(isNotFound(error)).toBe(expected))
