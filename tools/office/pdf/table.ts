/** Tables that go on over pages, with the header repeated. */
import type { Tokens } from 'marked'
import { columnWidths } from '../column-widths.ts'
import { plainText } from './inline.ts'
import { COLORS, type Page } from './page.ts'

const SIZE = 9.5
const PAD = { x: 6, y: 5 }
type Align = 'left' | 'center' | 'right'

export function drawTable(page: Page, table: Tokens.Table): void {
  const headers = table.header.map((cell) => plainText(cell.tokens))
  const rows = table.rows.map((row) => row.map((cell) => plainText(cell.tokens)))
  const widths = columnWidths([headers, ...rows], page.width)
  const aligns = table.header.map((cell, i): Align => cell.align ?? (isNumeric(rows, i) ? 'right' : 'left'))
  const draw = (row: string[], header: boolean, shaded: boolean) =>
    drawRow(page, row, { widths, aligns, header, shaded })
  const headerHeight = rowHeight(page, headers, widths, true)
  page.ensure(headerHeight + (rows[0] ? Math.min(rowHeight(page, rows[0], widths, false), page.height / 3) : 0))
  draw(headers, true, false)
  for (const [i, row] of rows.flatMap((row) => splitTall(page, row, widths, page.height - headerHeight)).entries()) {
    if (page.doc.y + rowHeight(page, row, widths, false) > page.bottom) {
      page.doc.addPage()
      draw(headers, true, false)
    }
    draw(row, false, i % 2 === 1)
  }
}

interface RowLook {
  widths: number[]
  aligns: Align[]
  header: boolean
  shaded: boolean
}

function drawRow(page: Page, row: string[], { widths, aligns, header, shaded }: RowLook): void {
  const { doc } = page
  const top = doc.y
  const height = rowHeight(page, row, widths, header)
  if (header || shaded) doc.rect(page.left, top, page.width, height).fill(header ? COLORS.primary : COLORS.panel)
  let x = page.left
  for (const [i, text] of row.entries()) {
    const width = widths[i]!
    page.useFontFor(text, header ? 'bold' : 'regular', SIZE)
    doc.fillColor(header ? '#FFFFFF' : COLORS.text)
    doc.text(text, x + PAD.x, top + PAD.y, {
      width: width - 2 * PAD.x,
      height: height - PAD.y,
      align: aligns[i],
      lineGap: 1,
    })
    x += width
  }
  const bottom = top + height
  doc
    .moveTo(page.left, bottom)
    .lineTo(page.left + page.width, bottom)
    .lineWidth(0.5)
    .strokeColor(COLORS.line)
    .stroke()
  doc.x = page.left
  doc.y = bottom
}

function rowHeight(page: Page, row: string[], widths: number[], header: boolean): number {
  const heights = row.map((text, i) => {
    page.useFontFor(text, header ? 'bold' : 'regular', SIZE)
    return page.doc.heightOfString(text || ' ', { width: widths[i]! - 2 * PAD.x, lineGap: 1 })
  })
  return Math.max(...heights) + 2 * PAD.y
}

/** A row that is higher than a page becomes several: each cell is cut at the same share of its text, at a space. */
function splitTall(page: Page, row: string[], widths: number[], available: number): string[][] {
  const height = rowHeight(page, row, widths, false)
  if (height <= available || row.every((text) => text.length < 2)) return [row]
  const share = Math.min(0.5, (available / height) * 0.8)
  const cuts = row.map((text) => {
    const at = Math.ceil(text.length * share)
    const space = text.lastIndexOf(' ', at)
    return space > at / 2 ? space : at
  })
  const first = row.map((text, i) => text.slice(0, cuts[i]))
  const rest = row.map((text, i) => text.slice(cuts[i]).trimStart())
  return [...splitTall(page, first, widths, available), ...splitTall(page, rest, widths, available)]
}

function isNumeric(rows: string[][], column: number): boolean {
  const cells = rows.map((row) => row[column]?.trim() ?? '').filter((text) => text !== '')
  return cells.length > 0 && cells.every((text) => /^[-+−]?[€$£]?\s?\d[\d.,\s]*\s?(%|€|k|m)?$/i.test(text))
}
