/** Decides to which addresses the platform may connect on behalf of tenants, for the outgoing client and the sandboxes' proxy. */
import { lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { networkInterfaces } from 'node:os'
import ipaddr from 'ipaddr.js'
import { type InternalHosts, isInternalHost, isPublicRange, type Target } from '../../contracts/outgoing.ts'

/** All addresses of a name. */
export type Resolve = (host: string) => Promise<string[]>

/** The allowed addresses of the target; none if all are forbidden. Rejects if the name is unknown. */
export type Reach = (target: Target) => Promise<string[]>

/** Allows the public internet except this machine, and the hosts on the operator's list. */
export function reach(internal: InternalHosts = new Set(), resolve: Resolve = resolveName): Reach {
  return async (target) => {
    const addresses = isIP(target.host) ? [target.host] : await resolve(target.host)
    return isInternalHost(internal, target) ? addresses : addresses.filter(isPublicAddress)
  }
}

/** A DNS lookup that returns only these addresses. */
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
