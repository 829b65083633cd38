import { expect, test } from 'vitest'
import { parseArguments } from './edited-arguments.ts'

test('a JSON object is taken', () =>
  expect(parseArguments('{"to": ["a@b.test"]}')).toEqual({ value: { to: ['a@b.test'] } }))
test.each(['[1]', '"text"', 'null'])('%s is no object', (text) =>
  expect(parseArguments(text).problem).toMatch(/JSON object/),
)
test('a slip is told', () => expect(parseArguments('{"a": }').problem).toMatch(/not JSON/))
