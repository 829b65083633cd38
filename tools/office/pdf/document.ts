/** Builds the .pdf from the tool's input. */
import { Lexer } from 'marked'
import { drawBlocks } from './blocks.ts'
import type { PdfInput } from './input.ts'
import { COLORS, Page } from './page.ts'

export interface BuiltPdf {
  data: Uint8Array
  pages: number
  warnings: string[]
}

/** Throws `invalid_input` or `not_found` for a picture that cannot be used. */
export async function buildPdf(input: PdfInput, workspace: string): Promise<BuiltPdf> {
  const page = new Page(input)
  const data = collect(page.doc)
  drawTitle(page, input)
  await drawBlocks(page, Lexer.lex(input.content), workspace)
  const pages = page.doc.bufferedPageRange().count
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
  page.doc.rect(page.left, page.doc.y + 6, 46, 3).fill(COLORS.accent)
  page.doc.y += 22
}

function drawFooters(page: Page, title: string, pages: number): void {
  const { doc } = page
  for (let i = 0; i < pages; i++) {
    doc.switchToPage(i)
    // Without a bottom margin, or writing there would begin another page.
    doc.page.margins.bottom = 0
    const y = doc.page.height - 40
    page.useFontFor(title, 'regular', 8)
    doc
      .fillColor(COLORS.muted)
      .text(title, page.left, y, { width: page.width - 80, height: 11, ellipsis: true, lineBreak: true })
    page.useFontFor('0', 'regular', 8)
    doc.text(`${i + 1} / ${pages}`, page.left + page.width - 70, y, { width: 70, align: 'right', lineBreak: false })
  }
}

function collect(doc: PDFKit.PDFDocument): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    doc.on('data', (chunk: Buffer) => chunks.push(chunk))
    doc.on('end', () => resolve(Buffer.concat(chunks)))
    doc.on('error', reject)
  })
}
