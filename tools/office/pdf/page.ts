/** The document being written: the library's object with our fonts, colours and measures (points). */
import PDFDocument from 'pdfkit'
import { type FontStyle, Fonts } from '../text/fonts.ts'
import type { PdfInput } from './input.ts'

export const COLORS = {
  text: '#1F2937',
  muted: '#6B7280',
  primary: '#17375E',
  accent: '#2F7DE1',
  panel: '#F3F5F9',
  line: '#D9DEE7',
}
export const BODY_SIZE = 10.5
export const LINE_GAP = 3
const MARGIN = 62
/** Ascent of Noto Sans, as part of the font size. */
const ASCENT = 1.069

export interface TextStyle {
  font: FontStyle
  size: number
  color: string
  link?: string
  strike?: boolean
}

export const bodyStyle: TextStyle = { font: 'regular', size: BODY_SIZE, color: COLORS.text }

export interface StyledText {
  text: string
  style: TextStyle
}

export class Page {
  readonly doc: PDFKit.PDFDocument
  readonly fonts = new Fonts()
  readonly warnings: string[] = []

  constructor(input: PdfInput) {
    this.doc = new PDFDocument({
      size: input.page_size === 'A4' ? 'A4' : 'LETTER',
      layout: input.orientation,
      margins: { top: MARGIN, bottom: MARGIN + 6, left: MARGIN, right: MARGIN },
      bufferPages: true,
      displayTitle: true,
      info: { Title: input.title, Author: input.author ?? 'Persona', Producer: 'Persona', Creator: 'Persona' },
    })
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

  /** Height of a page's text area. */
  get height(): number {
    return this.bottom - this.doc.page.margins.top
  }

  /** Begins a new page unless `height` is left on this one. */
  ensure(height: number): void {
    if (this.doc.y + height > this.bottom && this.doc.y > this.doc.page.margins.top) this.doc.addPage()
  }

  gap(height: number): void {
    if (this.doc.y > this.doc.page.margins.top) this.doc.y += height
  }

  /** Writes styled pieces as one flowing paragraph from the current y on; a line feed in them breaks the line. */
  flow(pieces: StyledText[], x: number, width: number, align: 'left' | 'center' = 'left'): void {
    for (const line of splitAtLineFeeds(pieces)) this.#flowLine(line, x, width, align)
    this.doc.x = this.left
  }

  #flowLine(pieces: StyledText[], x: number, width: number, align: 'left' | 'center'): void {
    const runs = pieces.flatMap(({ text, style }) =>
      this.fonts.runs(text, style.font).map((run) => ({ ...run, style })),
    )
    // One baseline for all fonts of the line, whatever the ascent of each.
    const baseline = -ASCENT * Math.max(...pieces.map(({ style }) => style.size))
    for (const [i, { text, font, style }] of runs.entries()) {
      this.doc
        .font(font.path, font.name ?? '')
        .fontSize(style.size)
        .fillColor(style.color)
      const options = {
        width,
        align,
        baseline,
        lineGap: LINE_GAP,
        continued: i < runs.length - 1,
        link: style.link ?? null,
        underline: style.link !== undefined,
        strike: style.strike ?? false,
      }
      if (i === 0) this.doc.text(text, x, this.doc.y, options)
      else this.doc.text(text, options)
    }
  }

  /** Sets the one font that suits `text` best; for text that is measured and drawn into a box. */
  useFontFor(text: string, style: FontStyle, size: number): void {
    const font = this.fonts.best(text, style)
    this.doc.font(font.path, font.name ?? '').fontSize(size)
  }
}

function splitAtLineFeeds(pieces: StyledText[]): StyledText[][] {
  const lines: StyledText[][] = [[]]
  for (const { text, style } of pieces) {
    for (const [i, part] of text.split('\n').entries()) {
      if (i > 0) lines.push([])
      if (part !== '') lines.at(-1)!.push({ text: part, style })
    }
  }
  return lines.filter((line) => line.length > 0)
}
