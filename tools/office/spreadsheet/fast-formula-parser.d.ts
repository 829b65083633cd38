declare module 'fast-formula-parser' {
  export interface CellRef {
    sheet: string
    row: number
    col: number
  }
  export interface RangeRef {
    sheet: string
    from: { row: number; col: number }
    to: { row: number; col: number }
  }
  /** A range as a function gets it: rows of cells. A single cell or a literal comes as its value. */
  export interface Argument {
    value: unknown
  }
  export class FormulaError extends Error {
    /** "#DIV/0!" and the like; "#ERROR!" when the formula could not be parsed. */
    readonly name: string
  }
  export default class FormulaParser {
    static FormulaError: typeof FormulaError
    static FormulaHelpers: { flattenDeep(values: unknown[]): unknown[] }
    constructor(config: {
      functions?: Record<string, (...args: Argument[]) => unknown>
      onCell(ref: CellRef): unknown
      onRange(ref: RangeRef): unknown[][]
    })
    parse(formula: string, position: CellRef): unknown
  }
}
