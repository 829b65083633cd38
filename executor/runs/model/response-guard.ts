/**
 * Checks what a model server sends before the client library reads it: reports a response that is not a stream of events,
 * limits how much is read, and notices each sign of life. It does not trust the server to follow the protocol.
 */
import { ModelError } from './model-error.ts'

const MAX_ERROR_BYTES = 64 * 1024
const MAX_LINE_BYTES = 1024 * 1024
/** Bytes allowed per requested token: an event has at least one token and a few hundred other bytes. */
const BYTES_PER_TOKEN = 1024
const LEAST_BYTES = 1024 * 1024
const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const END_LINE = /^data: ?\[DONE\]/m

export interface Guard {
  fetch: typeof fetch
  /** True when the server has said that the answer is complete. */
  readonly sawEnd: boolean
  /** True when more came than was asked for, so that the rest was not read. */
  readonly isTooLong: boolean
}

/** The guard of one request. `onBytes` is called for each piece that arrives, including comments. */
export function guardResponse(send: typeof fetch, maxOutputTokens: number, onBytes: () => void): Guard {
  const maxBytes = LEAST_BYTES + maxOutputTokens * BYTES_PER_TOKEN
  const state = { sawEnd: false, isTooLong: false }

  const bounded = () => {
    let bytes = 0
    let held: Uint8Array[] = []
    let heldBytes = 0
    const pass = (controller: TransformStreamDefaultController<Uint8Array>, last: Uint8Array) => {
      const lines = Buffer.concat([...held, last])
      state.sawEnd ||= END_LINE.test(lines.toString('latin1'))
      controller.enqueue(lines)
      held = []
      heldBytes = 0
    }
    // the library copies an unfinished line with each new piece, so it gets only whole lines
    return new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        onBytes()
        bytes += piece.length
        if (bytes > maxBytes) {
          state.isTooLong = true
          return controller.terminate()
        }
        const end = Math.max(piece.lastIndexOf(LINE_FEED), piece.lastIndexOf(CARRIAGE_RETURN)) + 1
        if (end > 0) pass(controller, piece.subarray(0, end))
        held.push(piece.subarray(end))
        heldBytes += piece.length - end
        if (heldBytes > MAX_LINE_BYTES)
          throw new ModelError('model_bad_answer', 'The model server sent an event that is too long.')
      },
      flush: (controller) => pass(controller, new Uint8Array()),
    })
  }

  return {
    async fetch(url, init) {
      const response = await send(url, init)
      if (!response.ok) return new Response(await beginning(response), response)
      const kind = kindOf(response)
      if (kind === 'json') return asEvents(await whole(response, maxBytes))
      if (kind !== 'events') throw notAStream(kind)
      return new Response(response.body?.pipeThrough(bounded()) ?? null, response)
    },
    get sawEnd() {
      return state.sawEnd
    },
    get isTooLong() {
      return state.isTooLong
    },
  }
}

function kindOf(response: Response): 'events' | 'json' | 'NDJSON' | 'a web page (HTML)' {
  const type = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === 'text/html' || type === 'application/xhtml+xml') return 'a web page (HTML)'
  if (/ndjson|jsonl|json-seq/.test(type)) return 'NDJSON'
  return type === 'application/json' ? 'json' : 'events'
}

const notAStream = (kind: string) =>
  new ModelError(
    'model_bad_answer',
    `The model server sent ${kind} where a stream of events was expected. Check its base URL.`,
  )

/** Reads only the beginning of an error, which is shown to people. */
async function beginning(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array((await read(response, MAX_ERROR_BYTES)).subarray(0, MAX_ERROR_BYTES))
}

async function whole(response: Response, maxBytes: number): Promise<string> {
  const bytes = await read(response, maxBytes)
  if (bytes.length > maxBytes)
    throw new ModelError('model_bad_answer', 'The model server sent more than was asked for.')
  return bytes.toString('utf8')
}

/** The body up to the piece that exceeds `maxBytes`. */
async function read(response: Response, maxBytes: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of response.body ?? []) {
    pieces.push(piece)
    bytes += piece.length
    if (bytes > maxBytes) break
  }
  return Buffer.concat(pieces)
}

/** A server that does not stream answers with one object, which is read as a stream of one event. */
function asEvents(text: string): Response {
  const value = parsed(text)
  if (value === undefined) throw notAStream('what is no JSON')
  const body = `data: ${JSON.stringify(value)}\n\ndata: [DONE]\n\n`
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
