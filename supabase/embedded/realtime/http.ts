/** The HTTP API: broadcasts without a socket, and health. Paths are as in Supabase, with or without `/realtime/v1`. */
import { z } from 'zod'
import { authorise } from './authorise.ts'
import type { Realtime } from './channel.ts'
import { type Identity, TokenError } from './identity.ts'
import { MAX_PAYLOAD_BYTES } from './limits.ts'
import { type Broadcast, broadcastJson } from './protocol.ts'
import { topicKey } from './topics.ts'

const name = z.string().min(1, "can't be blank")
const batch = z.object({
  messages: z
    .array(
      z.object({
        topic: name,
        event: name,
        payload: z.record(z.string(), z.unknown()),
        private: z.boolean().nullish(),
      }),
    )
    .min(1, "can't be blank"),
})

/** A refusal: `{"message", "error"}` with the same text in both, because clients read one or the other. */
class HttpError extends Error {
  readonly status: number
  readonly errors: unknown

  constructor(status: number, message: string, errors?: unknown) {
    super(message)
    this.status = status
    this.errors = errors
  }
}

export function createHttp(realtime: Realtime): (request: Request) => Promise<Response> {
  return async (request) => {
    try {
      return await route(realtime, request)
    } catch (error) {
      if (error instanceof HttpError) return failure(error.status, error.message, error.errors)
      if (error instanceof TokenError) return failure(401, error.message)
      realtime.log.error({ err: error }, 'realtime: a request failed')
      return failure(500, 'Internal Server Error')
    }
  }
}

async function route(realtime: Realtime, request: Request): Promise<Response> {
  const url = new URL(request.url)
  const path = url.pathname.replace(/^\/realtime\/v1/, '')
  const single = /^\/api\/broadcast\/([^/]+)\/events\/([^/]+)$/.exec(path)
  if (path === '/api/broadcast' || single) {
    if (request.method !== 'POST') throw new HttpError(405, 'Method not allowed, use POST')
    const identity = await identify(realtime, request)
    if (!single) return broadcastBatch(realtime, request, identity)
    return broadcastOne(realtime, request, identity, decode(single[1]!), decode(single[2]!), url.searchParams)
  }
  if (/^\/api\/(health|ping|tenants\/[^/]+\/health)$/.test(path)) return health(realtime)
  throw new HttpError(404, 'Not found')
}

async function broadcastBatch(realtime: Realtime, request: Request, identity: Identity): Promise<Response> {
  const body = batch.safeParse(parseJson(await readBody(request)))
  if (!body.success) {
    const [issue] = body.error.issues
    throw new HttpError(
      422,
      `${issue!.path.join('.') || 'body'}: ${issue!.message}`,
      z.flattenError(body.error).fieldErrors,
    )
  }
  const messages = body.data.messages
  const topics = new Set(messages.filter((message) => message.private).map((message) => message.topic))
  for (const topic of topics) await assertMayWrite(realtime, identity, topic)
  for (const { topic, event, payload, private: isPrivate } of messages) {
    const json = broadcastJson(event, JSON.stringify(payload))
    realtime.topics.broadcast(topicKey(topic, isPrivate ?? false), { kind: 'object', json })
  }
  return accepted()
}

async function broadcastOne(
  realtime: Realtime,
  request: Request,
  identity: Identity,
  topic: string,
  event: string,
  options: URLSearchParams,
): Promise<Response> {
  const isPrivate = options.get('private') === 'true'
  if ([...options.keys()].some((key) => key.startsWith('persist'))) {
    throw new HttpError(422, 'PersistNotSupported: this server does not store broadcasts of clients')
  }
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json' && type !== 'application/octet-stream') {
    throw new HttpError(415, 'Content-Type must be application/json or application/octet-stream')
  }
  const body = await readBody(request)
  if (type === 'application/json') parseJson(body)
  if (isPrivate) await assertMayWrite(realtime, identity, topic)
  const broadcast: Broadcast = { kind: 'user', event, encoding: type === 'application/json' ? 'json' : 'binary', body }
  realtime.topics.broadcast(topicKey(topic, isPrivate), broadcast)
  return accepted()
}

async function health(realtime: Realtime): Promise<Response> {
  const healthy = await realtime.database.query('select 1').then(
    () => true,
    () => false,
  )
  return Response.json({ data: { healthy, db_connected: healthy } }, { status: healthy ? 200 : 503 })
}

/** A user's token takes precedence over the API key. */
async function identify(realtime: Realtime, request: Request): Promise<Identity> {
  const bearer = /^Bearer\s+(.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  const credential = bearer ?? request.headers.get('apikey')
  if (!credential) throw new HttpError(401, 'No API key found in request')
  return realtime.authenticator.key(credential)
}

async function assertMayWrite(realtime: Realtime, identity: Identity, topic: string): Promise<void> {
  const { writeBroadcast } = await authorise(realtime.database, topic, identity)
  if (!writeBroadcast) {
    throw new HttpError(403, `You do not have permissions to write to this Channel topic: ${topic}`)
  }
}

async function readBody(request: Request): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.length
    if (size > MAX_PAYLOAD_BYTES) throw new HttpError(413, `Body is larger than ${MAX_PAYLOAD_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new HttpError(400, 'Body is not JSON')
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new HttpError(400, 'Path is not valid')
  }
}

function accepted(): Response {
  return new Response(null, { status: 202 })
}

function failure(status: number, message: string, errors?: unknown): Response {
  const tooLarge = status === 413 ? { statusCode: '413', code: 'body_too_large' } : {}
  return Response.json({ ...tooLarge, message, error: message, ...(errors ? { errors } : {}) }, { status })
}
