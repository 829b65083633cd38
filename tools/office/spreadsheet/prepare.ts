/** Prepares a sheet before it is written: names that Excel accepts, types of columns, formulas and totals. */

import { type ColumnType, isFormula, mixesZones, typeOf } from './columns.ts'
import { columnName } from './formulas/syntax.ts'
import { acceptFormula } from './formulas/text.ts'
import type { Cell, Column, Sheet } from './input.ts'

/** Excel's number of the first data row. Row 1 is the header. */
export const FIRST_ROW = 2
const MAX_NAME = 31
const FUNCTIONS = { sum: 'SUM', average: 'AVERAGE', min: 'MIN', max: 'MAX', count: 'COUNTA' }

export interface PreparedSheet {
  name: string
  columns: PreparedColumn[]
  rows: number
  /** One cell for each column. Undefined if there is no totals row. */
  totals: Cell[] | undefined
}

export interface PreparedColumn {
  column: Column
  type: ColumnType
  values: Cell[]
  /** True if its times are of several time zones, and therefore in UTC. */
  inUtc: boolean
}

/** Names that Excel accepts: no forbidden characters, at most 31 characters, unique regardless of case. */
export function sheetNames(wanted: string[]): string[] {
  const taken = new Set<string>(['history'])
  return wanted.map((name) => {
    const base =
      name
        .replace(/[[\]:*?/\\]/g, ' ')
        .replace(/\s+/g, ' ')
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

/** Throws `invalid_input` for formulas that are not allowed in a workbook. */
export function prepare(sheet: Sheet, name: string): PreparedSheet {
  const columns = sheet.columns.map((column, c) => {
    const values = sheet.rows.map((row, r) =>
      checkedCell(column, row[c] ?? null, `${name}!${columnName(c + 1)}${r + FIRST_ROW}`, r),
    )
    const type = typeOf(column, values)
    return { column, type, values, inUtc: mixesZones(type, values) }
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
