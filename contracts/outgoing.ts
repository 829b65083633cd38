/**
 * Where requests to addresses that tenants enter may go: to the public internet, and to the hosts that the operator lists in
 * INTERNAL_HOSTS. The checks here need no DNS look-up; the executor also checks the addresses that a name resolves to.
 */
import ipaddr from 'ipaddr.js'

/** `host:port` in lower case, with an IPv6 address in brackets. */
export type InternalHosts = ReadonlySet<string>

export interface Target {
  /** A name or an address, without brackets. */
  host: string
  port: number
}

/** Azure's host agent has an address in a public range, but only machines inside can reach it. */
const INTERNAL_BY_CUSTOM = ['168.63.129.16']
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3')
/** Names that never lead to the public internet: those of RFC 6761 and 8375, and those that clouds use. */
const INTERNAL_NAMES = /(^|\.)(localhost|localdomain|local|internal|home\.arpa)$/

/**
 * Reads a list such as `ollama:11434, 10.0.0.7:8000, [::1]:4000`, separated by spaces, commas or line breaks. Throws an error
 * that names the first entry that is not `host:port`.
 */
export function parseInternalHosts(list: string): InternalHosts {
  return new Set(
    list
      .split(/[\s,]+/)
      .filter(Boolean)
      .map((entry) => {
        const isWhole = /^[^/?#@\s]+:\d{1,5}$/.test(entry) && URL.canParse(`http://${entry}`)
        if (!isWhole) throw new Error(`INTERNAL_HOSTS: "${entry}" is not host:port.`)
        return hostAndPort(new URL(`http://${entry}`))
      }),
  )
}

export const isInternalHost = (hosts: InternalHosts, target: Target): boolean => hosts.has(keyOf(target))

/** The host and port of a URL in the form of `INTERNAL_HOSTS`. */
export const hostAndPort = (url: URL): string => keyOf(targetOf(url))

const keyOf = ({ host, port }: Target) => `${host.includes(':') ? `[${host}]` : host.toLowerCase()}:${port}`

/** The URL parser has already brought every spelling of an IPv4 address into the usual form. */
export function targetOf(url: URL): Target {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  return { host, port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)) }
}

/** True if the address is in a range of the public internet. */
export function isPublicRange(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address) // turns an IPv4-mapped IPv6 address into the IPv4 address
  if (parsed.range() !== 'unicast') return false
  if (parsed.kind() === 'ipv6' && !parsed.match(GLOBAL_IPV6)) return false
  return !INTERNAL_BY_CUSTOM.includes(parsed.toString())
}

/** Why a request to this URL is always refused, as a sentence for people; undefined if it may be allowed (see the DNS check). */
export function refusalOf(url: string, internal: InternalHosts): string | undefined {
  if (!URL.canParse(url)) return 'This is not a URL.'
  const parsed = new URL(url)
  if (!/^https?:$/.test(parsed.protocol)) return 'Only http and https are allowed.'
  const target = targetOf(parsed)
  if (isInternalHost(internal, target)) return undefined
  const isInside = ipaddr.isValid(target.host) ? !isPublicRange(target.host) : INTERNAL_NAMES.test(target.host)
  return isInside ? `${target.host}:${target.port} ${NOT_PUBLIC}` : undefined
}

export const NOT_PUBLIC =
  'is not on the public internet. The operator of this installation can allow it with INTERNAL_HOSTS.'
