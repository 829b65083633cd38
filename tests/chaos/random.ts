/** Random numbers that are the same for the same seed (mulberry32), so that a schedule of kills can be repeated. */
export interface Random {
  /** Between `from` and `to`. */
  between(from: number, to: number): number
  /** One item of the list. Undefined if the list is empty. */
  pick<T>(list: readonly T[]): T | undefined
}

export function seededRandom(seed: number): Random {
  let state = seed | 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    between: (from, to) => from + next() * (to - from),
    pick: (list) => list[Math.floor(next() * list.length)],
  }
}
