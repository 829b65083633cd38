/** Draws tables. If a table continues on another page, its header is repeated. */
import type { Tokens } from 'marked'
import type { Direction } from './bidi.ts'
import { inlinePieces, plainText } from './inline.ts'
import { type Align, COLORS, indentOf, type Page } from './page.ts'
import type { StyledText, TextStyle } from './paragraph.ts'
import { isNumber, planColumns, type TablePlan, type TableText } from './table-plan.ts'
import { directionOf, type Line, type SetText } from './typesetter.ts'

const LINE_GAP = 1
/** A header that is higher than this share of a page is not repeated. */
const MOST_HEADER = 0.3
/** A row begins on a page only if it, or at least this number of its lines, fits there. */
const LEAST_LINES = 3

/** The layout of the table. Throws `invalid_input` if there is none. */
export function planTable(page: Page, table: Tokens.Table): TablePlan {
  return planColumns(page.type, cellsOf(table), page.plainWidth, page.turnedWidth)
}

/** `mayTurn` is true for a table outside of lists and quotes. The caller has turned the page if necessary. */
export function drawTable(page: Page, table: Tokens.Table, mayTurn: boolean): void {
  const text = cellsOf(table)
  const plan = mayTurn ? planTable(page, table) : planColumns(page.type, text, page.width, undefined)
  if (plan.isTurned) {
    const names = text.columns.slice(0, 3).join(', ')
    page.warnings.push(`The table with the columns ${names} … is on a page in landscape, as it is too wide for others.`)
  }
  const [header, ...rows] = text.cells(plan.size)
  new TableWriter(page, plan, table).write(header!, rows)
}

function cellsOf(table: Tokens.Table): TableText {
  const cellsAt = (size: number) => {
    const style = (isHeader: boolean): TextStyle => ({
      font: isHeader ? 'bold' : 'regular',
      size,
      color: isHeader ? '#FFFFFF' : COLORS.text,
    })
    return [table.header, ...table.rows].map((row, i) =>
      row.map((cell) => inlinePieces(cell.tokens, style(i === 0)).map((piece) => onDark(piece, i === 0))),
    )
  }
  return { columns: table.header.map((cell) => plainText(cell.tokens).trim()), cells: cellsAt }
}

/** The colour of links is not readable on the header's background. */
const onDark = ({ text, style }: StyledText, isHeader: boolean): StyledText =>
  isHeader ? { text, style: { ...style, color: '#FFFFFF' } } : { text, style }

interface RowLook {
  isHeader: boolean
  isShaded: boolean
}

class TableWriter {
  readonly #page: Page
  readonly #plan: TablePlan
  readonly #direction: Direction
  readonly #aligns: Align[]
  /** The position of each column, from the left edge of the page's text. */
  readonly #lefts: number[] = []
  readonly #width: number

  constructor(page: Page, plan: TablePlan, table: Tokens.Table) {
    this.#page = page
    this.#plan = plan
    this.#direction = directionOf(table.header.map((cell) => plainText(cell.tokens)).join(' '), page.direction)
    this.#width = plan.widths.reduce((a, b) => a + b, 0)
    this.#aligns = table.header.map((cell, i) => cell.align ?? (isNumeric(table, i) ? 'right' : 'start'))
    let left = 0
    for (const width of plan.widths) {
      this.#lefts.push(this.#direction === 'ltr' ? left : this.#width - left - width)
      left += width
    }
  }

  write(header: StyledText[][], rows: StyledText[][][]): void {
    const page = this.#page
    const headerCells = this.#set(header)
    const headerHeight = this.#heightOf(headerCells.map(({ lines }) => lines))
    const isRepeated = headerHeight < page.height * MOST_HEADER
    const first = rows[0] ? this.#leastOf(this.#set(rows[0])) : 0
    page.ensure(headerHeight + first)
    this.#drawRow(headerCells, { isHeader: true, isShaded: false }, () => page.next())
    const nextPage = () => {
      page.next()
      if (isRepeated) this.#drawRow(headerCells, { isHeader: true, isShaded: false }, () => {})
    }
    for (const [i, row] of rows.entries()) {
      this.#drawRow(this.#set(row), { isHeader: false, isShaded: i % 2 === 1 }, nextPage)
    }
  }

  #set(row: StyledText[][]): SetText[] {
    const { widths, pad } = this.#plan
    return widths.map((width, i) => {
      const cell = row[i] ?? []
      // the sign of a number stays on its left, even in right-to-left text
      const fallback = isNumber(textOf(cell)) ? 'ltr' : this.#direction
      return this.#page.type.set(cell, width - 2 * pad.x, fallback, LINE_GAP)
    })
  }

  /**
   * A row that does not fit on the rest of the page goes to the next one. A row that fits on no page is split between
   * lines.
   */
  #drawRow(cells: SetText[], look: RowLook, nextPage: () => void): void {
    const page = this.#page
    const full = this.#heightOf(cells.map(({ lines }) => lines))
    if (page.doc.y + full > page.bottom && page.doc.y > page.top) {
      const fitsOnNext = full <= page.height * (1 - MOST_HEADER)
      if (fitsOnNext || page.doc.y + this.#leastOf(cells) > page.bottom) nextPage()
    }
    let rest = cells.map(({ lines }) => lines)
    for (let isFirst = true; isFirst || rest.some((lines) => lines.length > 0); isFirst = false) {
      if (!isFirst) nextPage()
      const room = page.bottom - page.doc.y - 2 * this.#plan.pad.y
      const fitting = rest.map((lines) => countFitting(lines, room))
      // at least one line, because a line that is higher than the page would never end
      const cut = fitting.some((count) => count > 0) ? fitting : fitting.map(() => 1)
      this.#drawSlice(
        cells.map((cell, i) => ({ ...cell, lines: rest[i]!.slice(0, cut[i]) })),
        look,
      )
      rest = rest.map((lines, i) => lines.slice(cut[i]))
    }
  }

  #drawSlice(cells: SetText[], { isHeader, isShaded }: RowLook): void {
    const { doc, left, type } = this.#page
    const { widths, pad } = this.#plan
    const top = doc.y
    const bottom = top + this.#heightOf(cells.map(({ lines }) => lines))
    if (isHeader || isShaded)
      doc.rect(left, top, this.#width, bottom - top).fill(isHeader ? COLORS.primary : COLORS.panel)
    for (const [i, { lines, direction }] of cells.entries()) {
      const width = widths[i]! - 2 * pad.x
      const x = left + this.#lefts[i]! + pad.x
      let y = top + pad.y
      for (const line of lines) {
        type.draw(line, x + indentOf(line, width, this.#aligns[i]!, direction), y)
        y += line.height
      }
    }
    doc
      .moveTo(left, bottom)
      .lineTo(left + this.#width, bottom)
      .lineWidth(0.5)
      .strokeColor(COLORS.line)
      .stroke()
    doc.x = left
    doc.y = bottom
  }

  #heightOf(cells: Line[][]): number {
    const empty = this.#plan.size * 1.4
    return Math.max(empty, ...cells.map(heightOf)) + 2 * this.#plan.pad.y
  }

  /** The height of its first lines. */
  #leastOf(cells: SetText[]): number {
    return this.#heightOf(cells.map(({ lines }) => lines.slice(0, LEAST_LINES)))
  }
}

const textOf = (cell: StyledText[]) => cell.map(({ text }) => text).join('')

const heightOf = (lines: Line[]) => lines.reduce((sum, { height }) => sum + height, 0)

function countFitting(lines: Line[], room: number): number {
  let height = 0
  let count = 0
  for (const line of lines) {
    height += line.height
    if (height > room) break
    count += 1
  }
  return count
}

function isNumeric(table: Tokens.Table, column: number): boolean {
  const cells = table.rows.map((row) => plainText(row[column]?.tokens).trim()).filter((text) => text !== '')
  return cells.length > 0 && cells.every(isNumber)
}
