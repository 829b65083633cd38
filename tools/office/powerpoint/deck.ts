/** Builds the .pptx from the tool's input. */
import { fitInto, type Picture, readPicture, withoutOrientation } from '../picture.ts'
import { columnsOf, drawBullets, drawChart, drawMetrics, drawParagraph, drawTable } from './blocks.ts'
import type { Deck, Slide } from './input.ts'
import {
  arrange,
  type Block,
  HEADING_GAP,
  HEADING_SIZE,
  inner,
  listPages,
  type Page,
  type Prose,
  proseTop,
} from './layout.ts'
import { type Pptx, PptxGenJS, type PptxSlide } from './library.ts'
import { defineMasters, type Layout, TITLES, titleColor } from './masters.ts'
import { heightOf, largestFitting, missingIn } from './measure.ts'
import { mendDeck } from './mend.ts'
import { type Box, type Canvas, drawText, GEORGIA } from './text.ts'
import { FONT, type Theme, themeOf } from './theme.ts'

export interface BuiltDeck {
  data: Uint8Array
  slides: number
  warnings: string[]
}

/** Throws `invalid_input` for a picture that cannot be used, and for a table with more columns than fit. */
export async function buildDeck(deck: Deck, workspace: string): Promise<BuiltDeck> {
  const theme = themeOf(deck.theme, deck.accent_color)
  const pptx = new PptxGenJS()
  pptx.layout = 'LAYOUT_WIDE'
  pptx.title = deck.title
  pptx.author = deck.author || 'Persona'
  pptx.company = ''
  pptx.subject = deck.subtitle ?? ''
  pptx.theme = { headFontFace: FONT, bodyFontFace: FONT }
  defineMasters(pptx, theme, deck.title)
  const builder = new Builder(pptx, theme)
  builder.addCover(deck)
  for (const slide of deck.slides) {
    builder.addSlide(slide, slide.image ? await readPicture(workspace, slide.image) : undefined)
  }
  const data = await mendDeck((await pptx.write({ outputType: 'nodebuffer' })) as Buffer)
  return { data, slides: builder.slides, warnings: [...missingGlyphs(deck), ...builder.warnings] }
}

class Builder {
  slides = 0
  readonly warnings = new Set<string>()
  readonly #pptx: Pptx
  readonly #theme: Theme

  constructor(pptx: Pptx, theme: Theme) {
    this.#pptx = pptx
    this.#theme = theme
  }

  addCover({ title, subtitle, author }: Deck): void {
    const canvas = this.#begin('COVER', title)
    const box = { x: 1.1, w: 11 }
    const color = this.#theme.onPrimary
    if (subtitle) drawText(canvas, [{ text: subtitle, size: 22, color }], { ...box, y: 4.6, h: 0.9, valign: 'top' })
    const faint = { size: 14, color: 'D5DCE6' }
    if (author) drawText(canvas, [{ text: author, ...faint }], { ...box, y: 6.4, h: 0.4, valign: 'middle' })
  }

  addSlide(slide: Slide, picture: Picture | undefined): void {
    if (slide.layout === 'section') this.#addSection(slide)
    else if (slide.layout === 'quote' && slide.text) this.#addQuote(slide, slide.text)
    else for (const page of arrange(slide)) this.#addPage(page, picture)
  }

  #begin(layout: Layout, title: string): Canvas {
    const slide = this.#pptx.addSlide({ masterName: layout })
    this.slides++
    const canvas = { slide, title, theme: this.#theme, warnings: this.warnings }
    const { size, bold, ...box } = TITLES[layout]
    const color = titleColor(layout, this.#theme)
    drawText(canvas, [{ text: title, size, bold, color }], { ...box, isTitle: true })
    return canvas
  }

  /** Points that would make the text too small continue on further slides. */
  #addSection(slide: Slide): void {
    const canvas = this.#begin('SECTION', slide.title)
    const box = { x: 1.1, y: 4, w: 11, h: 2.6, valign: 'top' } as const
    const [least, size] = [11, 18]
    const all = [slide.text, ...(slide.bullets ?? [])].filter(Boolean).join('\n')
    const isShort = heightOf(all, box.w, least) <= box.h
    const text = isShort ? all : slide.text
    if (text) drawText(canvas, [{ text, size, color: 'D5DCE6' }], box)
    if (slide.notes) canvas.slide.addNotes(slide.notes)
    if (!isShort && slide.bullets)
      for (const page of listPages(slide.title, slide.bullets)) this.#addPage(page, undefined)
  }

  #addQuote(slide: Slide, text: string): void {
    const canvas = this.#begin('QUOTE', slide.title)
    const box = { x: 1.6, y: 1.9, w: 10.2, h: 3.5, valign: 'middle', face: 'Georgia' } as const
    const size = largestFitting([34, 30, 26, 22, 18, 14], box.h, (size) =>
      heightOf(text, box.w / GEORGIA, size, 'italic'),
    )
    drawText(canvas, [{ text, size, italic: true, color: this.#theme.text }], box)
    if (slide.notes) canvas.slide.addNotes(slide.notes)
  }

  #addPage(page: Page, picture: Picture | undefined): void {
    const canvas = this.#begin('CONTENT', page.title)
    if (page.metrics) drawMetrics(canvas, page.metrics.figures, page.metrics.box)
    for (const { block, box } of page.placed) draw(canvas, block, box, picture)
    if (page.notes) canvas.slide.addNotes(page.notes)
  }
}

function draw(canvas: Canvas, block: Block, box: Box, picture: Picture | undefined): void {
  if (block.kind === 'prose') drawProse(canvas, block, box)
  if (block.kind === 'table') drawTable(canvas, block.table, columnsOf(block.whole, box.w)!, box)
  if (block.kind === 'chart') drawChart(canvas.slide, block.chart, box, canvas.theme)
  if (block.kind === 'image' && picture) drawPicture(canvas.slide, picture, block.path, box)
}

/** An office file stores the size of a rotated picture before the rotation about its centre. */
function drawPicture(slide: PptxSlide, picture: Picture, path: string, box: Box): void {
  const { mirrored, degrees } = picture.orientation
  const { w, h } = fitInto(picture, box.w, box.h)
  const size = degrees % 180 === 0 ? { w, h } : { w: h, h: w }
  slide.addImage({
    data: `image/${picture.type};base64,${withoutOrientation(picture).toString('base64')}`,
    x: box.x + (box.w - size.w) / 2,
    y: box.y + (box.h - size.h) / 2,
    ...size,
    rotate: degrees,
    flipH: mirrored,
    altText: path,
  })
}

function drawProse(canvas: Canvas, block: Prose, outer: Box): void {
  const { slide, theme } = canvas
  if (block.panel) slide.addShape('rect', { ...outer, fill: { color: theme.panel } })
  const box = inner(block, outer)
  const top = proseTop(block, box)
  const heading = block.headingHeight ?? 0
  if (block.heading) {
    const paragraph = { text: block.heading, size: HEADING_SIZE, bold: true, color: theme.accent }
    drawText(canvas, [paragraph], { ...box, h: heading - HEADING_GAP, valign: 'top' })
  }
  if (block.text) drawParagraph(canvas, block.text, { ...box, y: box.y + heading, h: top - heading })
  if (block.bullets.length > 0) drawBullets(canvas, block.bullets, { ...box, y: box.y + top, h: box.h - top })
}

/** The computer that opens a deck has its own fonts, but characters without a glyph here are rare anywhere. */
function missingGlyphs(deck: Deck): string[] {
  const missing = missingIn(textsOf(deck))
  if (missing.length === 0) return []
  const some = missing.slice(0, 10).join(' ')
  return [`No font here has these characters, which may show as boxes: ${some}`]
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}
