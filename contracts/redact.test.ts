import { expect, test } from 'vitest'
import { redact } from './redact.ts'

test('cuts secrets out of strings, lists and objects, at any depth, and out of their names', () => {
  const value = { note: 'the key is s3cr3t!', list: [{ 's3cr3t!': 1 }, 's3cr3t!'], count: 7, none: null }
  expect(redact(value, ['s3cr3t!'])).toEqual({
    note: 'the key is [secret]',
    list: [{ '[secret]': 1 }, '[secret]'],
    count: 7,
    none: null,
  })
})

test('leaves no rest of a secret that holds another one', () => {
  expect(redact('token-and-more', ['token', 'token-and-more'])).toBe('[secret]')
})

test('finds a secret inside of a JSON text', () => {
  const secret = 'line one\n"line two"'
  expect(redact(JSON.stringify({ key: secret }), [secret])).toBe('{"key":"[secret]"}')
})

test('leaves very short values alone', () => {
  expect(redact('abc', ['a', 'abc'])).toBe('abc')
  expect(redact('abcd', ['abcd'])).toBe('[secret]')
})
