import { expect, test } from 'vitest'
import { FilterError, parseFilters } from './filters.ts'

const filter = (column: string, operator: string, value: string, negate = false) => ({
  column,
  operator,
  value,
  negate,
})

test.each([
  ['', []],
  ['  ', []],
  ['id=eq.1', [filter('id', 'eq', '1')]],
  ['a=eq.x.y=z', [filter('a', 'eq', 'x.y=z')]],
  ['id=gt.0,id=lt.100', [filter('id', 'gt', '0'), filter('id', 'lt', '100')]],
  ['id=in.(1,2),b=is.null', [filter('id', 'in', '{1,2}'), filter('b', 'is', 'null')]],
  ['id=not.in.("a,b",c)', [filter('id', 'in', '{"a,b",c}', true)]],
  ['t=eq."a,\\"b\\""', [filter('t', 'eq', 'a,"b"')]],
  ['t=like.5" nails', [filter('t', 'like', '5" nails')]],
])('%s', (text, filters) => {
  expect(parseFilters(text)).toEqual(filters)
})

test.each([
  ['undefined', '["undefined"]'],
  ['id=foo.1', '["foo","1"]'],
  ['id=eq', '["eq",""]'],
  ['id=in.1', '`in` filter value must be wrapped by parentheses'],
  ['id=eq.1,', 'filter must not contain empty segments (check for extra commas)'],
])('%s is refused', (text, message) => {
  expect(() => parseFilters(text)).toThrow(new FilterError(message))
})
