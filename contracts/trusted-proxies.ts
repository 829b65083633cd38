/**
 * Finds the caller's address behind the proxies that the operator lists in TRUSTED_PROXIES. Each proxy appends the address of
 * its own caller to x-forwarded-for, so the header is read from the right. The first address that is not a trusted proxy is
 * the caller; everything to the left of it was written by the caller and may be false.
 */
import ipaddr from 'ipaddr.js'

export type IsTrustedProxy = (address: string) => boolean

/**
 * Reads addresses and ranges such as `127.0.0.1, 10.0.0.0/8, fd00::/8`, separated by spaces, commas or line breaks. Throws an
 * error that names the first entry that is neither. An empty list trusts nobody.
 */
export function parseTrustedProxies(list: string): IsTrustedProxy {
  const ranges = list
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(rangeOf)
  return (address) => {
    if (!ipaddr.isValid(address)) return false
    const parsed = ipaddr.process(address)
    return ranges.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits))
  }
}

const ENTRY = /^(\d+(\.\d+){3}|[\da-f.]*:[\da-f:.]*)(\/\d+)?$/i

function rangeOf(entry: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  if (ENTRY.test(entry) && ipaddr.isValidCIDR(entry)) return ipaddr.parseCIDR(entry)
  if (!ENTRY.test(entry) || !ipaddr.isValid(entry)) {
    throw new Error(`TRUSTED_PROXIES: "${entry}" is neither an address nor a range like 10.0.0.0/8.`)
  }
  const address = ipaddr.process(entry)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

/** The caller's address. `peer`: who opened the connection; `forwarded`: the header x-forwarded-for. */
export function callerAddress(peer: string, forwarded: string | null | undefined, isTrusted: IsTrustedProxy): string {
  let address = peer
  const hops = (forwarded ?? '').split(',').map((hop) => hop.trim())
  while (isTrusted(address)) {
    const hop = hops.pop()
    if (!hop || !ipaddr.isValid(hop)) break
    address = ipaddr.process(hop).toString()
  }
  return address
}
