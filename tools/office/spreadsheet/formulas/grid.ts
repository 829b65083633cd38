/** The workbook as formulas see it: dates are serial numbers, and cells have no format. */
import { ToolError } from '../../../../contracts/tool-errors.ts'
import { columnName, type Node } from './syntax.ts'

export type Content = { formula: string } | string | number | boolean | null

export interface GridSheet {
  name: string
  /** Rows of cells; the first is the header, row 1. */
  rows: Content[][]
}

export interface FormulaCell {
  sheet: GridSheet
  row: number
  column: number
  formula: string
  node: Node
  /** Written as an array formula. */
  isArray: boolean
  /** The number of cells that it reads. */
  looks: number
}

export function addressOf({ sheet, row, column }: Pick<FormulaCell, 'sheet' | 'row' | 'column'>): string {
  return `${sheet.name}!${columnName(column)}${row}`
}

export function refusal(address: string, formula: string, why: string): ToolError {
  return new ToolError('invalid_input', `The formula of ${address}, "${formula.slice(0, 200)}", ${why}`)
}
