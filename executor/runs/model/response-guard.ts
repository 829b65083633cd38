/**
 * Stands between a model server and the client library: says what came where no stream of events did, bounds how much is
 * read, and notices each sign of life. A server is not trusted to keep to the protocol.
 */
import { ModelError } from './model-error.ts'

const MAX_ERROR_BYTES = 64 * 1024
const MAX_LINE_BYTES = 1024 * 1024
/** An event holds one token at least, and a few hundred bytes around it. */
const BYTES_PER_TOKEN = 1024
const LEAST_BYTES = 1024 * 1024
const NEWLINE = 10
const END_MARK = '[DONE]'

export interface Guard {
  fetch: typeof fetch
  /** The server has said that the answer is whole. */
  readonly sawEnd: boolean
  /** More came than was asked for, and the rest was not read. */
  readonly isTooLong: boolean
}

/** For one request. `onBytes` is called with each piece that comes, comments included. */
export function guardResponse(send: typeof fetch, maxOutputTokens: number, onBytes: () => void): Guard {
  const maxBytes = LEAST_BYTES + maxOutputTokens * BYTES_PER_TOKEN
  const state = { sawEnd: false, isTooLong: false }

  const bounded = () => {
    let bytes = 0
    let lineBytes = 0
    let tail = ''
    return new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        onBytes()
        bytes += piece.length
        const lastNewline = piece.lastIndexOf(NEWLINE)
        lineBytes = lastNewline === -1 ? lineBytes + piece.length : piece.length - lastNewline
        if (lineBytes > MAX_LINE_BYTES)
          throw new ModelError('model_bad_answer', 'The model sent an event without an end.')
        if (bytes > maxBytes) {
          state.isTooLong = true
          return controller.terminate()
        }
        tail = (tail + Buffer.from(piece.subarray(-END_MARK.length * 4)).toString('latin1')).slice(-END_MARK.length * 4)
        state.sawEnd ||= tail.includes(END_MARK)
        controller.enqueue(piece)
      },
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

/** Of an error only the beginning: it is shown to people. */
async function beginning(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of response.body ?? []) {
    pieces.push(piece)
    bytes += piece.length
    if (bytes >= MAX_ERROR_BYTES) break
  }
  return new Uint8Array(Buffer.concat(pieces).subarray(0, MAX_ERROR_BYTES))
}

async function whole(response: Response, maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of response.body ?? []) {
    pieces.push(piece)
    bytes += piece.length
    if (bytes > maxBytes) throw new ModelError('model_bad_answer', 'The model sent more than was asked for.')
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** A server that does not stream answers with one object: it is read as a stream of one event. */
function asEvents(text: string): Response {
  const value = parsed(text)
  if (value === undefined) throw notAStream('what is no JSON')
  const body = `data: ${JSON.stringify(value)}\n\ndata: ${END_MARK}\n\n`
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
