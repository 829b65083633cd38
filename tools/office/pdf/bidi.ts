/** The visual order of text that mixes both directions, by Unicode's bidirectional algorithm (UAX 9). */
import bidiModule from 'bidi-js'

export type Direction = 'ltr' | 'rtl'

// the package's types name a default export that its file does not have
const bidi = (bidiModule as unknown as typeof bidiModule.default)()
const clusters = new Intl.Segmenter('en', { granularity: 'grapheme' })
/** The font library chooses the direction by the first letter. Digits and signs belong to no script. */
const FIRST_SCRIPT = /[^\p{Script=Common}\p{Script=Inherited}\p{Script=Unknown}]/u
const RIGHT_TO_LEFT =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}]/u

/** Letters, digits and control characters of right-to-left text. A text without any of them runs from left to right. */
const MAY_RUN_LEFT =
  /[\u0590-\u08FF\u200F\u202A-\u202E\u2066-\u2069\uFB1D-\uFDFF\uFE70-\uFEFF\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u

/** The library's time grows with the square of the length of a text of digits. */
const MAX_AT_ONCE = 5_000

/** The embedding level of each UTF-16 unit: odd ones run from right to left. */
export function levelsOf(text: string, direction: Direction): Uint8Array {
  const levels = new Uint8Array(text.length)
  if (direction === 'ltr' && !MAY_RUN_LEFT.test(text)) return levels
  for (let from = 0; from < text.length; ) {
    const space = text.lastIndexOf(' ', from + MAX_AT_ONCE)
    const to = text.length - from <= MAX_AT_ONCE || space <= from ? from + MAX_AT_ONCE : space
    const part = text.slice(from, to)
    levels.set(bidi.getEmbeddingLevels(part, direction).levels, from)
    from += part.length
  }
  return levels
}

/** The `runs` of one line in their visual order, from left to right (rule L2). */
export function visualOrder<T extends { level: number }>(runs: readonly T[]): T[] {
  const ordered = [...runs]
  const highest = Math.max(0, ...runs.map(({ level }) => level))
  for (let level = highest; level > 0; level--) {
    for (let from = 0; from < ordered.length; from++) {
      let to = from
      while (to < ordered.length && ordered[to]!.level >= level) to++
      if (to > from) ordered.splice(from, to - from, ...ordered.slice(from, to).reverse())
      from = to
    }
  }
  return ordered
}

/**
 * The text of a run in the form that the font library needs. The library ignores levels. It sets a text from right to
 * left if the script of its first letter does, and it does not mirror brackets.
 */
export function textToDraw(text: string, level: number): string {
  const isReversed = level % 2 === 1
  const mirrored = isReversed ? [...text].map((sign) => mirrorOf(sign) ?? sign).join('') : text
  const isReversedByLibrary = RIGHT_TO_LEFT.test(FIRST_SCRIPT.exec(text)?.[0] ?? '')
  return isReversed === isReversedByLibrary ? mirrored : reversed(mirrored)
}

/** The mirror image of a bracket, arrow or sign. */
export const mirrorOf = (sign: string): string | undefined => bidi.getMirroredCharacter(sign) ?? undefined

const reversed = (text: string) =>
  [...clusters.segment(text)]
    .map(({ segment }) => segment)
    .reverse()
    .join('')
