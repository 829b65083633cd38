import { expect, test } from 'vitest'
import { exceeded } from './json-size.ts'

const limits = { depth: 4, outer: 10, values: 20 }
const check = (text: string) => exceeded(new TextEncoder().encode(text), limits)

test.each([
  '',
  'no json',
  '[[[[1]]]]',
  '{"a": "[[[[[[[[[[[[[[,,,,,,,,,,,,,,,,,,,,,,,,,,,"}',
  '{"a": "\\"[[[[[[[[[[[[,,,,,,,,,,,,,,,,,,,,,,,,,,"}',
  '[1,2,3,4,5,6,7,8,9,10]',
  '{"a": {"b": [1,2,3,4,5,6,7,8,9,10,11,12]}}',
])('%s is let through', (text) => {
  expect(check(text)).toBeUndefined()
})

test.each([
  ['[[[[[1]]]]]', 'depth'],
  ['[['.repeat(1000), 'depth'],
  [`[${Array(12).fill(1)}]`, 'outer'],
  [`[${Array(6).fill('{"a": 1, "b": 2}')}]`, 'outer'],
  [`{"a": {"b": [${Array(30).fill(1)}]}}`, 'values'],
])('%s is over a limit', (text, limit) => {
  expect(check(text)).toBe(limit)
})
