/**
 * A persona's only way to the network: an HTTP proxy (plain requests and CONNECT) on the persona's own Unix socket, so that
 * it needs no credentials. It allows the hosts on the persona's list, resolves names itself, refuses addresses that are not
 * public, and connects only to the address that it checked, so that a second DNS answer changes nothing.
 */
import { chmod, rm } from 'node:fs/promises'
import { type ClientRequest, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect, type LookupFunction, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Logger } from 'pino'
import type { Target } from '../../../contracts/outgoing.ts'
import { answering, type Reach, reach } from '../../outgoing/reach.ts'
import { isListed } from './rules.ts'
import { parseAuthority, parseUrl, Refusal } from './target.ts'

const MAX_CONNECTIONS = 128
const MAX_SOCKET_PATH_BYTES = 107
const CONNECT_TIMEOUT_MS = 10_000
const IDLE_TIMEOUT_MS = 120_000
const MAX_LIFETIME_MS = 60 * 60_000
/** Headers about the connection to the proxy, not about the request. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'upgrade']

export interface EgressOptions {
  /** Where to listen. The folder must exist and belong only to this persona. */
  socketPath: string
  personaId: string
  log: Logger
  /** Trace ids of the calls that are running, for the log. */
  traceIds(): string[]
  /** The allowed addresses. Default: public ones. */
  reach?: Reach
}

export interface EgressDoor {
  /** Replaces the list. Connections to hosts that are no longer on it end. Entries are as in `isListed`. */
  allow(hosts: string[]): void
  close(): Promise<void>
}

/** Starts listening. Fails when the socket's path is too long for the system. */
export async function openEgressDoor(options: EgressOptions): Promise<EgressDoor> {
  const { socketPath, log } = options
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) {
    throw new Error(`The data folder's path is too long for a Unix socket (${socketPath}). Choose a shorter DATA_DIR.`)
  }
  const door = new Door(options)
  const server = createServer((incoming, response) => void door.forward(incoming, response))
  server.on('connect', (incoming, client, head) => void door.tunnel(incoming, client, head))
  server.on('clientError', (_error, socket) => socket.destroy())
  server.maxConnections = MAX_CONNECTIONS
  await rm(socketPath, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socketPath, resolve)
  })
  server.on('error', (error) => log.error({ err: error }, 'an egress proxy failed'))
  await chmod(socketPath, 0o666) // the sandbox runs as another user; the folder above is closed to others
  return {
    allow: (hosts) => door.allow(hosts),
    async close() {
      door.allow([])
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

class Door {
  readonly #options: EgressOptions
  readonly #open = new Map<Socket, Target>()
  #allowedHosts: string[] = []

  constructor(options: EgressOptions) {
    this.#options = options
  }

  allow(hosts: string[]): void {
    this.#allowedHosts = hosts
    for (const [socket, { host, port }] of this.#open) if (!isListed(host, port, hosts)) socket.destroy()
  }

  /** CONNECT host:port, for TLS and everything else that is not plain HTTP. */
  async tunnel(incoming: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    const entry = this.#entry('CONNECT', incoming)
    client.on('error', () => {}) // either side may hang up at any time
    try {
      const target = parseAuthority(incoming.url ?? '')
      entry.target = target
      const upstream = connect({ ...target, lookup: await this.#vettedLookup(target) })
      await connected(upstream)
      this.#watch(upstream, target)
      const { remoteAddress } = upstream
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.write(head)
      await pipeline(client, upstream, client).catch(() => {})
      entry.allowed(upstream, remoteAddress)
    } catch (error) {
      client.end(entry.refused(error).toHttp(), () => client.destroy())
    }
  }

  /** GET http://host/path and other plain requests. */
  async forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const entry = this.#entry(incoming.method ?? 'GET', incoming)
    try {
      const { url, target } = parseUrl(incoming.url ?? '')
      entry.target = target
      const upstream = request({
        ...target,
        method: incoming.method,
        path: `${url.pathname}${url.search}`,
        headers: { ...endToEndHeaders(incoming), host: url.host },
        lookup: await this.#vettedLookup(target),
        agent: false,
        timeout: IDLE_TIMEOUT_MS,
      })
      upstream.once('socket', (socket) => this.#watch(socket, target))
      response.once('close', () => upstream.destroy())
      const answer = await exchange(incoming, upstream)
      const { socket } = answer
      const { remoteAddress } = socket
      response.writeHead(answer.statusCode ?? 502, endToEndHeaders(answer))
      await pipeline(answer, response).catch(() => {})
      entry.allowed(socket, remoteAddress)
    } catch (error) {
      const refusal = entry.refused(error)
      response.writeHead(refusal.status, refusal.message, refusal.headers).end(refusal.message)
    }
  }

  /** A DNS lookup that returns only allowed addresses. Throws `Refusal`. */
  async #vettedLookup({ host, port }: Target): Promise<LookupFunction> {
    const { reach: addressesOf = reach() } = this.#options
    if (!isListed(host, port, this.#allowedHosts)) {
      const named = `${host}${port === 80 || port === 443 ? '' : `:${port}`}`
      throw new Refusal(
        403,
        `${named} is not among this persona's allowed hosts. Somebody who may edit the persona can add it there.`,
      )
    }
    const permitted = await addressesOf({ host, port })
    if (permitted.length === 0) {
      throw new Refusal(403, `${host} is at a private or reserved address, which no sandbox may reach.`)
    }
    return answering(permitted)
  }

  #watch(socket: Socket, target: Target): void {
    this.#open.set(socket, target)
    socket.setTimeout(IDLE_TIMEOUT_MS, () => socket.destroy(new Refusal(504, 'The host fell silent.')))
    const lifetime = setTimeout(() => socket.destroy(), MAX_LIFETIME_MS)
    socket.once('close', () => {
      clearTimeout(lifetime)
      this.#open.delete(socket)
    })
  }

  #entry(method: string, incoming: IncomingMessage): LogEntry {
    const { log, personaId, traceIds } = this.#options
    return new LogEntry(log.child({ persona_id: personaId, trace_ids: traceIds(), method }), incoming.url ?? '')
  }
}

/** Logs one line per connection, at its end. */
class LogEntry {
  target: Target | undefined
  readonly #log: Logger
  readonly #asked: string

  constructor(log: Logger, asked: string) {
    this.#log = log
    this.#asked = asked.slice(0, 300)
  }

  allowed(socket: Socket, address: string | undefined): void {
    const bytes = { bytes_sent: socket.bytesWritten, bytes_received: socket.bytesRead }
    this.#log.info({ ...this.target, address, ...bytes, verdict: 'allowed' }, 'egress allowed')
  }

  refused(error: unknown): Refusal {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    const refusal = error instanceof Refusal ? error : new Refusal(502, `The host could not be reached (${code}).`)
    const verdict = refusal.status === 403 ? 'denied' : 'failed'
    this.#log.info(
      { ...(this.target ?? { asked: this.#asked }), reason: refusal.message, verdict },
      `egress ${verdict}`,
    )
    return refusal
  }
}

async function connected(socket: Socket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(
    () => socket.destroy(new Refusal(504, 'The host did not answer in time.')),
    CONNECT_TIMEOUT_MS,
  )
  socket.once('connect', resolve)
  socket.once('error', reject)
  await promise.finally(() => clearTimeout(timer))
}

async function exchange(incoming: IncomingMessage, upstream: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  upstream.once('response', resolve)
  upstream.on('error', reject)
  pipeline(incoming, upstream).catch(reject)
  return promise
}

function endToEndHeaders({ headers }: IncomingMessage): IncomingMessage['headers'] {
  const named = (headers.connection ?? '').toLowerCase().split(/\s*,\s*/)
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name) && !named.includes(name)),
  )
}
