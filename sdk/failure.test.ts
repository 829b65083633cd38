import { expect, test } from 'vitest'
import { Failure, isNotFound, messageOf } from './failure.ts'

test('the message of a refusal reaches people, also through Nuxt’s wrapping', () => {
  const refusal = new Failure('not_allowed', 'Your role does not allow this.', 403)
  expect(messageOf(refusal)).toBe('Your role does not allow this.')
  expect(messageOf(new Error('wrapped', { cause: refusal }))).toBe('Your role does not allow this.')
})

test('a failed fetch is told as what it is', () => {
  expect(messageOf(new TypeError('Failed to fetch'))).toMatch(/cannot be reached/)
})

test.each([
  [new Failure('run_not_found', '', 404), true],
  [new Error('wrapped', { cause: new Failure('not_found', '', 404) }), true],
  [new Failure('22P02', 'invalid input syntax for type uuid', 400), true],
  [new Failure('not_allowed', '', 403), false],
  [new Error('other'), false],
])('%o leads nowhere: %s', (error, expected) => expect(isNotFound(error)).toBe(expected))
