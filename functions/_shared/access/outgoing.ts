/** Refuses to save addresses that the platform never sends requests to. The executor checks again before it sends. */
import { parseInternalHosts, refusalOf } from '../../../contracts/outgoing.ts'
import type { Config } from '../config.ts'
import { Problem } from '../problem.ts'

/** Throws `address_not_allowed` with the name of the field. */
export function requireReachable({ internalHosts = '' }: Config, field: string, url: string): void {
  const message = refusalOf(url, parseInternalHosts(internalHosts))
  if (message) throw new Problem('address_not_allowed', message, [{ path: field, message }])
}
