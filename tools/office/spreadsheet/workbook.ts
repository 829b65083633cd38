/** Builds the .xlsx from the tool's input. */
import ExcelJS from 'exceljs'
import { cellValue } from './columns.ts'
import { calculate } from './formulas/calculate.ts'
import type { Content, GridSheet } from './formulas/grid.ts'
import type { Cell, Workbook } from './input.ts'
import { type PreparedSheet, prepare, sheetNames } from './prepare.ts'
import { writeSheet } from './sheet.ts'

export interface BuiltWorkbook {
  data: Uint8Array
  sheets: { name: string; rows: number }[]
  warnings: string[]
}

/** Throws `invalid_input` for formulas that are not allowed or not possible in a workbook. */
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
  // formulas without a stored value are computed when the file is opened
  file.calcProperties.fullCalcOnLoad = true
  const calculation = calculate(sheets.map(gridOf))
  for (const sheet of sheets) warnings.push(...writeSheet(file, sheet, calculation))
  const data = new Uint8Array(await file.xlsx.writeBuffer())
  return { data, sheets: sheets.map(({ name, rows }) => ({ name, rows })), warnings }
}

/** The sheet as formulas see it, with dates as Excel's serial numbers. */
function gridOf({ name, columns, rows: count, totals }: PreparedSheet): GridSheet {
  const rows: Content[][] = [columns.map(({ column }) => column.header)]
  for (let r = 0; r < count; r++)
    rows.push(columns.map(({ type, values, inUtc }) => content(cellValue(type, values[r]!, inUtc).value)))
  if (totals) rows.push(totals)
  return { name, rows }
}

function content(value: Cell | Date): Content {
  return value instanceof Date ? value.getTime() / 86_400_000 + 25_569 : value
}
