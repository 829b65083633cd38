/**
 * Puts the pieces of tool calls together. OpenAI numbers them with `index`. Other servers give every call the number 0 or no
 * number, repeat the id or the name in each piece, or send a whole call at once. Numbers and ids are only compared, never
 * used as an index.
 */
import { jsonLength } from './json-length.ts'
import type { ModelAnswer } from './model-client.ts'
import { ObjectEnd } from './object-end.ts'
import type { CallPiece } from './stream-chunk.ts'

/** Limit for the provider's own fields of all calls of an answer. More is dropped. */
const MAX_OTHERS_LENGTH = 256 * 1024

/** A call that is not complete yet. */
interface OpenCall {
  id: string
  name: string
  arguments: ObjectEnd
  others: Map<string, unknown>
}

export class CallPieces {
  readonly #calls: OpenCall[] = []
  readonly #byIndex = new Map<number, OpenCall>()
  #othersLength = 0

  get count(): number {
    return this.#calls.length
  }

  get calls(): ModelAnswer['toolCalls'] {
    return this.#calls.map(({ id, name, arguments: { text }, others }) => ({
      id,
      name,
      arguments: text,
      ...(others.size > 0 && { others: Object.fromEntries(others) }),
    }))
  }

  /** Returns the number of characters that the piece added. */
  add({ index, id = '', function: part = {}, type: _, ...others }: CallPiece): number {
    const { name = '', arguments: args = '' } = part
    const call = this.#callOf({ index, id, name, hasArguments: args !== '' }) ?? this.#open(index)
    const before = sizeOf(call)
    call.id ||= id
    if (name !== call.name) call.name += name
    addArguments(call, args)
    this.#addOthers(call, others)
    return sizeOf(call) - before
  }

  #callOf(piece: { index: number | undefined; id: string; name: string; hasArguments: boolean }): OpenCall | undefined {
    const { index, id, name, hasArguments } = piece
    const sameId = id ? this.#calls.find((call) => call.id === id) : undefined
    if (index === undefined && id) return sameId
    const open = index === undefined ? this.#calls.at(-1) : this.#byIndex.get(index)
    if (!open || open === sameId) return open
    if (id && open.id) return undefined // another id under the same number is another call
    return name && hasArguments && open.arguments.isWhole ? undefined : open
  }

  #open(index: number | undefined): OpenCall {
    const call: OpenCall = { id: '', name: '', arguments: new ObjectEnd(), others: new Map() }
    this.#calls.push(call)
    if (index !== undefined) this.#byIndex.set(index, call)
    return call
  }

  #addOthers(call: OpenCall, others: Record<string, unknown>): void {
    const length = jsonLength(others)
    if (length <= '{}'.length || this.#othersLength + length > MAX_OTHERS_LENGTH) return
    this.#othersLength += length
    for (const [key, value] of Object.entries(others)) call.others.set(key, value)
  }
}

const sizeOf = ({ id, name, arguments: { text } }: OpenCall) => id.length + name.length + text.length

function addArguments({ arguments: given }: OpenCall, added: string | Record<string, unknown>): void {
  if (typeof added === 'object') {
    if (given.text === '' && Number.isFinite(jsonLength(added))) given.add(JSON.stringify(added))
  } else if (!given.isWhole) given.add(added) // some servers send the whole call again when it ends
}
