/** Refuses addresses that no request will ever be sent to, when they are saved. The executor checks again when it sends. */
import { parseInternalHosts, refusalOf } from '../../../contracts/outgoing.ts'
import type { Config } from '../config.ts'
import { Problem } from '../problem.ts'

/** Throws `address_not_allowed`, which names the field. */
export function requireReachable({ internalHosts = '' }: Config, field: string, url: string): void {
  const message = refusalOf(url, parseInternalHosts(internalHosts))
  if (message) throw new Problem('address_not_allowed', message, [{ path: field, message }])
}
