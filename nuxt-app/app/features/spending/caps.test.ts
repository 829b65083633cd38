import { expect, test } from 'vitest'
import { capColor, capWords, shareOf } from './caps.ts'

const use = { cost: 1, reserved: 1, calls: 30, max_cost: null, max_calls: null }

test.each([
  [use, null, 'No cap'],
  [{ ...use, max_cost: 10 }, 0.2, 'Cap: €10.00'],
  [{ ...use, max_calls: 40 }, 0.75, 'Cap: 40 calls'],
  [{ ...use, max_cost: 10, max_calls: 40 }, 0.75, 'Cap: €10.00 and 40 calls'],
  [{ ...use, max_cost: 1 }, 1, 'Cap: €1.00'],
  [{ ...use, max_cost: 0 }, 1, 'Cap: €0.00'],
])('%j is used by %s: %s', (given, share, words) => {
  expect(shareOf(given)).toBe(share)
  expect(capWords(given, 'EUR')).toBe(words)
})

test('the color warns where the alert does', () => {
  expect([0, 0.79, 0.8, 1].map(capColor)).toEqual(['primary', 'primary', 'warning', 'error'])
})
