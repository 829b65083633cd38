/**
 * The HTTP client for addresses that tenants enter: model providers, webhooks. It resolves a name once, checks the addresses,
 * and connects only to those, so that neither a name nor a second DNS answer leads into the platform's own network. It
 * follows redirects only on the same host, so that body and key go nowhere else. Answers are limited in size and time.
 */
import { isIP } from 'node:net'
import { Agent, buildConnector, fetch as undiciFetch } from 'undici'
import { NOT_PUBLIC, type Target, targetOf } from '../../contracts/outgoing.ts'
import { answering, type Reach, reach } from './reach.ts'

const CONNECT_TIMEOUT_MS = 15_000
/** Time limit for the headers. A model may think before it answers. */
const HEADERS_TIMEOUT_MS = 130_000
/** Time limit between two pieces of the body. */
const IDLE_TIMEOUT_MS = 130_000
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024
const MAX_REDIRECTS = 3
/** These keep method and body; other redirects would turn a POST into a GET. */
const REDIRECTS = [307, 308]

/** The request, or a redirect of it, went to an address that is not allowed. The message is for people. */
export class ForbiddenTargetError extends Error {
  override name = 'ForbiddenTargetError'
}

export interface Outgoing {
  /**
   * Like the global `fetch`, for bodies of text or bytes. Rejects with a `ForbiddenTargetError` or with the error of the
   * connection. A body over 64 MB ends with an error.
   */
  fetch: typeof fetch
  close(): Promise<void>
}

export function openOutgoing(mayReach: Reach = reach()): Outgoing {
  const agent = new Agent({
    connect: checkedConnector(mayReach),
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: IDLE_TIMEOUT_MS,
    maxResponseSize: MAX_RESPONSE_BYTES,
  })
  const send = async (url: URL, init: RequestInit | undefined): Promise<Response> => {
    const options = { ...init, redirect: 'manual', dispatcher: agent } as Parameters<typeof undiciFetch>[1]
    return (await undiciFetch(url, options).catch(unwrap)) as unknown as Response
  }
  return {
    async fetch(input, init) {
      let url = new URL(input instanceof Request ? input.url : input)
      for (let redirects = 0; ; redirects++) {
        if (!/^https?:$/.test(url.protocol)) throw new ForbiddenTargetError('Only http and https are allowed.')
        const target = targetOf(url)
        if (isIP(target.host)) await addressesOf(target, mayReach)
        const response = await send(url, init)
        const location = response.headers.get('location')
        if (!REDIRECTS.includes(response.status) || !location) return response
        await response.body?.cancel()
        if (redirects === MAX_REDIRECTS) throw new ForbiddenTargetError('The server redirects too often.')
        url = sameHost(url, location)
      }
    },
    close: () => agent.close(),
  }
}

/** The redirect's URL. Throws unless it keeps host and port, or changes only from http to https. */
function sameHost(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined
  const isUpgrade = to?.protocol === 'https:' && to.hostname === from.hostname && !from.port && !to.port
  if (!to || (to.origin !== from.origin && !isUpgrade))
    throw new ForbiddenTargetError('The server redirects to another address. Enter that address instead.')
  return to
}

async function addressesOf(target: Target, mayReach: Reach): Promise<string[]> {
  const addresses = await mayReach(target)
  if (addresses.length === 0) throw new ForbiddenTargetError(`${target.host}:${target.port} ${NOT_PUBLIC}`)
  return addresses
}

/** Connects only to the addresses that were checked. */
function checkedConnector(mayReach: Reach): buildConnector.connector {
  return (options, callback) => {
    const target = targetOf(new URL(`${options.protocol}//${options.host}`))
    addressesOf(target, mayReach).then(
      (addresses) => {
        const connect = buildConnector({
          timeout: CONNECT_TIMEOUT_MS,
          allowH2: false,
          maxCachedSessions: 0,
          lookup: answering(addresses),
        })
        connect(options, callback)
      },
      (error: Error) => callback(error, null),
    )
  }
}

/** Finds the real cause, which `fetch` hides behind "fetch failed". */
function unwrap(error: unknown): never {
  throw error instanceof Error && error.cause instanceof Error ? error.cause : error
}
