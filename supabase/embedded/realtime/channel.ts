/** One channel of one client: joins, sends and receives, and ends with its token. */
import type { DatabaseHandle } from '../../../contracts/database-handle.ts'
import { authorise, EVERYTHING, type Permissions } from './authorise.ts'
import { type Changes, type ChangesReceiver, SubscriptionError } from './changes.ts'
import { type Authenticator, assertNotExpired, type Identity, TokenError } from './identity.ts'
import { type JoinConfig, parseJoin } from './join-config.ts'
import {
  CHANGES_PER_CHANNEL,
  MAX_PAYLOAD_BYTES,
  PRESENCE_EVENTS_PER_WINDOW,
  PRESENCE_WINDOW_SECONDS,
  RateLimit,
} from './limits.ts'
import type { Listeners } from './listeners.ts'
import type { RealtimeLog } from './log.ts'
import type { Presence } from './presence.ts'
import { type Broadcast, type ClientFrame, encodePush, encodeReply, isObject, type Vsn } from './protocol.ts'
import { replayMessages } from './replay.ts'
import { type Member, type Topics, topicKey } from './topics.ts'

/** The services that all channels of a server share. */
export interface Realtime {
  database: DatabaseHandle
  authenticator: Authenticator
  listeners: Listeners
  topics: Topics
  presence: Presence
  changes: Changes
  log: RealtimeLog
  /** The oid of realtime.messages. */
  messages: number
}

/** The socket as a channel sees it. */
export interface ChannelSocket {
  readonly vsn: Vsn
  /** The identity of the API key that opened the socket. */
  readonly identity: Identity
  send(frame: string | Buffer): void
}

/** The join is refused. The client gets the message as `reason`. */
class JoinRefused extends Error {}

const EXPIRY_TIMER_MAX_MS = 3_600_000
let lastBindingId = 0

export class Channel implements Member, ChangesReceiver {
  readonly vsn: Vsn
  readonly phoenixTopic: string
  readonly joinRef: string | null
  identity: Identity
  readonly #realtime: Realtime
  readonly #socket: ChannelSocket
  readonly #topic: string
  readonly #key: string
  readonly #config: JoinConfig
  readonly #joinFrame: ClientFrame
  readonly #onEnd: () => void
  readonly #presenceLimit = new RateLimit(
    PRESENCE_EVENTS_PER_WINDOW / PRESENCE_WINDOW_SECONDS,
    PRESENCE_EVENTS_PER_WINDOW,
  )
  #permissions: Permissions = EVERYTHING
  #presenceEnabled: boolean
  #accessToken: unknown
  #replayed = new Set<string>()
  /** Messages that arrived before the answer to the join. If they were sent at once, the client would drop them. */
  #held: (string | Buffer)[] | null = []
  #undo: (() => void)[] = []
  #ended = false
  #expiry: NodeJS.Timeout | undefined

  /** `onEnd` is called once, when the channel ends for any reason. */
  constructor(realtime: Realtime, socket: ChannelSocket, frame: ClientFrame, onEnd: () => void) {
    this.#realtime = realtime
    this.#socket = socket
    this.#joinFrame = frame
    this.#onEnd = onEnd
    this.vsn = socket.vsn
    this.phoenixTopic = frame.topic
    this.joinRef = frame.joinRef ?? frame.ref
    this.identity = socket.identity
    this.#topic = frame.topic.slice('realtime:'.length)
    this.#config = parseJoin(frame.payload)
    this.#key = topicKey(this.#topic, this.#config.private)
    this.#presenceEnabled = this.#config.presenceEnabled
  }

  /** Answers the join. A refused channel ends. */
  async join(): Promise<void> {
    try {
      await this.#join()
    } catch (error) {
      this.#reply(this.#joinFrame, 'error', { reason: this.#refusal(error) })
      this.end()
    }
  }

  async #join(): Promise<void> {
    const { listeners, topics, presence, log } = this.#realtime
    if (this.#topic === '') throw new JoinRefused('TopicNameRequired: You must provide a topic name')
    const { user_token, access_token } = this.#joinFrame.payload
    this.#accessToken = user_token ?? access_token
    this.identity = await this.#identify(this.#accessToken)
    this.#permissions = await this.#permit(this.identity)
    this.#assertReadable(this.#permissions)

    await listeners.add(this.#key, [this.#realtime.messages])
    this.#onLeave(() => listeners.remove(this.#key))
    topics.join(this.#key, this)
    this.#onLeave(() => {
      presence.untrack(this.#key, this)
      topics.leave(this.#key, this)
    })
    if (this.#config.changes.length > CHANGES_PER_CHANNEL)
      throw new JoinRefused(`TooManyChanges: A channel has at most ${CHANGES_PER_CHANNEL} bindings to changes`)
    const bindings = this.#config.changes.map((binding) => ({ id: ++lastBindingId, binding }))
    const failure = await this.#subscribeToChanges(bindings)
    if (failure && this.#config.waitForChanges) throw new JoinRefused(`RealtimeDisabledForConfiguration: ${failure}`)
    const replay = await this.#readReplay()
    if (this.#ended) return

    this.#expireLater()
    this.#socket.send(
      encodeReply(this.vsn, this.#joinFrame, 'ok', {
        postgres_changes: bindings.map(({ id, binding }) => ({ ...binding.echo, id })),
      }),
    )
    const held = this.#held ?? []
    this.#held = null
    for (const frame of [...replay, ...held]) this.#socket.send(frame)
    if (this.readsPresence()) this.push('presence_state', presence.state(this.#key))
    if (this.#config.replicationReady) this.#system('system', 'ok', 'Replication connection established')
    if (failure) {
      log.info({ reason: failure }, 'realtime: subscription refused')
      this.#system('postgres_changes', 'error', failure)
    } else if (bindings.length > 0) this.#system('postgres_changes', 'ok', 'Subscribed to PostgreSQL')
  }

  /** Handles all frames except joins. */
  async handle(frame: ClientFrame): Promise<void> {
    if (this.#ended) return
    switch (frame.event) {
      case 'broadcast':
        this.#broadcast(frame)
        break
      case 'presence':
        this.#handlePresence(frame)
        break
      case 'access_token':
        await this.#refresh(frame.payload.access_token)
        break
      case 'phx_leave':
        this.#reply(frame, 'ok')
        this.close()
        break
      default:
        this.#realtime.log.debug({ event: frame.event }, 'realtime: unknown event from a client')
    }
  }

  /** Ends the channel because of an error and tells the client. */
  shutdown(message: string): void {
    if (this.#ended) return
    this.#system('system', 'error', message)
    this.close()
  }

  /** Ends the channel and tells the client, which does not join again by itself. */
  close(): void {
    this.#final('phx_close')
  }

  /** Ends the channel so that the client joins again. */
  fail(): void {
    this.#final('phx_error')
  }

  changesFailed(message: string): void {
    if (!this.#ended) this.#system('postgres_changes', 'error', message)
  }

  #final(event: string): void {
    if (this.#ended) return
    this.#socket.send(encodePush(this.vsn, this.joinRef, this.joinRef, this.phoenixTopic, event, '{}'))
    this.end()
  }

  /** Ends the channel without telling the client. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#expiry)
    for (const undo of this.#undo.reverse()) undo()
    this.#onEnd()
  }

  readsBroadcasts(): boolean {
    return this.#permissions.readBroadcast
  }

  readsPresence(): boolean {
    return this.#held === null && this.#presenceEnabled && this.#permissions.readPresence
  }

  hasReplayed(messageId: string): boolean {
    return this.#replayed.has(messageId)
  }

  send(frame: string | Buffer): void {
    if (this.#held) this.#held.push(frame)
    else if (!this.#ended) this.#socket.send(frame)
  }

  push(event: string, payload: string): void {
    this.send(encodePush(this.vsn, null, null, this.phoenixTopic, event, payload))
  }

  /** Calls `undo` when the channel ends, or at once if it ended during the join. */
  #onLeave(undo: () => void): void {
    if (this.#ended) undo()
    else this.#undo.push(undo)
  }

  async #identify(token: unknown): Promise<Identity> {
    if (typeof token !== 'string' || token.startsWith('sb_')) {
      assertNotExpired(this.#socket.identity)
      return this.#socket.identity
    }
    return this.#realtime.authenticator.token(token)
  }

  async #permit(identity: Identity): Promise<Permissions> {
    if (!this.#config.private) return EVERYTHING
    const permissions = await authorise(this.#realtime.database, this.#topic, identity)
    if (permissions.error) this.#realtime.log.warn({ reason: permissions.error }, 'realtime: a policy failed')
    return permissions
  }

  #assertReadable({ readBroadcast, readPresence }: Permissions): void {
    const mayRead = readBroadcast || (this.#presenceEnabled && readPresence)
    if (mayRead && (readBroadcast || !this.#config.replay)) return
    throw new JoinRefused(`Unauthorized: You do not have permissions to read from this Channel topic: ${this.#topic}`)
  }

  async #subscribeToChanges(
    bindings: { id: number; binding: JoinConfig['changes'][number] }[],
  ): Promise<string | null> {
    try {
      for (const { id, binding } of bindings) {
        const end = await this.#realtime.changes.subscribe(this, id, binding)
        this.#onLeave(end)
      }
      return null
    } catch (error) {
      if (error instanceof SubscriptionError) return error.message
      throw error
    }
  }

  async #readReplay(): Promise<string[]> {
    const { replay, private: isPrivate } = this.#config
    if (!replay) return []
    if (!isPrivate) throw new JoinRefused('UnableToReplayMessages: Replay is not allowed for public channels')
    const messages = await replayMessages(this.#realtime.database, this.#topic, replay)
    for (const { id } of messages) this.#replayed.add(id)
    return messages.map(({ payload }) => encodePush(this.vsn, null, null, this.phoenixTopic, 'broadcast', payload))
  }

  #broadcast(frame: ClientFrame): void {
    const broadcast: Broadcast = frame.broadcast ?? { kind: 'object', json: JSON.stringify(frame.payload) }
    const refusal = this.#broadcastRefusal(frame, broadcast)
    if (!refusal) this.#realtime.topics.broadcast(this.#key, broadcast, this.#config.self ? {} : { except: this })
    if (!this.#config.ack) return
    if (refusal) this.#reply(frame, 'error', refusal)
    else this.#reply(frame, 'ok')
  }

  #broadcastRefusal(frame: ClientFrame, broadcast: Broadcast): Record<string, string> | null {
    if (!this.#permissions.writeBroadcast) {
      return { reason: `Unauthorized: You do not have permissions to write to this Channel topic: ${this.#topic}` }
    }
    if (isObject(frame.payload.meta) && frame.payload.meta.persist) {
      return { error: 'PersistNotSupported: this server does not store broadcasts of clients' }
    }
    const size = broadcast.kind === 'user' ? broadcast.body.length : Buffer.byteLength(broadcast.json)
    return size > MAX_PAYLOAD_BYTES ? { reason: 'payload_size_exceeded' } : null
  }

  #handlePresence(frame: ClientFrame): void {
    if (!this.#presenceLimit.take()) {
      this.shutdown('Client presence rate limit exceeded')
      return
    }
    const event = String(frame.payload.event).toLowerCase()
    if (event === 'untrack') {
      this.#realtime.presence.untrack(this.#key, this)
      this.#reply(frame, 'ok')
    } else if (event === 'track' && this.#permissions.writePresence) {
      this.#track(frame, frame.payload.payload ?? {})
    } else {
      this.#reply(frame, 'error')
    }
  }

  #track(frame: ClientFrame, payload: unknown): void {
    const { presence } = this.#realtime
    if (!isObject(payload)) {
      this.#reply(frame, 'error', { reason: 'Presence track payload must be a map' })
    } else if (JSON.stringify(payload).length > MAX_PAYLOAD_BYTES) {
      this.shutdown('Track message size exceeded')
    } else {
      this.#enablePresence()
      presence.track(this.#key, this, this.#config.presenceKey, payload)
      this.#reply(frame, 'ok')
    }
  }

  /** A client that tracks itself wants to see the others, even if the join did not say so. */
  #enablePresence(): void {
    if (this.#presenceEnabled) return
    this.#presenceEnabled = true
    if (this.readsPresence()) this.push('presence_state', this.#realtime.presence.state(this.#key))
  }

  async #refresh(token: unknown): Promise<void> {
    if (typeof token !== 'string' || token.startsWith('sb_') || token === this.#accessToken) return
    try {
      const identity = await this.#realtime.authenticator.token(token)
      const permissions = await this.#permit(identity)
      this.#assertReadable(permissions)
      this.#accessToken = token
      this.identity = identity
      this.#permissions = permissions
      this.#expireLater()
    } catch (error) {
      this.shutdown(this.#refusal(error).replace(/^\w+: /, ''))
    }
  }

  #expireLater(): void {
    clearTimeout(this.#expiry)
    if (this.#ended || this.identity.expiresAt === null) return
    const left = this.identity.expiresAt * 1000 - Date.now()
    this.#expiry = setTimeout(
      () => {
        try {
          assertNotExpired(this.identity)
          this.#expireLater()
        } catch (error) {
          this.shutdown((error as TokenError).message)
        }
      },
      Math.min(Math.max(left, 0), EXPIRY_TIMER_MAX_MS),
    )
  }

  #system(extension: string, status: 'ok' | 'error', message: string): void {
    this.push('system', JSON.stringify({ extension, status, message, channel: this.#topic }))
  }

  #reply(frame: ClientFrame, status: 'ok' | 'error', response: unknown = {}): void {
    if (this.#ended) return
    const joinRef = frame.joinRef ?? this.joinRef
    this.#socket.send(encodeReply(this.vsn, { ...frame, joinRef }, status, response))
  }

  #refusal(error: unknown): string {
    if (error instanceof TokenError) return `${error.code}: ${error.message}`
    if (error instanceof JoinRefused) return error.message
    this.#realtime.log.error({ err: error }, 'realtime: a join failed')
    return 'Unknown Error on Channel'
  }
}
