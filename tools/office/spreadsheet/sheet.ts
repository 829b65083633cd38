/** Writes one sheet: values, formats and looks. */
import type ExcelJS from 'exceljs'
import { COUNT_FORMAT, type ColumnType, cellValue, columnWidth, numberFormat } from './columns.ts'
import type { Calculated, Calculation } from './formulas/calculate.ts'
import type { Cell } from './input.ts'
import { Notes } from './notes.ts'
import { FIRST_ROW, type PreparedColumn, type PreparedSheet } from './prepare.ts'

const FONT = 'Calibri'
const HEADER = { fill: 'FF17375E', text: 'FFFFFFFF' }
const LINE = { style: 'thin' as const, color: { argb: 'FFD9DEE7' } }
const LINE_HEIGHT = 15
const WRAP_FROM = 40

/** Returns the warnings. */
export function writeSheet(file: ExcelJS.Workbook, sheet: PreparedSheet, calculation: Calculation): string[] {
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
  for (const [c, column] of sheet.columns.entries())
    writeColumn(page, c + 1, column, sheet.totals?.[c], calculation, notes)
  if (sheet.rows > 0) {
    page.autoFilter = { from: { row: 1, column: 1 }, to: { row: sheet.rows + 1, column: sheet.columns.length } }
  }
  return notes.texts()
}

function writeColumn(
  page: ExcelJS.Worksheet,
  index: number,
  { column, type, values, inUtc }: PreparedColumn,
  total: Cell | undefined,
  calculation: Calculation,
  notes: Notes,
): void {
  const format = numberFormat(type, column, values)
  const width = columnWidth(column, type, total === undefined ? values : [...values, total])
  page.getColumn(index).width = width
  styleHeader(page.getCell(1, index), column.header, type)
  const write = (row: number, value: Cell | Date, format: string | undefined) => {
    const cell = page.getCell(row, index)
    const calculated = calculation(page.name, row, index)
    cell.value = calculated ? formulaValue(calculated, cell.address, notes) : (value as ExcelJS.CellValue)
    styleCell(cell, value, format)
    if (typeof value === 'string') makeRoom(page.getRow(row), value, width)
    return cell
  }
  for (const [r, given] of values.entries()) {
    const { value, fits } = cellValue(type, given, inUtc)
    const cell = write(r + FIRST_ROW, value, format)
    if (typeof given === 'string' && /^=\s*\S/.test(given)) notes.likeFormulas.push(cell.address)
    else if (!fits) notes.misfits.push(cell.address)
  }
  const totalFormat = column.total === 'count' ? COUNT_FORMAT : format
  if (total !== undefined) styleTotal(write(values.length + FIRST_ROW, total, totalFormat))
  if (inUtc) notes.inUtc.push(column.header)
}

function formulaValue({ formula, result, isArray }: Calculated, address: string, notes: Notes): ExcelJS.CellValue {
  if (result === undefined) notes.uncomputed.push(address)
  const value = { formula, result, ...(isArray ? { shareType: 'array', ref: address } : {}) }
  return value as ExcelJS.CellFormulaValue
}

/** Makes a row higher if a long text wraps in it, because not every program does so by itself. */
function makeRoom(row: ExcelJS.Row, text: string, width: number): void {
  if (!wraps(text)) return
  const lines = text.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / width)), 0)
  row.height = Math.max(row.height ?? 0, Math.min(lines, 20) * LINE_HEIGHT)
}

function wraps(text: string): boolean {
  return text.length > WRAP_FROM || text.includes('\n')
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
  cell.alignment = { vertical: 'top', wrapText: typeof value === 'string' && wraps(value) }
  if (format && typeof value !== 'string') cell.numFmt = format
}

function styleTotal(cell: ExcelJS.Cell): void {
  cell.font = { name: FONT, size: 11, bold: true }
  cell.border = { top: { style: 'medium', color: { argb: HEADER.fill } } }
  cell.fill = { type: 'pattern', pattern: 'solid', fgColor: { argb: 'FFF3F5F9' } }
}
