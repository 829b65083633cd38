/** Limits the JSON of a request before anything parses it: many small values in one body would block everybody. */

export interface JsonLimits {
  /** How deeply arrays and objects may be nested. */
  depth: number
  /** Values in the outer two levels: the columns of a row, or of all rows. lite processes each of them several times. */
  outer: number
  /** Values at all levels. */
  values: number
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
const OPENING = new Set([0x5b, 0x7b])
const CLOSING = new Set([0x5d, 0x7d])

/** Returns the limit that the text exceeds, in one pass over its bytes; undefined if none. It need not be valid JSON. */
export function exceeded(json: Uint8Array, limits: JsonLimits): keyof JsonLimits | undefined {
  let depth = 0
  let outer = 0
  let values = 0
  let inText = false
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!
    if (inText) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) inText = false
      continue
    }
    if (byte === QUOTE) inText = true
    else if (OPENING.has(byte)) depth++
    else if (CLOSING.has(byte)) depth--
    else if (byte !== COMMA) continue
    if (byte === COMMA || OPENING.has(byte)) {
      values++
      if (depth <= 2) outer++
    }
    if (depth > limits.depth) return 'depth'
    if (outer > limits.outer) return 'outer'
    if (values > limits.values) return 'values'
  }
  return undefined
}
