/**
 * Sets text of any script in lines: finds line breaks, chooses fonts, and puts right-to-left text into its visual
 * order. All text of a PDF goes through here.
 */
import { isRightToLeft } from '../text/direction.ts'
import type { FontFile, Fonts } from '../text/fonts.ts'
import { type Direction, textToDraw, visualOrder } from './bidi.ts'
import { drawMirrored } from './mirrored.ts'
import {
  Paragraph,
  partsOf,
  type Run,
  type StyledText,
  splitAtLineFeeds,
  type TextStyle,
  trimmed,
} from './paragraph.ts'

/** A piece of a line in one font and direction. */
interface PlacedRun {
  text: string
  isRightToLeft: boolean
  font: FontFile
  style: TextStyle
  width: number
}

export interface Line {
  /** From left to right. */
  runs: PlacedRun[]
  width: number
  /** From the top of the line to the baseline. */
  ascent: number
  height: number
}

export interface SetText {
  lines: Line[]
  direction: Direction
}

export const LINE_GAP = 3
/** The line height of Noto Sans, relative to the font size. */
const ASCENT = 1.069
const DESCENT = 0.293
/** The maximum line height, even if a font asks for more. */
const MOST_ASCENT = 1.5
const MOST_DESCENT = 0.7
const EPSILON = 0.01

/** Invisible control characters. */
const UNSEEN = /[\u00AD\u061C\u200B\u200E\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF]/g
const clusters = new Intl.Segmenter('en', { granularity: 'grapheme' })

export class Typesetter {
  readonly #doc: PDFKit.PDFDocument
  readonly #fonts: Fonts

  constructor(doc: PDFKit.PDFDocument, fonts: Fonts) {
    this.#doc = doc
    this.#fonts = fonts
  }

  /**
   * `text` in lines no wider than `width`; a line feed in it breaks the line. The first letter decides the direction, and
   * where there is none, `fallback`.
   */
  set(text: StyledText[], width: number, fallback: Direction = 'ltr', gap = LINE_GAP): SetText {
    const direction = directionOf(text.map((piece) => piece.text).join(''), fallback)
    const lines = splitAtLineFeeds(text).flatMap((line) => this.#setLine(line, width, direction, gap))
    return { lines, direction }
  }

  /** The width of the widest line if only line feeds break it. */
  widthOf(text: StyledText[]): number {
    return Math.max(0, ...this.set(text, Number.POSITIVE_INFINITY).lines.map(({ width }) => width))
  }

  /** The pieces that must not be broken, with their widths. */
  unbrokenPieces(text: StyledText[]): { text: string; width: number }[] {
    return splitAtLineFeeds(text).flatMap((line) => {
      const paragraph = new Paragraph(line, 'ltr', this.#fonts)
      return partsOf(paragraph.text).map(([from, to]) => {
        const end = trimmed(paragraph.text, from, to)
        return { text: paragraph.text.slice(from, end), width: this.#widthOf(paragraph, from, end) }
      })
    })
  }

  /** `text` on one line, shortened with an ellipsis if it does not fit. */
  fit(text: string, style: TextStyle, width: number): SetText {
    if (this.widthOf([{ text, style }]) <= width) return this.set([{ text, style }], Number.POSITIVE_INFINITY)
    const signs = [...clusters.segment(text)].map(({ segment }) => segment)
    let [fits, tooMany] = [0, signs.length]
    const cut = (count: number) => `${signs.slice(0, count).join('').trimEnd()}…`
    while (tooMany - fits > 1) {
      const middle = (fits + tooMany) >> 1
      if (this.widthOf([{ text: cut(middle), style }]) <= width) fits = middle
      else tooMany = middle
    }
    return this.set([{ text: cut(fits), style }], Number.POSITIVE_INFINITY)
  }

  /** Draws a line with its upper left corner at `x`, `y`. */
  draw(line: Line, x: number, y: number): void {
    let left = x
    for (const run of line.runs) {
      this.#drawRun(run, left, y + line.ascent)
      left += run.width
    }
  }

  #drawRun({ text, isRightToLeft, font, style, width }: PlacedRun, x: number, baseline: number): void {
    const doc = this.#doc
    const y = baseline - (style.rise ?? 0)
    doc
      .font(font.path, font.name ?? '')
      .fontSize(style.size)
      .fillColor(style.color)
    const write = () => doc.text(text, x, y, { lineBreak: false, baseline: 'alphabetic', ...shapedWhole(text) })
    if (isRightToLeft) drawMirrored(doc, write)
    else if (text !== '') write()
    const rule = (at: number) =>
      doc
        .moveTo(x, at)
        .lineTo(x + width, at)
        .lineWidth(Math.max(0.5, style.size / 18))
        .strokeColor(style.color)
        .stroke()
    if (style.underline || style.link) rule(y + style.size * 0.13)
    if (style.strike) rule(y - style.size * 0.3)
    if (style.link) doc.link(x, y - style.size, width, style.size * 1.3, style.link)
  }

  #setLine(text: StyledText[], width: number, direction: Direction, gap: number): Line[] {
    const paragraph = new Paragraph(text, direction, this.#fonts)
    const lines: [from: number, to: number][] = []
    let [start, used] = [0, 0]
    const endLine = (at: number) => {
      lines.push([start, at])
      start = at
      used = 0
    }
    const measured = (from: number, to: number) => {
      const end = trimmed(paragraph.text, from, to)
      const visible = this.#widthOf(paragraph, from, end)
      return { from, end, visible, whole: end === to ? visible : this.#widthOf(paragraph, from, to) }
    }
    const add = ({ from, end, visible, whole }: ReturnType<typeof measured>) => {
      if (from > start && end > from && used + visible > width + EPSILON) endLine(from)
      used += whole
    }
    for (const [from, to] of partsOf(paragraph.text)) {
      const part = measured(from, to)
      if (part.visible <= width + EPSILON) add(part)
      else {
        if (from > start) endLine(from)
        for (const { segment, index } of clusters.segment(paragraph.text.slice(from, to)))
          add(measured(from + index, from + index + segment.length))
      }
    }
    endLine(paragraph.text.length)
    return lines.map(([from, to]) => this.#placed(paragraph, from, trimmed(paragraph.text, from, to), text, gap))
  }

  #placed(paragraph: Paragraph, from: number, to: number, text: StyledText[], gap: number): Line {
    const runs = visualOrder(paragraph.between(from, to)).flatMap((run) => this.#drawable(paragraph, run))
    const base = Math.max(...text.map(({ style }) => style.size))
    let [ascent, descent] = [ASCENT * base, DESCENT * base]
    for (const { font, style } of runs) {
      const { ascender, descender } = this.#metrics(font)
      const rise = style.rise ?? 0
      ascent = Math.max(ascent, Math.min(ascender, MOST_ASCENT) * style.size + rise)
      descent = Math.max(descent, Math.min(descender, MOST_DESCENT) * style.size - rise)
    }
    return { runs, width: runs.reduce((sum, run) => sum + run.width, 0), ascent, height: ascent + descent + gap }
  }

  #drawable(paragraph: Paragraph, run: Run): PlacedRun[] {
    const text = textToDraw(seen(paragraph.text.slice(run.from, run.to)), run.level)
    const { font, style } = run
    const isRightToLeft = run.level % 2 === 1
    try {
      return [{ text, isRightToLeft, font, style, width: this.#measure(text, font, style.size) }]
    } catch {
      return this.#signBySign(text, run)
    }
  }

  /** The font library fails on some sequences that occur in no language. Then each character is set separately. */
  #signBySign(text: string, { font, style, level }: Run): PlacedRun[] {
    return [...text].flatMap((sign) => {
      try {
        return [
          { text: sign, isRightToLeft: level % 2 === 1, font, style, width: this.#measure(sign, font, style.size) },
        ]
      } catch {
        this.#fonts.missing.add(sign)
        return []
      }
    })
  }

  #widthOf(paragraph: Paragraph, from: number, to: number): number {
    return paragraph
      .between(from, to)
      .flatMap((run) => this.#drawable(paragraph, run))
      .reduce((sum, { width }) => sum + width, 0)
  }

  #measure(text: string, font: FontFile, size: number): number {
    if (text === '') return 0
    this.#doc.font(font.path, font.name ?? '').fontSize(size)
    return this.#doc.widthOfString(text, { ...shapedWhole(text) })
  }

  #metrics(font: FontFile): { ascender: number; descender: number } {
    this.#doc.font(font.path, font.name ?? '')
    const { ascender, descender } = (this.#doc as unknown as { _font: { ascender: number; descender: number } })._font
    return { ascender: ascender / 1000, descender: -descender / 1000 }
  }
}

/** Text is shaped word by word, unless its words are drawn in another order than they are written. */
const shapedWhole = (text: string): PDFKit.Mixins.TextOptions => (isRightToLeft(text) ? { features: [] } : {})

export function directionOf(text: string, fallback: Direction): Direction {
  if (!/\p{L}/u.test(text)) return fallback
  return isRightToLeft(text) ? 'rtl' : 'ltr'
}

const seen = (text: string) => text.replace(UNSEEN, '').replaceAll('\t', ' ')
