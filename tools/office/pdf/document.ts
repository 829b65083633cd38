/** Builds the .pdf from the tool's input. */
import { Lexer } from 'marked'
import { drawBlocks } from './blocks.ts'
import type { PdfInput } from './input.ts'
import { COLORS, indentOf, Page } from './page.ts'
import type { TextStyle } from './paragraph.ts'
import type { SetText } from './typesetter.ts'

export interface BuiltPdf {
  data: Uint8Array
  pages: number
  warnings: string[]
}

const NUMBER_WIDTH = 70
const FOOTER: TextStyle = { font: 'regular', size: 8, color: COLORS.muted }

/** Throws `invalid_input` or `not_found` for a picture or table that cannot be used. */
export async function buildPdf(input: PdfInput, workspace: string): Promise<BuiltPdf> {
  const page = new Page(input)
  const data = collect(page.doc)
  drawTitle(page, input)
  await drawBlocks(page, Lexer.lex(input.content), workspace)
  const pages = page.count
  drawFooters(page, input.title, pages)
  page.doc.end()
  if (page.fonts.missing.size > 0) {
    const some = [...page.fonts.missing].slice(0, 10).join(' ')
    page.warnings.push(`No font here has these characters, which show as boxes: ${some}`)
  }
  return { data: await data, pages, warnings: page.warnings }
}

function drawTitle(page: Page, input: PdfInput): void {
  page.flow([{ text: input.title, style: { font: 'bold', size: 25, color: COLORS.primary } }], page.left, page.width)
  const byline = [input.subtitle, input.author].filter(Boolean).join('  ·  ')
  if (byline)
    page.flow([{ text: byline, style: { font: 'regular', size: 11.5, color: COLORS.muted } }], page.left, page.width)
  const x = page.direction === 'rtl' ? page.left + page.width - 46 : page.left
  page.doc.rect(x, page.doc.y + 6, 46, 3).fill(COLORS.accent)
  page.doc.y += 22
}

/** The title is where lines begin, and the page number is on the other side. */
function drawFooters(page: Page, title: string, pages: number): void {
  for (let i = 0; i < pages; i++) {
    page.doc.switchToPage(i)
    const titleWidth = page.width - NUMBER_WIDTH - 10
    const number = page.type.set([{ text: `${i + 1} / ${pages}`, style: FOOTER }], NUMBER_WIDTH)
    const isLeft = page.direction === 'ltr'
    drawInFooter(page, page.type.fit(title, FOOTER, titleWidth), titleWidth, isLeft ? 'left' : 'right')
    drawInFooter(page, number, NUMBER_WIDTH, isLeft ? 'right' : 'left')
  }
}

function drawInFooter(page: Page, { lines, direction }: SetText, width: number, side: 'left' | 'right'): void {
  const x = side === 'left' ? page.left : page.left + page.width - width
  for (const line of lines) page.type.draw(line, x + indentOf(line, width, side, direction), page.doc.page.height - 40)
}

function collect(doc: PDFKit.PDFDocument): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    doc.on('data', (chunk: Buffer) => chunks.push(chunk))
    doc.on('end', () => resolve(Buffer.concat(chunks)))
    doc.on('error', reject)
  })
}
