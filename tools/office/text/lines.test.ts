import { expect, test } from 'vitest'
import { isRightToLeft } from './direction.ts'
import { linesOf, pieces } from './lines.ts'

const characters = (text: string) => [...text].length

test.each([
  ['words', 'one two three', 7, ['one two', 'three']],
  ['a word that is too long', 'Donaudampfschiff fährt', 6, ['Donaud', 'ampfsc', 'hiff', 'fährt']],
  ['Chinese, with no sign at the start of a line', '世界人口，世界人口。', 4, ['世界人', '口，世界', '人口。']],
  ['Thai between words', 'สวัสดีชาวโลก', 9, ['สวัสดีชาว', 'โลก']],
  ['line breaks and empty lines', 'a\n\nb', 5, ['a', '', 'b']],
  ['spaces at the end of a line', 'four     five', 4, ['four', 'five']],
  ['nothing', '', 5, ['']],
  ['hyphens', 'well-known', 6, ['well-', 'known']],
])('breaks %s', (_, text, width, lines) => {
  expect(linesOf(text, width, characters)).toEqual(lines)
})

test('a width of zero still ends', () => {
  expect(linesOf('abc d', 0, characters)).toEqual(['a', 'b', 'c', 'd'])
})

test('the pieces are the text', () => {
  const text = 'One, two – 3.5 % 世界 สวัสดีชาวโลก \u{1F468}\u200D\u{1F469}\u200D\u{1F467} https://x.test/a?b=c'
  expect(pieces(text).join('')).toBe(text)
})

test.each([
  ['مرحبا', true],
  ['שלום', true],
  ['123 – שלום', true],
  ['Hello مرحبا', false],
  ['123', false],
  ['', false],
])('%s runs from right to left: %s', (text, expected) => {
  expect(isRightToLeft(text)).toBe(expected)
})
