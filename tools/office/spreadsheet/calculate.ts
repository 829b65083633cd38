/**
 * Computes formulas, so that viewers which do not calculate show values too. What cannot be computed with certainty is
 * left without a value: Excel and LibreOffice calculate it when the file is opened.
 */
import FormulaParser, { type CellRef, type RangeRef } from 'fast-formula-parser'
import { ToolError } from '../../../contracts/tool-errors.ts'

const BUDGET_MS = 10_000
/** Characters that a cell can hold. */
const MAX_TEXT = 32_767
/** Other each time the file is opened: a stored value would be wrong tomorrow. */
const VOLATILE = /\b(NOW|TODAY|RAND|RANDBETWEEN)\s*\(/i

export type Value = string | number | boolean | null
export type Result = Value | { error: string } | undefined
export type Content = { formula: string } | Value
/** Rows of cells by the name of the sheet in lower case; row 1 is the header. */
export type Grid = Map<string, Content[][]>

export class Calculator {
  readonly #grid: Grid
  readonly #parser: FormulaParser
  readonly #results = new Map<string, Result>()
  readonly #deadline = Date.now() + BUDGET_MS
  /** Formula cells that the formula at work needs and that have no result yet. */
  #missing: CellRef[] = []
  /** Whether it needs one that cannot be computed. */
  #blocked = false
  /** A sheet that it names and that there is not. */
  #unknownSheet: string | undefined

  constructor(grid: Grid) {
    this.#grid = grid
    this.#parser = new FormulaParser({
      functions: aggregates,
      onCell: (ref) => this.#value(ref),
      onRange: (ref) => this.#range(ref),
    })
  }

  /** The formula's value, an error value as Excel has them, or undefined. Throws `invalid_input` when it is no formula. */
  result(cell: CellRef): Result {
    const open = [cell]
    const visited = new Set<string>()
    for (let at = open.at(-1); at !== undefined; at = open.at(-1)) {
      const id = key(at)
      if (!this.#results.has(id)) {
        const result = this.#compute(at)
        if (this.#missing.length > 0 && !visited.has(id)) {
          visited.add(id)
          open.push(...this.#missing)
          continue
        }
        // Still something missing at the second look: the formulas go in a circle.
        this.#results.set(id, this.#missing.length > 0 || this.#blocked ? undefined : result)
      }
      open.pop()
    }
    return this.#results.get(key(cell))
  }

  #compute(cell: CellRef): Result {
    this.#missing = []
    this.#blocked = false
    this.#unknownSheet = undefined
    const { formula } = this.#content(cell) as { formula: string }
    if (VOLATILE.test(formula) || Date.now() > this.#deadline) return undefined
    const refuse = (why: string) => {
      const at = `${cell.sheet}!${columnName(cell.col)}${cell.row}`
      return new ToolError('invalid_input', `The formula of ${at}, "${formula.slice(0, 200)}", ${why}`)
    }
    let value: unknown
    try {
      value = this.#parser.parse(formula, cell)
    } catch (error) {
      if (isNotImplemented(error)) return undefined
      if (this.#unknownSheet === undefined) throw refuse('cannot be read: check its syntax.')
    }
    if (this.#unknownSheet !== undefined) throw refuse(`refers to a sheet "${this.#unknownSheet}" that there is not.`)
    return asResult(value)
  }

  #rows(sheet: string): Content[][] {
    const rows = this.#grid.get(sheet.toLowerCase())
    if (!rows) this.#unknownSheet = sheet
    return rows ?? []
  }

  #content({ sheet, row, col }: CellRef): Content {
    return this.#rows(sheet)[row - 1]?.[col - 1] ?? null
  }

  #value(ref: CellRef): Value {
    const content = this.#content(ref)
    if (typeof content !== 'object' || content === null) return content
    const id = key(ref)
    if (!this.#results.has(id)) {
      this.#missing.push({ sheet: ref.sheet, row: ref.row, col: ref.col })
      return 0
    }
    const result = this.#results.get(id)
    // An error of another cell may be caught by IFERROR or not: too subtle to store.
    if (result === undefined || (typeof result === 'object' && result !== null)) {
      this.#blocked = true
      return 0
    }
    return result
  }

  #range({ sheet, from, to }: RangeRef): Value[][] {
    const rows = this.#rows(sheet)
    const lastRow = Math.min(to.row, Math.max(rows.length, from.row))
    const lastColumn = Math.min(to.col, Math.max(rows[0]?.length ?? 0, from.col))
    const values: Value[][] = []
    for (let row = from.row; row <= lastRow; row++) {
      const line: Value[] = []
      for (let col = from.col; col <= lastColumn; col++) line.push(this.#value({ sheet, row, col }))
      values.push(line)
    }
    return values
  }
}

export function columnName(column: number): string {
  const last = String.fromCharCode(65 + ((column - 1) % 26))
  return column > 26 ? columnName(Math.floor((column - 1) / 26)) + last : last
}

const key = ({ sheet, row, col }: CellRef) => `${sheet.toLowerCase()}!${row}:${col}`

/** Common functions that the library lacks. Like Excel's they look at numbers only. */
const aggregates = {
  MAX: (...args: { value: unknown }[]) => numbers(args).reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  MIN: (...args: { value: unknown }[]) => numbers(args).reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
  COUNTA: (...args: { value: unknown }[]) => flat(args).filter((value) => value !== null && value !== undefined).length,
  MEDIAN: (...args: { value: unknown }[]) => {
    const sorted = numbers(args).sort((a, b) => a - b)
    const half = sorted.length / 2
    return sorted.length % 2 === 1 ? sorted[Math.floor(half)] : (sorted[half - 1]! + sorted[half]!) / 2
  },
}

const flat = (args: { value: unknown }[]) =>
  FormulaParser.FormulaHelpers.flattenDeep(
    args.map((arg) => (arg !== null && typeof arg === 'object' && 'value' in arg ? arg.value : arg)),
  )

const numbers = (args: { value: unknown }[]) => flat(args).filter((value) => typeof value === 'number')

function asResult(value: unknown): Result {
  // What has no counterpart in the file, and what the library itself is unsure of, stays without a value.
  if (value instanceof FormulaParser.FormulaError) {
    return ['#DIV/0!', '#N/A', '#NUM!'].includes(value.name) ? { error: value.name } : undefined
  }
  if (typeof value === 'number') return Number.isFinite(value) ? Number(value.toPrecision(15)) : undefined
  if (typeof value === 'string') return value.length <= MAX_TEXT ? value : undefined
  return typeof value === 'boolean' ? value : undefined
}

function isNotImplemented(error: unknown): boolean {
  return error instanceof Error && /not implemented|not supported/i.test(error.message)
}
