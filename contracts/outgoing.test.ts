/** Protects: the API, the executor and the egress proxy read INTERNAL_HOSTS and addresses in the same way. */
import { describe, expect, test } from 'vitest'
import { isInternalHost, isPublicRange, parseInternalHosts, refusalOf } from './outgoing.ts'

describe('isPublicRange', () => {
  test.each(['93.184.216.34', '8.8.8.8', '2606:2800:220:1:248:1893:25c8:1946'])('%s is public', (address) => {
    expect(isPublicRange(address)).toBe(true)
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
    expect(isPublicRange(address)).toBe(false)
  })
})

describe('INTERNAL_HOSTS', () => {
  test('names hosts with their ports, in any spelling of an address', () => {
    const hosts = parseInternalHosts('Ollama:11434, 10.0.0.7:8000\n[::1]:4000 2130706433:80,')
    expect([...hosts]).toEqual(['ollama:11434', '10.0.0.7:8000', '[::1]:4000', '127.0.0.1:80'])
    expect(isInternalHost(hosts, { host: 'ollama', port: 11434 })).toBe(true)
    expect(isInternalHost(hosts, { host: 'ollama', port: 443 })).toBe(false)
    expect(isInternalHost(hosts, { host: '::1', port: 4000 })).toBe(true)
    expect(parseInternalHosts('').size).toBe(0)
  })

  test.each(['ollama', 'http://ollama:1', 'a:b', 'u@h:1', 'h:1/x', ':80', 'h:99999'])('%s is refused', (entry) => {
    expect(() => parseInternalHosts(entry)).toThrow('is not host:port')
  })
})

describe('refusalOf', () => {
  const internal = parseInternalHosts('127.0.0.1:11434 ollama.internal:80')

  test.each([
    'https://api.example.com/v1',
    'HTTPS://api.example.com/v1',
    'http://8.8.8.8/',
    'http://127.0.0.1:11434/v1',
    'http://0x7f.1:11434/v1',
    'http://ollama.internal/v1',
    'http://name-that-only-the-dns-knows/v1',
  ])('%s may be allowed', (url) => {
    expect(refusalOf(url, internal)).toBeUndefined()
  })

  test.each([
    'http://127.0.0.1/v1',
    'http://127.0.0.1:11435/v1',
    'http://localhost:11434/v1',
    'http://LOCALHOST./v1',
    'http://a.localhost/',
    'http://[::1]:11434/',
    'http://[::ffff:10.0.0.1]/',
    'http://10.0.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://metadata.google.internal/',
    'https://ollama.internal/v1',
    'ftp://example.com/',
    'nonsense',
  ])('%s never is', (url) => {
    expect(refusalOf(url, internal)).toMatch(/not on the public internet|Only http|not a URL/)
  })
})
