/** The text of a paragraph: where lines may break, and which parts share a style, font and direction. */
import type { FontFile, FontStyle, Fonts } from '../text/fonts.ts'
import { pieces as breakable } from '../text/lines.ts'
import { type Direction, levelsOf } from './bidi.ts'

export interface TextStyle {
  font: FontStyle
  size: number
  color: string
  link?: string
  strike?: boolean
  underline?: boolean
  /** Points above the baseline. Negative for text below it. */
  rise?: number
}

export interface StyledText {
  text: string
  style: TextStyle
}

/** A part of the paragraph's text that has one style, font and level. */
export interface Run {
  from: number
  to: number
  font: FontFile
  style: TextStyle
  level: number
}

const TRAILING_SPACE = /[ \t\u1680\u2000-\u2006\u2008-\u200B\u205F\u3000]+$/

/** The text between two line feeds, and its runs. */
export class Paragraph {
  readonly text: string
  readonly #runs: Run[] = []

  constructor(pieces: StyledText[], direction: Direction, fonts: Fonts) {
    this.text = pieces.map(({ text }) => text).join('')
    const levels = levelsOf(this.text, direction)
    let from = 0
    for (const { text, style } of pieces) {
      for (const run of fonts.runs(text, style.font)) {
        this.#addLevels(levels, { from, to: from + run.text.length, font: run.font, style })
        from += run.text.length
      }
    }
  }

  #addLevels(levels: Uint8Array, run: Omit<Run, 'level'>): void {
    for (let from = run.from; from < run.to; ) {
      let to = from + 1
      while (to < run.to && levels[to] === levels[from]) to++
      this.#runs.push({ ...run, from, to, level: levels[from]! })
      from = to
    }
  }

  /** The runs from `from` to `to`, cut there. */
  between(from: number, to: number): Run[] {
    const found: Run[] = []
    for (let i = this.#firstAfter(from); i < this.#runs.length && this.#runs[i]!.from < to; i++) {
      const run = this.#runs[i]!
      found.push({ ...run, from: Math.max(from, run.from), to: Math.min(to, run.to) })
    }
    return found
  }

  /** Index of the first run that ends after `at`. */
  #firstAfter(at: number): number {
    let [low, high] = [0, this.#runs.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#runs[middle]!.to <= at) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The end of the part from `from` to `to`, without the spaces at its end. */
export function trimmed(text: string, from: number, to: number): number {
  return from + text.slice(from, to).replace(TRAILING_SPACE, '').length
}

/** The parts between which a line may break. A number with its sign, unit and inner spaces is one part. */
export function partsOf(text: string): [from: number, to: number][] {
  const parts: [number, number][] = []
  let from = 0
  for (const piece of breakable(text)) {
    const last = parts.at(-1)
    const to = from + piece.length
    if (last && to - last[0] <= LONGEST_NUMBER && isOneNumber(text.slice(last[0], from), piece)) last[1] = to
    else parts.push([from, to])
    from = to
  }
  return parts
}

/** Longer ones are broken like words. */
const LONGEST_NUMBER = 40
const SIGN = '[-+−–±]'
const CURRENCY = '\\p{Sc}'
const SIGN_BEFORE = new RegExp(`(^|[\\s(])${SIGN}?${CURRENCY}?${SIGN}? ?$`, 'u')

function isOneNumber(before: string, after: string): boolean {
  if (/\d ?$/.test(before)) return new RegExp(`^(\\d{3}(?!\\d)|[%‰]|${CURRENCY})`, 'u').test(after)
  return /^[\d.,]*\d/.test(after) && /\S/.test(before) && SIGN_BEFORE.test(before)
}

export function splitAtLineFeeds(pieces: StyledText[]): StyledText[][] {
  const lines: StyledText[][] = [[]]
  for (const { text, style } of pieces) {
    for (const [i, part] of text.split('\n').entries()) {
      if (i > 0) lines.push([])
      if (part !== '') lines.at(-1)!.push({ text: part, style })
    }
  }
  return lines.filter((line) => line.length > 0)
}
