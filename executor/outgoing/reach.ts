/** Which addresses may be connected to for somebody else: the one rule of the outgoing client and of the sandboxes' proxy. */
import { lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { networkInterfaces } from 'node:os'
import ipaddr from 'ipaddr.js'
import { type InternalHosts, isInternalHost, isPublicRange, type Target } from '../../contracts/outgoing.ts'

/** All addresses of a name. */
export type Resolve = (host: string) => Promise<string[]>

/** The addresses of the target that may be connected to; none when all are forbidden. Rejects when the name is unknown. */
export type Reach = (target: Target) => Promise<string[]>

/** The public internet without this machine, and what the operator's list names. */
export function reach(internal: InternalHosts = new Set(), resolve: Resolve = resolveName): Reach {
  return async (target) => {
    const addresses = isIP(target.host) ? [target.host] : await resolve(target.host)
    return isInternalHost(internal, target) ? addresses : addresses.filter(isPublicAddress)
  }
}

/** A lookup that knows only these addresses. */
export function answering(addresses: string[]): LookupFunction {
  const known = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_host, { all }, callback) =>
    all ? callback(null, known) : callback(null, known[0]!.address, known[0]!.family)
}

/** True for an address of the public internet that is not this machine's own. */
const isPublicAddress = (address: string) =>
  isPublicRange(address) && !ownAddresses().includes(ipaddr.process(address).toString())

const ownAddresses = () => Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? [])

async function resolveName(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address)
}
