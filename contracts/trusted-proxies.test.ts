import { expect, it } from 'vitest'
import { callerAddress, parseTrustedProxies } from './trusted-proxies.ts'

const proxies = '127.0.0.1, 10.0.0.0/8\nfd00::/8'

it.each([
  ['nobody is trusted without a list', '', '127.0.0.1', '198.51.100.7', '127.0.0.1'],
  ['a proxy tells who called it', proxies, '127.0.0.1', '198.51.100.7', '198.51.100.7'],
  ['so does one with an address in the form of IPv6', proxies, '::ffff:127.0.0.1', '198.51.100.7', '198.51.100.7'],
  ['what the caller itself wrote does not count', proxies, '127.0.0.1', '203.0.113.1, 198.51.100.7', '198.51.100.7'],
  ['several proxies in a row', proxies, 'fd00::1', '203.0.113.1, 198.51.100.7, 10.1.2.3', '198.51.100.7'],
  ['a caller that is no proxy writes what it likes', proxies, '198.51.100.7', '203.0.113.1', '198.51.100.7'],
  ['no header', proxies, '127.0.0.1', undefined, '127.0.0.1'],
  ['junk in the header', proxies, '127.0.0.1', '198.51.100.7, junk', '127.0.0.1'],
  ['all are proxies', proxies, '127.0.0.1', '10.0.0.1', '10.0.0.1'],
  ['one address in several spellings', proxies, '127.0.0.1', '2001:DB8:0::1', '2001:db8::1'],
])('%s', (_, list, peer, forwarded, caller) => {
  expect(callerAddress(peer, forwarded, parseTrustedProxies(list))).toBe(caller)
})

it.each(['proxy.local', '10.0.0.0/33', '10', '10/8', '::g'])('an entry like %s is refused by name', (entry) => {
  expect(() => parseTrustedProxies(`127.0.0.1 ${entry}`)).toThrow(`"${entry}"`)
})
