/**
 * Where a request may go whose address a tenant named: to the public internet, and to the hosts on the operator's list
 * INTERNAL_HOSTS. Everything here is known without asking the DNS; the executor checks again what a name resolves to.
 */
import ipaddr from 'ipaddr.js'

/** `host:port` of each, in lower case, an IPv6 address in brackets. */
export type InternalHosts = ReadonlySet<string>

export interface Target {
  /** A name or an address, without brackets. */
  host: string
  port: number
}

/** Azure's host agent: a public address by its range, yet it answers only to machines inside. */
const INTERNAL_BY_CUSTOM = ['168.63.129.16']
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3')
/** RFC 6761 and 8375, and what clouds use: these names never lead to the public internet. */
const INTERNAL_NAMES = /(^|\.)(localhost|localdomain|local|internal|home\.arpa)$/

/**
 * Reads a list such as `ollama:11434, 10.0.0.7:8000, [::1]:4000`; spaces, commas and line breaks separate. Throws an error
 * that names the entry which is no `host:port`.
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

/** As `INTERNAL_HOSTS` names it. */
export const hostAndPort = (url: URL): string => keyOf(targetOf(url))

const keyOf = ({ host, port }: Target) => `${host.includes(':') ? `[${host}]` : host.toLowerCase()}:${port}`

/** The URL parser writes every spelling of an IPv4 address in the usual form. */
export function targetOf(url: URL): Target {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  return { host, port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)) }
}

/** True for an address that lies in a range of the public internet. */
export function isPublicRange(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address) // an IPv4-mapped IPv6 address counts as what it maps
  if (parsed.range() !== 'unicast') return false
  if (parsed.kind() === 'ipv6' && !parsed.match(GLOBAL_IPV6)) return false
  return !INTERNAL_BY_CUSTOM.includes(parsed.toString())
}

/** Why a request to this URL would always be refused, in words for people; undefined where that depends on the DNS. */
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
