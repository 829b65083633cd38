/** A Realtime server for supabase-js. `schema.sql` must have run on the database. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { DatabaseHandle } from '../../../contracts/database-handle.ts'
import { Changes } from './changes.ts'
import type { Realtime } from './channel.ts'
import { Connection } from './connection.ts'
import { type FeedChange, type FeedEntry, readFeed } from './feed.ts'
import { createHttp } from './http.ts'
import { createAuthenticator, TokenError } from './identity.ts'
import { MAX_CONNECTIONS, MAX_FRAME_BYTES } from './limits.ts'
import { openListeners } from './listeners.ts'
import type { RealtimeLog } from './log.ts'
import { Presence } from './presence.ts'
import { broadcastJson } from './protocol.ts'
import { Topics, topicKey } from './topics.ts'

export interface RealtimeOptions {
  database: DatabaseHandle
  /** The HS256 secret that signs user tokens. */
  jwtSecret: string
  keys: { publishable: string; secret: string }
  log: RealtimeLog
}

export interface RealtimeServer {
  /** Handles a WebSocket upgrade (`/realtime/v1/websocket?apikey=…&vsn=…`), or answers it with 401. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Answers HTTP requests (`/realtime/v1/api/…`). */
  fetch(request: Request): Promise<Response>
  /** Closes all connections and removes all listeners, but keeps the database open. */
  close(): Promise<void>
}

const GOING_AWAY = 1001

/** Rejects if the database cannot be reached or lacks the schema. */
export async function createRealtime({ database, jwtSecret, keys, log }: RealtimeOptions): Promise<RealtimeServer> {
  const connections = new Set<Connection>()
  const listeners = await openListeners(database, log, () => {
    log.warn('realtime: the lease had run out; all channels join again')
    for (const connection of connections) connection.failChannels()
  })
  const [row] = await database.query<{ messages: number }>(
    `select 'realtime.messages'::regclass::oid::int8 as messages`,
  )
  const topics = new Topics()
  const realtime: Realtime = {
    database,
    authenticator: createAuthenticator(jwtSecret, keys),
    listeners,
    topics,
    presence: new Presence(topics),
    changes: new Changes(database, listeners, log),
    log,
    messages: row!.messages,
  }
  const feed = await readFeed(
    database,
    log,
    (entries) => deliver(realtime, entries),
    () => listeners.size() > 0,
  )
  let stopping = false
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES })

  const connect = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (stopping) return refuse(socket, 503, 'Realtime is restarting, please standby')
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const vsn = searchParams.get('vsn') ?? '1.0.0'
    if (vsn !== '1.0.0' && vsn !== '2.0.0') return refuse(socket, 400, 'Unsupported vsn')
    if (connections.size >= MAX_CONNECTIONS) return refuse(socket, 503, 'Too many connected users')
    const header = request.headers['x-api-key'] ?? request.headers.apikey
    const apiKey = typeof header === 'string' ? header : searchParams.get('apikey')
    if (!apiKey) return refuse(socket, 401, 'No API key found in request')
    try {
      const identity = await realtime.authenticator.key(apiKey)
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const connection = new Connection(realtime, webSocket, vsn, identity)
        connections.add(connection)
        webSocket.on('close', () => connections.delete(connection))
      })
    } catch (error) {
      if (error instanceof TokenError) return refuse(socket, 401, error.message)
      throw error
    }
  }

  return {
    handleUpgrade(request, socket, head) {
      const onError = () => socket.destroy()
      socket.on('error', onError)
      connect(request, socket, head)
        .catch((error) => {
          log.error({ err: error }, 'realtime: a connection failed')
          socket.destroy()
        })
        .finally(() => socket.off('error', onError))
    },
    fetch: createHttp(realtime),
    async close() {
      stopping = true
      await feed.close()
      await Promise.all([...connections].map((connection) => connection.close(GOING_AWAY, 'server is stopping')))
      await listeners.close()
    },
  }
}

async function deliver(realtime: Realtime, entries: FeedEntry[]): Promise<void> {
  const changes = entries.filter((entry): entry is FeedChange => entry.kind === 'change')
  const deliveries = await realtime.changes.deliveries(changes)
  for (const entry of entries) {
    if (entry.kind === 'change') deliveries.get(entry.seq)?.()
    else {
      const json = broadcastJson(entry.event, entry.payload, JSON.stringify({ id: entry.id }))
      const key = topicKey(entry.topic, entry.private)
      realtime.topics.broadcast(key, { kind: 'object', json }, { messageId: entry.id })
    }
  }
}

function refuse(socket: Duplex, status: number, message: string): void {
  const body = JSON.stringify({ message })
  const head = [
    `HTTP/1.1 ${status} ${status === 401 ? 'Unauthorized' : 'Refused'}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
