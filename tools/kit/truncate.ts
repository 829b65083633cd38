/** Shortens text for the model; nothing else does. The shortened text says that it was cut. */

/** The maximum number of characters that one call returns to the model. */
export const MAX_OUTPUT_CHARS = 20_000

export interface Page {
  text: string
  /** Tells the model how to get the rest. Undefined if this was all. */
  hint?: string
  lines: number
}

/** Lines `offset` (1 is the first) to `offset + limit - 1`, or fewer if they are long. */
export function pageOfLines(lines: string[], offset: number, limit: number): Page {
  const page: string[] = []
  let length = 0
  for (const line of lines.slice(offset - 1, offset - 1 + limit)) {
    if (length + line.length + 1 > MAX_OUTPUT_CHARS) break
    page.push(line)
    length += line.length + 1
  }
  const first = lines[offset - 1]
  if (page.length === 0 && first !== undefined) {
    const hint = `Line ${offset} has ${first.length} characters; the first ${MAX_OUTPUT_CHARS} are shown. Use run_code for the rest.`
    return { text: first.slice(0, MAX_OUTPUT_CHARS), lines: 1, hint }
  }
  const next = offset + page.length
  const hint = next <= lines.length ? `${lines.length - next + 1} more lines: continue with offset ${next}.` : undefined
  return { text: page.join('\n'), lines: page.length, hint }
}

/** Collects a stream and keeps only its beginning and its end, whatever its length. */
export class HeadAndTail {
  readonly #half: number
  #head: Buffer = Buffer.alloc(0)
  #tail: Buffer = Buffer.alloc(0)
  #total = 0

  constructor(maxBytes: number = MAX_OUTPUT_CHARS) {
    this.#half = Math.floor(maxBytes / 2)
  }

  add(chunk: Buffer): void {
    this.#total += chunk.length
    const room = this.#half - this.#head.length
    if (room > 0) this.#head = Buffer.concat([this.#head, chunk.subarray(0, room)])
    const rest = chunk.subarray(Math.max(0, room))
    if (rest.length > 0) this.#tail = Buffer.concat([this.#tail, rest]).subarray(-this.#half)
  }

  /** The beginning and the end, with a note in the gap. */
  text(): string {
    const left = this.#total - this.#head.length - this.#tail.length
    const gap = left > 0 ? `\n… ${left} bytes left out here: print less, or write to a file …\n` : ''
    return left > 0 ? decode(this.#head) + gap + decode(this.#tail) : decode(Buffer.concat([this.#head, this.#tail]))
  }
}

function decode(bytes: Buffer): string {
  return new TextDecoder().decode(bytes)
}
