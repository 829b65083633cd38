/** What a persona may reach: host names by its list, addresses by what they are. */
import { networkInterfaces } from 'node:os'
import { domainToASCII } from 'node:url'
import ipaddr from 'ipaddr.js'

const WEB_PORTS = [80, 443]
/** Azure's host agent: a public address by its range, yet it answers only to machines inside. */
const INTERNAL_BY_CUSTOM = ['168.63.129.16']
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * True when the list names the host. Entries: `example.com` (that host alone), `*.example.com` (any host below it),
 * `*` (any host). They mean ports 80 and 443; `example.com:8443` means that port alone.
 */
export function isListed(host: string, port: number, allowedHosts: string[]): boolean {
  return allowedHosts.some((entry) => {
    const [, pattern = '', entryPort] = /^(.*?)(?::(\d+))?$/.exec(entry.trim().toLowerCase()) ?? []
    const portFits = entryPort ? Number(entryPort) === port : WEB_PORTS.includes(port)
    return portFits && hostFits(host.toLowerCase().replace(/\.$/, ''), pattern)
  })
}

function hostFits(host: string, pattern: string): boolean {
  if (pattern === '*') return true
  if (pattern.startsWith('*.')) return host.endsWith(`.${domainToASCII(pattern.slice(2))}`) && pattern.length > 2
  return pattern !== '' && host === (domainToASCII(pattern) || pattern)
}

/** True for an address of the public internet that is not this machine's own. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address) // an IPv4-mapped IPv6 address counts as what it maps
  if (parsed.range() !== 'unicast') return false
  if (parsed.kind() === 'ipv6' && !parsed.match(GLOBAL_IPV6)) return false
  const plain = parsed.toString()
  return !INTERNAL_BY_CUSTOM.includes(plain) && !ownAddresses().includes(plain)
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries) => entries?.map((entry) => entry.address) ?? [])
}
