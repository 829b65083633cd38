import { expect, test } from 'vitest'
import { addPiece, readText, type StreamedText } from './streamed-text.ts'

const read = (...pieces: [number, string][]) =>
  readText(pieces.reduce<StreamedText>((text, [offset, piece]) => addPiece(text, { offset, text: piece }), []))

test('pieces in order make the text', () => expect(read([0, 'Hello '], [6, 'world'])).toBe('Hello world'))
test('a piece that comes twice shows once', () =>
  expect(read([0, 'Hello '], [0, 'Hello '], [6, 'you'])).toBe('Hello you'))
test('pieces that overlap are joined', () => expect(read([0, 'Hello'], [3, 'lo you'])).toBe('Hello you'))
test('a piece inside a known one changes nothing', () => expect(read([0, 'Hello you'], [2, 'll'])).toBe('Hello you'))
test('a late piece fills its gap', () => expect(read([0, 'a'], [2, 'c'], [1, 'b'])).toBe('abc'))
test('a missing part is shown as missing', () => expect(read([0, 'a'], [5, 'c'])).toBe('a … c'))
test('a reader that joins late sees that the beginning is missing', () => expect(read([9, 'world'])).toBe('… world'))
