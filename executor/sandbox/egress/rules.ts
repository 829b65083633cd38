/** The hosts that a persona may reach, by its list. */
import { domainToASCII } from 'node:url'

const WEB_PORTS = [80, 443]

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
