/** Builds the .pptx from the tool's input. */

import { fitInto, type Picture, readPicture, withoutOrientation } from '../picture.ts'
import { type Box, drawBullets, drawChart, drawMetrics, drawParagraph, drawTable } from './blocks.ts'
import type { Deck, Slide } from './input.ts'
import { arrange, type Block, inner, type Page, proseTop } from './layout.ts'
import { type Pptx, PptxGenJS, type PptxSlide } from './library.ts'
import { defineMasters } from './masters.ts'
import { largestFitting, linesOf } from './measure.ts'
import { mendDeck } from './mend.ts'
import { FONT, type Theme, themeOf } from './theme.ts'

export interface BuiltDeck {
  data: Uint8Array
  slides: number
}

/** Throws `invalid_input` for a picture that cannot be used. */
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
  addCover(pptx, deck, theme)
  let slides = 1
  for (const slide of deck.slides) {
    const picture = slide.image ? await readPicture(workspace, slide.image) : undefined
    slides += addSlide(pptx, slide, picture, theme)
  }
  const data = await mendDeck((await pptx.write({ outputType: 'nodebuffer' })) as Buffer)
  return { data, slides }
}

function addCover(pptx: Pptx, deck: Deck, theme: Theme): void {
  const cover = pptx.addSlide({ masterName: 'COVER' })
  cover.addText(deck.title, { placeholder: 'title' })
  if (deck.subtitle) {
    cover.addText(deck.subtitle, {
      x: 1.1,
      y: 4.6,
      w: 11,
      h: 0.9,
      fontFace: FONT,
      fontSize: 22,
      color: theme.onPrimary,
      valign: 'top',
      margin: 0,
      fit: 'shrink',
    })
  }
  if (deck.author) {
    cover.addText(deck.author, {
      x: 1.1,
      y: 6.4,
      w: 11,
      h: 0.4,
      fontFace: FONT,
      fontSize: 14,
      color: 'D5DCE6',
      margin: 0,
    })
  }
}

/** Returns how many slides it became. */
function addSlide(pptx: Pptx, slide: Slide, picture: Picture | undefined, theme: Theme): number {
  if (slide.layout === 'section') return addSection(pptx, slide, theme)
  if (slide.layout === 'quote' && slide.text) return addQuote(pptx, slide, slide.text, theme)
  const pages = arrange(slide)
  for (const page of pages) addPage(pptx, page, picture, theme)
  return pages.length
}

function addSection(pptx: Pptx, slide: Slide, _theme: Theme): number {
  const section = pptx.addSlide({ masterName: 'SECTION' })
  section.addText(slide.title, { placeholder: 'title' })
  const text = [slide.text, ...(slide.bullets ?? [])].filter(Boolean).join('\n')
  if (text)
    section.addText(text, {
      x: 1.1,
      y: 4,
      w: 11,
      h: 2,
      fontFace: FONT,
      fontSize: 18,
      color: 'D5DCE6',
      valign: 'top',
      margin: 0,
      fit: 'shrink',
    })
  if (slide.notes) section.addNotes(slide.notes)
  return 1
}

function addQuote(pptx: Pptx, slide: Slide, text: string, theme: Theme): number {
  const quote = pptx.addSlide({ masterName: 'QUOTE' })
  const fontSize = largestFitting(
    [34, 30, 26, 22, 18, 14],
    3.6,
    (size) => (linesOf(text, 10.2, size) * size * 1.25) / 72,
  )
  quote.addText(text, {
    x: 1.6,
    y: 1.9,
    w: 10.2,
    h: 3.5,
    fontFace: 'Georgia',
    italic: true,
    fontSize,
    color: theme.text,
    valign: 'middle',
    margin: 0,
  })
  quote.addText(slide.title, { placeholder: 'title' })
  if (slide.notes) quote.addNotes(slide.notes)
  return 1
}

function addPage(pptx: Pptx, page: Page, picture: Picture | undefined, theme: Theme): void {
  const slide = pptx.addSlide({ masterName: 'CONTENT' })
  slide.addText(page.title, { placeholder: 'title' })
  if (page.metrics) drawMetrics(slide, page.metrics.figures, page.metrics.box, theme)
  for (const { block, box } of page.placed) draw(slide, block, box, picture, theme)
  if (page.notes) slide.addNotes(page.notes)
}

function draw(slide: PptxSlide, block: Block, box: Box, picture: Picture | undefined, theme: Theme): void {
  if (block.kind === 'prose') drawProse(slide, block, box, theme)
  if (block.kind === 'table') drawTable(slide, block.table, box, theme)
  if (block.kind === 'chart') drawChart(slide, block.chart, box, theme)
  if (block.kind === 'image' && picture) {
    drawPicture(slide, picture, block.path, box)
  }
}

/** An office file gives a turned picture the size that it has before it is turned about its middle. */
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

function drawProse(slide: PptxSlide, block: Extract<Block, { kind: 'prose' }>, outer: Box, theme: Theme): void {
  if (block.panel) slide.addShape('rect', { ...outer, fill: { color: theme.panel } })
  const box = inner(block, outer)
  const top = proseTop(block, box)
  const heading = block.heading ? 0.5 : 0
  if (block.heading) {
    slide.addText(block.heading, {
      ...box,
      h: 0.4,
      fontFace: FONT,
      fontSize: 18,
      bold: true,
      color: theme.accent,
      margin: 0,
      fit: 'shrink',
    })
  }
  if (block.text) drawParagraph(slide, block.text, { ...box, y: box.y + heading, h: top - heading }, theme)
  if (block.bullets.length > 0) drawBullets(slide, block.bullets, { ...box, y: box.y + top, h: box.h - top }, theme)
}
