const MAX_DEPTH = 64

/** The length of an untrusted value as JSON. Infinite if it is nested too deeply. */
export function jsonLength(value: unknown): number {
  return isNestedBeyond(value, MAX_DEPTH) ? Number.POSITIVE_INFINITY : JSON.stringify(value).length
}

/** Walks level by level, so that deep nesting cannot exhaust the stack. */
export function isNestedBeyond(value: unknown, depth: number): boolean {
  let level = [value]
  for (let at = 0; at <= depth; at++) {
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []))
    if (level.length === 0) return false
  }
  return true
}
