/**
 * Puts the pieces of tool calls together. OpenAI numbers them with `index`; other servers give every call the number 0,
 * or no number, repeat the id or the name in each piece, or send a call whole. Numbers and ids are only looked up, never
 * used as an index.
 */
import { jsonLength } from './json-length.ts'
import type { ModelAnswer } from './model-client.ts'
import type { CallPiece } from './stream-chunk.ts'

type Call = ModelAnswer['toolCalls'][number]

/** Fields of a provider's own, for all calls of an answer together; more than this is dropped. */
const MAX_OTHERS_LENGTH = 256 * 1024

export class CallPieces {
  readonly #calls: Call[] = []
  readonly #byIndex = new Map<number, Call>()
  #othersLength = 0

  get calls(): readonly Call[] {
    return this.#calls
  }

  /** Returns how many characters the piece has added. */
  add({ index, id = '', function: part = {}, type: _, ...others }: CallPiece): number {
    const { name = '', arguments: args = '' } = part
    const call = this.#callOf({ index, id, name, hasArguments: args !== '' }) ?? this.#open(index)
    const before = sizeOf(call)
    call.id ||= id
    if (name !== call.name) call.name += name
    call.arguments = withArguments(call, args)
    this.#addOthers(call, others)
    return sizeOf(call) - before
  }

  #callOf(piece: { index: number | undefined; id: string; name: string; hasArguments: boolean }): Call | undefined {
    const { index, id, name, hasArguments } = piece
    const sameId = id ? this.#calls.find((call) => call.id === id) : undefined
    if (index === undefined && id) return sameId
    const open = index === undefined ? this.#calls.at(-1) : this.#byIndex.get(index)
    if (!open || open === sameId) return open
    if (id && open.id) return undefined // another id under the same number is another call
    return name && hasArguments && isWhole(open) ? undefined : open
  }

  #open(index: number | undefined): Call {
    const call: Call = { id: '', name: '', arguments: '' }
    this.#calls.push(call)
    if (index !== undefined) this.#byIndex.set(index, call)
    return call
  }

  #addOthers(call: Call, others: Record<string, unknown>): void {
    const length = jsonLength(others)
    if (length <= '{}'.length || this.#othersLength + length > MAX_OTHERS_LENGTH) return
    this.#othersLength += length
    call.others = { ...call.others, ...others }
  }
}

const sizeOf = ({ id, name, arguments: text }: Call) => id.length + name.length + text.length

/** Some servers send the whole call again when it ends. */
function withArguments(call: Call, added: string | Record<string, unknown>): string {
  if (typeof added === 'object') {
    if (call.arguments || !Number.isFinite(jsonLength(added))) return call.arguments
    return JSON.stringify(added)
  }
  return added && isWhole(call) ? call.arguments : call.arguments + added
}

function isWhole({ arguments: text }: Call): boolean {
  if (!text.trimEnd().endsWith('}')) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
