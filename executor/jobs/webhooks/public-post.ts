/**
 * A POST that can reach only the public internet. Each connection, redirects included, goes to an address that was checked
 * after its name was resolved, so that no name can lead into the platform's own network.
 */
import { lookup } from 'node:dns'
import { isIP } from 'node:net'
import { Agent, fetch } from 'undici'
import { isPublicAddress } from '../../sandbox/egress/rules.ts'

const TIMEOUT_MS = 15_000
const MOST_REDIRECTS = 3
/** These keep method and body; other redirects would turn the POST into a GET. */
const REDIRECTS = [307, 308]

/** The request was not made, or led somewhere that is not allowed; the message is for people. */
export class ForbiddenTargetError extends Error {
  override name = 'ForbiddenTargetError'
}

export type IsAllowedAddress = (address: string) => boolean
export type PublicPost = (url: string, headers: Record<string, string>, body: string) => Promise<number>

/** Returns a function that posts and gives the status of the last answer. It rejects when there is none. */
export function publicPost(isAllowed: IsAllowedAddress = isPublicAddress): {
  post: PublicPost
  close(): Promise<void>
} {
  const agent = new Agent({ connect: { lookup: checkedLookup(isAllowed), timeout: TIMEOUT_MS } })
  const post: PublicPost = async (url, headers, body) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    let target = new URL(url)
    for (let redirects = 0; ; redirects++) {
      refuseBadTarget(target, isAllowed)
      const answer = await fetch(target, {
        method: 'POST',
        headers,
        body,
        redirect: 'manual',
        signal,
        dispatcher: agent,
      }).catch(unwrap)
      await answer.body?.cancel()
      const location = answer.headers.get('location')
      if (!REDIRECTS.includes(answer.status) || !location) return answer.status
      if (redirects === MOST_REDIRECTS) throw new ForbiddenTargetError('The endpoint redirects too often.')
      target = new URL(location, target)
    }
  }
  return { post, close: () => agent.close() }
}

function refuseBadTarget({ protocol, hostname }: URL, isAllowed: IsAllowedAddress): void {
  if (protocol !== 'https:' && protocol !== 'http:') throw new ForbiddenTargetError('Only http and https are allowed.')
  const host = hostname.replace(/^\[|\]$/g, '')
  // an address needs no lookup, so the check in the lookup would not see it
  if (isIP(host) && !isAllowed(host)) throw forbiddenAddress()
}

const forbiddenAddress = () => new ForbiddenTargetError('The endpoint is not on the public internet.')

/** Resolves as usual, but fails when any of the addresses is not allowed. */
function checkedLookup(isAllowed: IsAllowedAddress): typeof lookup {
  const checked = (hostname: string, options: object, callback: (...args: unknown[]) => void) =>
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error)
      if (!addresses.every(({ address }) => isAllowed(address))) return callback(forbiddenAddress())
      if ('all' in options && options.all) return callback(null, addresses)
      callback(null, addresses[0]!.address, addresses[0]!.family)
    })
  return checked as typeof lookup
}

/** `fetch` hides what happened behind "fetch failed". */
function unwrap(error: unknown): never {
  throw error instanceof Error && error.cause instanceof Error ? error.cause : error
}
