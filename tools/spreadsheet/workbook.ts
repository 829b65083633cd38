/** Builds the .xlsx from the tool's input. */
import ExcelJS from 'exceljs'
import type { Cell, Column, Sheet, Workbook } from '../generate-spreadsheet.ts'
import { Calculator, type Content, columnName, type Grid, type Result } from './calculate.ts'
import { type ColumnType, cellValue, columnWidth, isFormula, numberFormat, typeOf } from './columns.ts'
import { acceptFormula, storedFormula } from './formula.ts'

const FONT = 'Calibri'
const HEADER = { fill: 'FF17375E', text: 'FFFFFFFF' }
const LINE = { style: 'thin' as const, color: { argb: 'FFD9DEE7' } }
const FIRST_ROW = 2
const MAX_NAME = 31
const FUNCTIONS = { sum: 'SUM', average: 'AVERAGE', min: 'MIN', max: 'MAX', count: 'COUNTA' }

/** A sheet whose formulas, types and totals are worked out, ready to be written. */
interface Prepared {
  name: string
  columns: { column: Column; type: ColumnType; values: Cell[] }[]
  rows: number
  /** One cell a column; undefined when there is no totals row. */
  totals: Cell[] | undefined
}

export interface BuiltWorkbook {
  data: Uint8Array
  sheets: { name: string; rows: number }[]
  warnings: string[]
}

/** Throws `invalid_input` for formulas that may not or cannot stand in a workbook. */
export async function buildWorkbook(book: Workbook): Promise<BuiltWorkbook> {
  const warnings: string[] = []
  const names = sheetNames(book.sheets.map((sheet) => sheet.name))
  const sheets = book.sheets.map((sheet, i) => prepare(sheet, names[i]!))
  for (const [i, sheet] of book.sheets.entries()) {
    if (sheet.name !== names[i]) warnings.push(`Sheet "${sheet.name}" is named "${names[i]}".`)
  }
  const file = new ExcelJS.Workbook()
  file.title = book.title
  file.creator = 'Persona'
  file.created = new Date()
  // Formulas without a stored value are computed when the file is opened.
  file.calcProperties.fullCalcOnLoad = true
  const calculator = new Calculator(gridOf(sheets))
  for (const sheet of sheets) writeSheet(file, sheet, calculator, warnings)
  const data = new Uint8Array(await file.xlsx.writeBuffer())
  return { data, sheets: sheets.map(({ name, rows }) => ({ name, rows })), warnings }
}

/** Names that Excel takes: no signs that it forbids, 31 characters, unique without regard to case. */
function sheetNames(wanted: string[]): string[] {
  const taken = new Set<string>(['history'])
  return wanted.map((name) => {
    const base =
      name
        .replace(/[[\]:*?/\\]/g, ' ')
        .replace(/^'+|'+$/g, '')
        .trim()
        .slice(0, MAX_NAME)
        .trim() || 'Sheet'
    let unique = base
    for (let n = 2; taken.has(unique.toLowerCase()); n++) unique = `${base.slice(0, MAX_NAME - 5)} (${n})`
    taken.add(unique.toLowerCase())
    return unique
  })
}

function prepare(sheet: Sheet, name: string): Prepared {
  const columns = sheet.columns.map((column, c) => {
    const values = sheet.rows.map((row, r) =>
      checkedCell(column, row[c] ?? null, `${name}!${columnName(c + 1)}${r + FIRST_ROW}`, r),
    )
    return { column, type: typeOf(column, values), values }
  })
  const rows = sheet.rows.length
  const wantsTotals = sheet.totals || sheet.columns.some((column) => column.total && column.total !== 'none')
  const totals =
    wantsTotals && rows > 0
      ? columns.map(({ column, type }, c) => totalOf(column, type, c, rows, sheet.totals))
      : undefined
  if (totals && totals[0] === null) totals[0] = 'Total'
  return { name, columns, rows, totals }
}

function checkedCell(column: Column, value: Cell, where: string, row: number): Cell {
  if (isFormula(value)) return { formula: acceptFormula(value.formula, where) }
  if (value === null && column.formula) {
    return { formula: acceptFormula(column.formula.replaceAll('{row}', String(row + FIRST_ROW)), where) }
  }
  return value
}

function totalOf(column: Column, type: ColumnType, index: number, rows: number, sumAll: boolean): Cell {
  const summable = type === 'number' || type === 'integer' || type === 'currency'
  const total = column.total ?? (sumAll && summable ? 'sum' : 'none')
  if (total === 'none') return null
  const letter = columnName(index + 1)
  return { formula: `${FUNCTIONS[total]}(${letter}${FIRST_ROW}:${letter}${rows + FIRST_ROW - 1})` }
}

/** What the calculator sees: dates as Excel's serial numbers. */
function gridOf(sheets: Prepared[]): Grid {
  return new Map(
    sheets.map((sheet) => {
      const rows: Content[][] = [sheet.columns.map(({ column }) => column.header)]
      for (let r = 0; r < sheet.rows; r++)
        rows.push(sheet.columns.map(({ type, values }) => content(cellValue(type, values[r]!).value)))
      if (sheet.totals) rows.push(sheet.totals)
      return [sheet.name, rows]
    }),
  )
}

function content(value: Cell | Date): Content {
  return value instanceof Date ? value.getTime() / 86_400_000 + 25_569 : value
}

function writeSheet(file: ExcelJS.Workbook, sheet: Prepared, calculator: Calculator, warnings: string[]): void {
  const page = file.addWorksheet(sheet.name, {
    views: [{ state: 'frozen', ySplit: 1 }],
    pageSetup: {
      orientation: sheet.columns.length > 6 ? 'landscape' : 'portrait',
      paperSize: 9,
      fitToPage: true,
      fitToWidth: 1,
      fitToHeight: 0,
      printTitlesRow: '1:1',
    },
  })
  const notes = new Notes(sheet.name)
  for (const [c, { column, type, values }] of sheet.columns.entries()) {
    const format = numberFormat(type, column, values)
    page.getColumn(c + 1).width = columnWidth(column, type, sheet.totals ? [...values, sheet.totals[c]!] : values)
    styleHeader(page.getCell(1, c + 1), column.header, type)
    for (const [r, value] of [...values, ...(sheet.totals ? [sheet.totals[c]!] : [])].entries()) {
      const cell = page.getCell(r + FIRST_ROW, c + 1)
      const isTotal = r === sheet.rows
      const stored = isTotal && !isFormula(value) ? { value, fits: true } : cellValue(type, value)
      cell.value = fileValue(
        stored.value,
        () => calculator.result({ sheet: sheet.name, row: r + FIRST_ROW, col: c + 1 }),
        cell.address,
        notes,
      )
      styleCell(cell, stored.value, format)
      if (isTotal) styleTotal(cell)
      if (!stored.fits) notes.misfits.push(cell.address)
      if (type === 'text' && typeof value === 'string' && /^=\s*[A-Za-z(]/.test(value))
        notes.likeFormulas.push(cell.address)
    }
  }
  if (sheet.rows > 0)
    page.autoFilter = { from: { row: 1, column: 1 }, to: { row: sheet.rows + 1, column: sheet.columns.length } }
  warnings.push(...notes.texts())
}

/** Cells that came out otherwise than their author may have thought. */
class Notes {
  readonly misfits: string[] = []
  readonly likeFormulas: string[] = []
  readonly uncomputed: string[] = []
  readonly #sheet: string

  constructor(sheet: string) {
    this.#sheet = sheet
  }

  texts(): string[] {
    const say = (cells: string[], what: string) => {
      const more = cells.length > 5 ? ` and ${cells.length - 5} more` : ''
      return cells.length > 0 ? [`${this.#sheet}: ${cells.slice(0, 5).join(', ')}${more} ${what}`] : []
    }
    return [
      ...say(this.misfits, 'do not fit the type of their column and stand as they were given.'),
      ...say(this.likeFormulas, 'begin with "=" and were written as text. For a formula give {"formula": "…"}.'),
      ...say(this.uncomputed, 'hold formulas that Excel will compute when the file is opened; no value is stored.'),
    ]
  }
}

function fileValue(value: Cell | Date, compute: () => Result, address: string, notes: Notes): ExcelJS.CellValue {
  if (value instanceof Date || !isFormula(value)) return value
  const result = compute()
  if (result === undefined) notes.uncomputed.push(address)
  return {
    formula: storedFormula(value.formula),
    result: result === null ? undefined : result,
  } as ExcelJS.CellFormulaValue
}

function styleHeader(cell: ExcelJS.Cell, text: string, type: ColumnType): void {
  cell.value = text
  cell.font = { name: FONT, size: 11, bold: true, color: { argb: HEADER.text } }
  cell.fill = { type: 'pattern', pattern: 'solid', fgColor: { argb: HEADER.fill } }
  cell.alignment = {
    vertical: 'middle',
    horizontal: type === 'text' ? 'left' : type === 'boolean' ? 'center' : 'right',
    wrapText: true,
  }
}

function styleCell(cell: ExcelJS.Cell, value: Cell | Date, format: string | undefined): void {
  cell.font = { name: FONT, size: 11 }
  cell.border = { bottom: LINE }
  cell.alignment = { vertical: 'top', wrapText: typeof value === 'string' && value.length > 40 }
  if (format && typeof value !== 'string') cell.numFmt = format
}

function styleTotal(cell: ExcelJS.Cell): void {
  cell.font = { name: FONT, size: 11, bold: true }
  cell.border = { top: { style: 'medium', color: { argb: HEADER.fill } } }
  cell.fill = { type: 'pattern', pattern: 'solid', fgColor: { argb: 'FFF3F5F9' } }
}
