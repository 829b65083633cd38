/**
 * Plans how a table fits on the page: the widths of its columns, the size of its text, and whether its page is turned. It
 * never breaks a number. It breaks words only if even a turned page with small text is too narrow for them.
 */
import { ToolError } from '../../../contracts/tool-errors.ts'
import type { StyledText } from './paragraph.ts'
import type { Typesetter } from './typesetter.ts'

export interface TablePlan {
  /** Of the text. */
  size: number
  pad: { x: number; y: number }
  widths: number[]
  isTurned: boolean
}

/** Font sizes, from the most readable to the smallest that is still readable. */
const SIZES = [9.5, 9, 8.5, 8, 7.5, 7, 6.5]
const PADDING = { x: 0.63, y: 0.53 }
/** A word that takes a larger share of the page than this may be broken even if it is not necessary. */
const LONGEST_WORD = 0.25
/** The minimum width of a column whose words are broken, in ems. */
const NARROWEST = 3
/** The maximum share of a column while other columns have to break their lines. */
const WIDEST = 0.6
/** People do not read a longer text as a number, even if it has only digits. */
const MAX_NUMBER = 30
const NUMBER = /^[-+−–±(]*\p{Sc}?\s?[-+−]?\d[\d.,:'’/\s\u00A0\u202F-]*\s?(?:%|‰|\p{Sc}|[a-z]{1,3})?\)*$/iu

/** The cells of a table at a font size: `cells(size)` returns the rows, beginning with the header. */
export interface TableText {
  columns: string[]
  cells(size: number): StyledText[][][]
}

interface Column {
  /** The widest part that must not be broken. */
  least: number
  /** The longest word. */
  word: number
  /** The whole text on one line. */
  whole: number
}

/** Throws `invalid_input` if the numbers of a row do not fit beside each other on any page. */
export function planColumns(
  type: Typesetter,
  table: TableText,
  width: number,
  turnedWidth: number | undefined,
): TablePlan {
  // all text shrinks in proportion, so it is measured only once
  const ems = measure(type, table.cells(1))
  const pages = [{ width, isTurned: false }, ...(turnedWidth ? [{ width: turnedWidth, isTurned: true }] : [])]
  for (const page of pages) {
    for (const size of SIZES) {
      const widths = share(ems, size, page.width, ({ word, least }) =>
        Math.max(least * size, Math.min(word * size, page.width * LONGEST_WORD)),
      )
      if (widths) return planOf(size, widths, page.isTurned)
    }
  }
  const last = pages.at(-1)!
  for (const size of SIZES) {
    const widths = share(ems, size, last.width, ({ word, least }) => Math.max(least, Math.min(word, NARROWEST)) * size)
    if (widths) return planOf(size, widths, last.isTurned)
  }
  const names = table.columns.slice(0, 3).map((name) => `"${name.slice(0, 30)}"`)
  throw new ToolError(
    'invalid_input',
    `The table with the columns ${names.join(', ')} … (${table.columns.length} in all) is too wide for ` +
      `${turnedWidth ? 'a page, even in landscape' : 'the page'}: its numbers do not fit beside each other. ` +
      'Split it into several tables, show fewer columns, or use generate_spreadsheet.',
  )
}

/** Whether a cell holds one number, which people compare by its last digits. */
export function isNumber(text: string): boolean {
  return text.length <= MAX_NUMBER && NUMBER.test(text.trim())
}

const planOf = (size: number, widths: number[], isTurned: boolean): TablePlan => ({
  size,
  pad: padding(size),
  widths,
  isTurned,
})

/** Small text gets less padding, too. */
const padding = (size: number) => {
  const tightness = size >= 8.5 ? 1 : 0.6
  return { x: size * PADDING.x * tightness, y: size * PADDING.y * tightness }
}

function measure(type: Typesetter, rows: StyledText[][][]): Column[] {
  const columns = rows[0]!.map((): Column => ({ least: 0, word: 0, whole: 0 }))
  for (const row of rows) {
    for (const [i, column] of columns.entries()) {
      const cell = row[i] ?? []
      const text = cell.map((piece) => piece.text).join('')
      const whole = type.widthOf(cell)
      column.whole = Math.max(column.whole, whole)
      if (isNumber(text)) column.least = Math.max(column.least, whole)
      for (const piece of type.unbrokenPieces(cell)) {
        if (isNumber(piece.text)) column.least = Math.max(column.least, piece.width)
        else column.word = Math.max(column.word, piece.width)
      }
    }
  }
  return columns
}

/** The widths of the columns, at least what each needs. Undefined if that is more than the page has. */
function share(
  columns: Column[],
  size: number,
  total: number,
  needed: (column: Column) => number,
): number[] | undefined {
  const padded = 2 * padding(size).x + 0.5
  const least = columns.map((column) => needed(column) + padded)
  const wanted = columns.map((column, i) => Math.max(least[i]!, Math.min(column.whole * size + padded, total * WIDEST)))
  const free = total - sum(least)
  if (free < 0) return undefined
  if (sum(wanted) <= total) return wanted.map((width) => (width * total) / sum(wanted))
  const missing = sum(wanted) - sum(least)
  return least.map((width, i) => width + (free * (wanted[i]! - width)) / missing)
}

const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0)
