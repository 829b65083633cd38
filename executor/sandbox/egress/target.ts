/** The target that a client of the egress proxy asks for, and the refusal of it. */
import type { Target } from '../../../contracts/outgoing.ts'

/**
 * A refusal, which becomes the answer to the client. The message is for people and for the model. It is also the reason
 * phrase, because many clients show nothing else of a proxy's refusal.
 */
export class Refusal extends Error {
  readonly status: 400 | 403 | 502 | 504

  constructor(status: Refusal['status'], message: string) {
    super(message)
    this.status = status
  }

  get headers(): Record<string, string> {
    const length = String(Buffer.byteLength(this.message))
    return { 'content-type': 'text/plain; charset=utf-8', 'content-length': length, connection: 'close' }
  }

  /** The whole answer, for a connection without a response object. */
  toHttp(): string {
    const headers = Object.entries(this.headers).map(([name, value]) => `${name}: ${value}\r\n`)
    return `HTTP/1.1 ${this.status} ${this.message}\r\n${headers.join('')}\r\n${this.message}`
  }
}

/** The target of `CONNECT host:port`. Throws `Refusal`. */
export function parseAuthority(authority: string): Target {
  const [, host, port] = /^([^/@?#]+):(\d{1,5})$/.exec(authority) ?? []
  if (!host || Number(port) > 65_535) throw new Refusal(400, 'CONNECT needs host:port.')
  return { host: parseUrl(`http://${host}`).target.host, port: Number(port) }
}

/** The target of a plain request. The URL parser turns every spelling of an IPv4 address into the usual one. */
export function parseUrl(text: string): { url: URL; target: Target } {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:') {
    throw new Refusal(400, 'This is a proxy: it takes absolute http:// addresses and CONNECT.')
  }
  return { url, target: { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 80) } }
}
