/** Measures text on slides with the metrics of its fonts, in inches and points. */
import { type FontStyle, Fonts } from '../text/fonts.ts'
import { linesOf as breakLines, pieces } from '../text/lines.ts'

/** Kept, because what it knows about fonts is also true for the next deck. */
const fonts = new Fonts('Calibri')
/**
 * The characters of Calibri itself. For other scripts, other computers use other fonts, which may be higher and wider.
 */
const IN_CALIBRI = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Common}\p{Script=Inherited}]*$/u
const CALIBRI = { line: 1.22, room: 0.98 }
const OTHERS = { line: 1.4, room: 0.94 }

export function linesOf(text: string, widthInches: number, fontSize: number, style: FontStyle = 'regular'): number {
  const room = widthInches * 72 * typical(text).room
  return breakLines(text, room, (part) => fonts.widthOf(part, style, fontSize)).length
}

export function heightOf(text: string, widthInches: number, fontSize: number, style: FontStyle = 'regular'): number {
  return (linesOf(text, widthInches, fontSize, style) * fontSize * typical(text).line) / 72
}

/** Width on one line, as a multiple of the font size. */
export function emsOf(text: string, style: FontStyle = 'regular'): number {
  return fonts.widthOf(text, style, 1) / typical(text).room
}

/** Width of the widest piece that should stay on one line: a word, a number, a Chinese character. */
export function widestPiece(text: string, style: FontStyle = 'regular'): number {
  return Math.max(0, ...pieces(text).map((piece) => emsOf(piece.trimEnd(), style)))
}

/** `text`, or its beginning with an ellipsis if it is wider than one line. */
export function shortened(text: string, widthInches: number, fontSize: number): string {
  const room = (widthInches * 72) / fontSize
  if (emsOf(text) <= room) return text
  const [line = ''] = breakLines(text, (room - 1) * typical(text).room, (part) => fonts.widthOf(part, 'regular', 1))
  return `${line}…`
}

/** Characters for which this machine has no font, without duplicates. */
export function missingIn(texts: string[]): string[] {
  const words = new Set(texts.flatMap((text) => text.split(/\s+/)))
  return [...new Set([...words].flatMap((word) => fonts.missingIn(word)))]
}

function typical(text: string): typeof CALIBRI {
  return IN_CALIBRI.test(text) ? CALIBRI : OTHERS
}

/** The largest of `sizes` (descending) whose `height` is at most `available`, or else the smallest. */
export function largestFitting(sizes: number[], available: number, height: (size: number) => number): number {
  return sizes.find((size) => height(size) <= available) ?? sizes.at(-1)!
}

/** Cuts `items` into pieces no higher than `available`; a piece has at least one item. */
export function paginate<T>(items: T[], available: number, height: (item: T) => number): T[][] {
  const pages: T[][] = []
  let used = Number.POSITIVE_INFINITY
  for (const item of items) {
    const needed = height(item)
    if (used + needed > available) {
      pages.push([])
      used = 0
    }
    pages.at(-1)!.push(item)
    used += needed
  }
  return pages
}
