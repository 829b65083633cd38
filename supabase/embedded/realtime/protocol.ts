/**
 * The frames of Phoenix channels as supabase-js uses them. In vsn 1.0.0 each frame is a JSON object. In vsn 2.0.0 it is a JSON
 * array, or a binary frame for a broadcast (kind 3 from the client, kind 4 to it).
 */

export type Vsn = '1.0.0' | '2.0.0'

/** A broadcast in its original form: a complete payload as JSON text, or event and body separately (vsn 2.0.0). */
export type Broadcast =
  | { kind: 'object'; json: string }
  | { kind: 'user'; event: string; encoding: 'json' | 'binary'; body: Buffer }

/** A frame from a client. `broadcast` is set, instead of `payload`, for the binary kind 3. */
export interface ClientFrame {
  joinRef: string | null
  ref: string | null
  topic: string
  event: string
  payload: Record<string, unknown>
  broadcast?: Broadcast
}

/** A frame that no Supabase client sends. The connection is closed with the message as reason. */
export class ProtocolError extends Error {}

const USER_BROADCAST_PUSH = 3
const USER_BROADCAST = 4
const HEADER_BYTES = 7

export function decodeFrame(data: Buffer, binary: boolean, vsn: Vsn): ClientFrame {
  if (binary) {
    if (vsn === '1.0.0') throw new ProtocolError('binary frames need vsn 2.0.0')
    return decodeBinary(data)
  }
  let json: unknown
  try {
    json = JSON.parse(data.toString('utf8'))
  } catch {
    throw new ProtocolError('frame is not JSON')
  }
  return vsn === '1.0.0' ? fromObject(json) : fromArray(json)
}

function fromArray(json: unknown): ClientFrame {
  if (!Array.isArray(json) || json.length < 5)
    throw new ProtocolError('expected [join_ref, ref, topic, event, payload]')
  const [joinRef, ref, topic, event, payload] = json
  return frame(joinRef, ref, topic, event, payload)
}

function fromObject(json: unknown): ClientFrame {
  if (!isObject(json)) throw new ProtocolError('expected {topic, event, payload, ref}')
  return frame(json.join_ref, json.ref, json.topic, json.event, json.payload)
}

function frame(joinRef: unknown, ref: unknown, topic: unknown, event: unknown, payload: unknown): ClientFrame {
  if (typeof topic !== 'string' || typeof event !== 'string') throw new ProtocolError('topic and event must be strings')
  return { joinRef: reference(joinRef), ref: reference(ref), topic, event, payload: isObject(payload) ? payload : {} }
}

function reference(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null
}

function decodeBinary(data: Buffer): ClientFrame {
  if (data[0] !== USER_BROADCAST_PUSH || data.length < HEADER_BYTES) throw new ProtocolError('unknown binary frame')
  const lengths = [...data.subarray(1, 6)]
  const encoding = data[6] === 0 ? 'binary' : 'json'
  let offset = HEADER_BYTES
  const texts = lengths.map((length) => {
    offset += length
    return data.toString('utf8', offset - length, offset)
  })
  if (offset > data.length) throw new ProtocolError('binary frame is cut short')
  const [joinRef = '', ref = '', topic = '', event = '', meta = ''] = texts
  const body = data.subarray(offset)
  if (encoding === 'json') assertJson(body)
  return {
    joinRef: joinRef || null,
    ref: ref || null,
    topic,
    event: 'broadcast',
    payload: meta ? { meta: parseMeta(meta) } : {},
    broadcast: { kind: 'user', event, encoding, body },
  }
}

/** Checks a body, which is passed on unparsed: if it were not JSON, every receiver would throw. */
function assertJson(body: Buffer): void {
  try {
    JSON.parse(body.toString('utf8'))
  } catch {
    throw new ProtocolError('broadcast payload is not JSON')
  }
}

function parseMeta(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ProtocolError('broadcast metadata is not JSON')
  }
}

/** The answer to the frame with `ref`. */
export function encodeReply(
  vsn: Vsn,
  to: { joinRef: string | null; ref: string | null; topic: string },
  status: 'ok' | 'error',
  response: unknown = {},
): string {
  return encode(vsn, to.joinRef, to.ref, to.topic, 'phx_reply', JSON.stringify({ status, response }))
}

/** A frame that the server sends on its own. `payload` is JSON text. */
export function encodePush(
  vsn: Vsn,
  joinRef: string | null,
  ref: string | null,
  topic: string,
  event: string,
  payload: string,
): string {
  return encode(vsn, joinRef, ref, topic, event, payload)
}

/** The same frame for all members of a topic; null if this vsn cannot express it. */
export function encodeBroadcast(vsn: Vsn, topic: string, broadcast: Broadcast): string | Buffer | null {
  if (broadcast.kind === 'object') return encode(vsn, null, null, topic, 'broadcast', broadcast.json)
  if (vsn === '2.0.0' && fitsBinary(topic, broadcast.event)) return encodeUserBroadcast(topic, broadcast)
  if (broadcast.encoding === 'binary') return null
  return encode(vsn, null, null, topic, 'broadcast', broadcastJson(broadcast.event, broadcast.body.toString('utf8')))
}

/** The payload of a broadcast event. `payload` and `meta` are JSON text. */
export function broadcastJson(event: string, payload: string, meta?: string): string {
  return `{"type":"broadcast","event":${JSON.stringify(event)},"payload":${payload}${meta ? `,"meta":${meta}` : ''}}`
}

function fitsBinary(topic: string, event: string): boolean {
  return Buffer.byteLength(topic) <= 255 && Buffer.byteLength(event) <= 255
}

function encodeUserBroadcast(topic: string, broadcast: Broadcast & { kind: 'user' }): Buffer {
  const names = [Buffer.from(topic), Buffer.from(broadcast.event)]
  const header = [USER_BROADCAST, names[0]!.length, names[1]!.length, 0, broadcast.encoding === 'json' ? 1 : 0]
  return Buffer.concat([Buffer.from(header), ...names, broadcast.body])
}

function encode(
  vsn: Vsn,
  joinRef: string | null,
  ref: string | null,
  topic: string,
  event: string,
  payload: string,
): string {
  const [j, r, t, e] = [joinRef, ref, topic, event].map((part) => JSON.stringify(part))
  return vsn === '1.0.0'
    ? `{"topic":${t},"event":${e},"payload":${payload},"ref":${r}}`
    : `[${j},${r},${t},${e},${payload}]`
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
