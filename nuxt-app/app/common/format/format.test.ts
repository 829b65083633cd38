import { expect, test } from 'vitest'
import { formatCost, formatCount, formatSize } from './amounts.ts'
import { formatAgo, formatSpan } from './times.ts'

test.each([
  [0, '€0.00'],
  [0.0004, '€0.0004'],
  [1.234, '€1.23'],
])('cost %s is %s', (amount, text) => expect(formatCost(amount)).toBe(text))

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1500, '1.5 kB'],
  [123_456, '123 kB'],
  [2_500_000, '2.5 MB'],
])('%s bytes are %s', (bytes, text) => expect(formatSize(bytes)).toBe(text))

test.each([
  [340, '340 ms'],
  [2400, '2.4 s'],
  [59_600, '1 min'],
  [185_000, '3 min 5 s'],
  [3_720_000, '1 h 2 min'],
])('%s ms are %s', (ms, text) => expect(formatSpan(ms)).toBe(text))

test.each([
  [10, 'just now'],
  [300, '5 min ago'],
  [7200, '2 h ago'],
  [100_000, 'yesterday'],
  [300_000, '3 days ago'],
])('%s seconds back is %s', (seconds, text) => {
  const now = Date.parse('2026-11-23T12:00:00Z')
  expect(formatAgo(now - seconds * 1000, now)).toBe(text)
})

test('counts have their noun', () => {
  expect([formatCount(1, 'run'), formatCount(1200, 'run')]).toEqual(['1 run', '1,200 runs'])
})
