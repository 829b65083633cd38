/** The address of the caller, as far as the proxies in front can be trusted. */
import { callerAddress } from '../../../contracts/trusted-proxies.ts'
import type { Config } from '../config.ts'

/** `forwarded`: the header x-forwarded-for, to which the gateway has appended the address that it was called from. */
export function senderOf({ isTrustedProxy }: Config, forwarded = ''): string {
  const [, before, last = ''] = /^(?:(.*),)?([^,]*)$/s.exec(forwarded) ?? []
  return callerAddress(last.trim(), before, isTrustedProxy ?? (() => false))
}
