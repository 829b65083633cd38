import { describe, expect, test } from 'vitest'
import { isListed, isPublicAddress } from './rules.ts'

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

describe('isPublicAddress', () => {
  test.each(['93.184.216.34', '8.8.8.8', '2606:2800:220:1:248:1893:25c8:1946'])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  test.each([
    '127.0.0.1',
    '127.8.8.8',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '100.100.100.200',
    '192.0.0.192',
    '198.18.0.1',
    '168.63.129.16',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:169.254.169.254',
    '::ffff:0:127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::a00:1',
    '2002:7f00:1::',
    '2001:0:53aa:64c:0:0:80ff:fffe',
    '2001:db8::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    'not an address',
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
})
