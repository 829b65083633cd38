/** The document that is being written: the library's object with our fonts, colours and sizes (in points). */
import PDFDocument from 'pdfkit'
import { Fonts } from '../text/fonts.ts'
import type { Direction } from './bidi.ts'
import type { PdfInput } from './input.ts'
import type { StyledText, TextStyle } from './paragraph.ts'
import { directionOf, type Line, Typesetter } from './typesetter.ts'

export const COLORS = {
  text: '#1F2937',
  muted: '#6B7280',
  primary: '#17375E',
  accent: '#2F7DE1',
  panel: '#F3F5F9',
  line: '#D9DEE7',
}
export const BODY_SIZE = 10.5
const MARGIN = 62
/** The margin of a page that was turned to landscape for a wide table. */
const NARROW_MARGIN = 40

export const bodyStyle: TextStyle = { font: 'regular', size: BODY_SIZE, color: COLORS.text }

/** The side where lines begin, if the paragraph does not set another one. */
export type Align = 'start' | 'left' | 'center' | 'right'

export class Page {
  readonly doc: PDFKit.PDFDocument
  readonly fonts = new Fonts()
  readonly type: Typesetter
  readonly warnings: string[] = []
  /** The direction of text without letters. */
  readonly direction: Direction
  /** Width of the text area of a page that is not turned. */
  readonly plainWidth: number
  readonly #isPortrait: boolean
  readonly #size: 'A4' | 'LETTER'
  #isTurned = false

  constructor(input: PdfInput) {
    this.#isPortrait = input.orientation === 'portrait'
    this.#size = input.page_size === 'A4' ? 'A4' : 'LETTER'
    this.direction = directionOf(input.title, directionOf(input.content, 'ltr'))
    this.doc = new PDFDocument({
      size: this.#size,
      layout: input.orientation,
      margins: { top: MARGIN, bottom: MARGIN + 6, left: MARGIN, right: MARGIN },
      bufferPages: true,
      displayTitle: true,
      info: { Title: input.title, Author: input.author ?? 'Persona', Producer: 'Persona', Creator: 'Persona' },
    })
    this.plainWidth = this.width
    this.type = new Typesetter(this.doc, this.fonts)
  }

  get left(): number {
    return this.doc.page.margins.left
  }

  get width(): number {
    return this.doc.page.width - this.doc.page.margins.left - this.doc.page.margins.right
  }

  get bottom(): number {
    return this.doc.page.height - this.doc.page.margins.bottom
  }

  get top(): number {
    return this.doc.page.margins.top
  }

  /** Height of a page's text area. */
  get height(): number {
    return this.bottom - this.top
  }

  /** Pages so far. */
  get count(): number {
    return this.doc.bufferedPageRange().count
  }

  /** Width of the text area of a turned page. Undefined if pages cannot be turned. */
  get turnedWidth(): number | undefined {
    if (!this.#isPortrait) return undefined
    return Math.max(this.doc.page.width, this.doc.page.height) - 2 * NARROW_MARGIN
  }

  /** Begins a page like this one. */
  next(): void {
    if (!this.#isTurned) this.doc.addPage()
    else {
      const margins = { top: NARROW_MARGIN, bottom: MARGIN, left: NARROW_MARGIN, right: NARROW_MARGIN }
      this.doc.addPage({ size: this.#size, layout: 'landscape', margins })
    }
  }

  /** Begins a landscape page, or, with `false`, a page in the document's own orientation. */
  turn(isTurned = true): void {
    if (this.#isTurned === isTurned) return
    this.#isTurned = isTurned
    this.next()
  }

  /** Begins a new page unless this one has `height` left. */
  ensure(height: number): void {
    if (this.doc.y + height > this.bottom && this.doc.y > this.top) this.next()
  }

  gap(height: number): void {
    if (this.doc.y > this.top) this.doc.y += height
  }

  /** Writes styled pieces as one paragraph, beginning at the current y. A line feed in them breaks the line. */
  flow(pieces: StyledText[], x: number, width: number, align: Align = 'start', fallback = this.direction): void {
    const { lines, direction } = this.type.set(pieces, width, fallback)
    for (const line of lines) {
      this.ensure(line.height)
      const { y } = this.doc
      this.type.draw(line, x + indentOf(line, width, align, direction), y)
      this.doc.x = this.left
      this.doc.y = y + line.height
    }
  }
}

/** The distance of a line from the left edge of its box. */
export function indentOf(line: Line, width: number, align: Align, direction: Direction): number {
  const side = align === 'start' ? (direction === 'rtl' ? 'right' : 'left') : align
  if (side === 'left') return 0
  return (width - line.width) / (side === 'center' ? 2 : 1)
}
