import { describe, expect, test } from 'vitest'
import { isListed } from './rules.ts'

describe('isListed', () => {
  test.each([
    ['example.com', 443, ['example.com'], true],
    ['EXAMPLE.com.', 80, ['example.com'], true],
    ['www.example.com', 443, ['example.com'], false],
    ['www.example.com', 443, ['*.example.com'], true],
    ['a.b.example.com', 443, ['*.example.com'], true],
    ['example.com', 443, ['*.example.com'], false],
    ['badexample.com', 443, ['*.example.com'], false],
    ['example.com.evil.test', 443, ['example.com', '*.example.com'], false],
    ['example.com', 25, ['example.com'], false],
    ['example.com', 8443, ['example.com:8443'], true],
    ['example.com', 443, ['example.com:8443'], false],
    ['xn--bcher-kva.example', 443, ['bücher.example'], true],
    ['anything.test', 443, ['*'], true],
    ['anything.test', 22, ['*'], false],
    ['anything.test', 443, ['', '*.', '.'], false],
    ['anything.test', 443, [], false],
  ])('%s:%i by %j is %s', (host, port, list, expected) => {
    expect(isListed(host, port, list)).toBe(expected)
  })
})
