/** One WebSocket. It passes frames to channels, in order for each topic, and disconnects dead or slow clients. */
import type { RawData, WebSocket } from 'ws'
import { Channel, type ChannelSocket, type Realtime } from './channel.ts'
import type { Identity } from './identity.ts'
import {
  CHANNELS_PER_SOCKET,
  FRAMES_BURST,
  FRAMES_PER_SECOND,
  JOINS_PER_SECOND,
  MAX_BUFFERED_BYTES,
  PING_EVERY_MS,
  RateLimit,
} from './limits.ts'
import { type ClientFrame, decodeFrame, encodeReply, ProtocolError, type Vsn } from './protocol.ts'

const INVALID_DATA = 1007
const POLICY_VIOLATION = 1008
const GOODBYE_MS = 1_000

export class Connection implements ChannelSocket {
  readonly vsn: Vsn
  readonly identity: Identity
  readonly #realtime: Realtime
  readonly #socket: WebSocket
  readonly #closed: Promise<void>
  readonly #channels = new Map<string, Channel>()
  /** The unfinished work on each topic. */
  readonly #queues = new Map<string, Promise<void>>()
  readonly #joins = new RateLimit(JOINS_PER_SECOND, JOINS_PER_SECOND)
  readonly #frames = new RateLimit(FRAMES_PER_SECOND, FRAMES_BURST)

  constructor(realtime: Realtime, socket: WebSocket, vsn: Vsn, identity: Identity) {
    this.#realtime = realtime
    this.#socket = socket
    this.vsn = vsn
    this.identity = identity
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary))
    socket.on('error', (error) => realtime.log.debug({ err: error }, 'realtime: socket error'))
    const stopPinging = this.#pingWhileAlive()
    this.#closed = new Promise((resolve) => {
      socket.on('close', () => {
        stopPinging()
        for (const channel of [...this.#channels.values()]) channel.end()
        resolve()
      })
    })
  }

  send(frame: string | Buffer): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.#realtime.log.warn('realtime: a client reads too slowly and was cut off')
      this.#socket.terminate()
      return
    }
    this.#socket.send(frame, { binary: typeof frame !== 'string' })
  }

  /** Makes every channel join again. */
  failChannels(): void {
    for (const channel of [...this.#channels.values()]) channel.fail()
  }

  /** Resolves when the socket is closed, with or without the client's consent. */
  close(code: number, reason: string): Promise<void> {
    this.#socket.close(code, reason)
    const impatience = setTimeout(() => this.#socket.terminate(), GOODBYE_MS)
    return this.#closed.finally(() => clearTimeout(impatience))
  }

  #receive(data: RawData, isBinary: boolean): void {
    try {
      this.#dispatch(decodeFrame(data as Buffer, isBinary, this.vsn))
    } catch (error) {
      if (!(error instanceof ProtocolError)) this.#realtime.log.error({ err: error }, 'realtime: a frame failed')
      this.close(INVALID_DATA, error instanceof ProtocolError ? error.message : 'frame could not be handled')
    }
  }

  #dispatch(frame: ClientFrame): void {
    if (frame.topic === 'phoenix') {
      if (frame.event === 'heartbeat') this.#reply(frame, 'ok')
      return
    }
    if (frame.event === 'phx_join') {
      const refusal = this.#join(frame)
      if (refusal) this.#reply(frame, 'error', { reason: refusal })
      return
    }
    if (frame.event === 'phx_leave' || this.#frames.take()) this.#enqueue(frame.topic, () => this.#handle(frame))
    else this.#channels.get(frame.topic)?.shutdown('Too many messages per second')
  }

  async #handle(frame: ClientFrame): Promise<void> {
    const channel = this.#channels.get(frame.topic)
    if (channel && (frame.joinRef === null || frame.joinRef === channel.joinRef)) await channel.handle(frame)
    else if (frame.event === 'phx_leave') this.#reply(frame, 'ok')
    else if (!channel) this.#reply(frame, 'error', { reason: 'unmatched topic' })
  }

  /** Starts a join, or returns the reason why not. */
  #join(frame: ClientFrame): string | null {
    if (!frame.topic.startsWith('realtime:')) return 'unmatched topic'
    if (!this.#joins.take()) {
      setImmediate(() => this.close(POLICY_VIOLATION, 'too many joins per second'))
      return 'ClientJoinRateLimitReached: Too many joins per second'
    }
    const before = this.#channels.get(frame.topic)
    if (!before && this.#channels.size >= CHANNELS_PER_SOCKET) return 'ChannelRateLimitReached: Too many channels'
    before?.close()
    const channel = new Channel(this.#realtime, this, frame, () => {
      if (this.#channels.get(frame.topic) === channel) this.#channels.delete(frame.topic)
    })
    this.#channels.set(frame.topic, channel)
    this.#enqueue(frame.topic, () => channel.join())
    return null
  }

  #reply(frame: ClientFrame, status: 'ok' | 'error', response: unknown = {}): void {
    this.send(encodeReply(this.vsn, frame, status, response))
  }

  #enqueue(topic: string, work: () => Promise<void>): void {
    const after = (this.#queues.get(topic) ?? Promise.resolve()).then(work).catch((error) => {
      this.#realtime.log.error({ err: error }, 'realtime: a frame failed')
    })
    this.#queues.set(topic, after)
    after.then(() => {
      if (this.#queues.get(topic) === after) this.#queues.delete(topic)
    })
  }

  #pingWhileAlive(): () => void {
    let alive = true
    this.#socket.on('pong', () => {
      alive = true
    })
    const timer = setInterval(() => {
      if (alive) this.#socket.ping()
      else this.#socket.terminate()
      alive = false
    }, PING_EVERY_MS)
    return () => clearInterval(timer)
  }
}
