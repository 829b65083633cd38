/**
 * Computes formulas, so that viewers which do not calculate show values too. A result is right or missing:
 * if it is not certain, Excel and LibreOffice calculate it when the file is opened.
 */
import type { ToolError } from '../../../../contracts/tool-errors.ts'
import { givesArray, needsArrayFormula } from './arrays.ts'
import { canCompute } from './computable.ts'
import { compute } from './engine.ts'
import { addressOf, type FormulaCell, type GridSheet, refusal } from './grid.ts'
import { computingOrder, FormulaIndex } from './order.ts'
import { type Node, nodesOf, parseFormula } from './syntax.ts'
import { storedFormula } from './text.ts'
import { asExcelKeeps, type Scalar } from './values.ts'

/** Characters that a cell can hold. */
const MAX_TEXT = 32_767
/** Results closer to zero than this are mostly rounding errors of binary fractions. */
const SMALLEST = 1e-11
/** The maximum number of cells that all formulas together may read. A million takes about a second. */
const MAX_LOOKS = 10_000_000

export type Result = number | string | boolean | { error: string }

export interface Calculated {
  /** Undefined if it is not certain. */
  result: Result | undefined
  isArray: boolean
  /** The text in the file. */
  formula: string
}

export type Calculation = (sheet: string, row: number, column: number) => Calculated | undefined

/** Throws `invalid_input` for an invalid formula, a missing sheet, or circular formulas. */
export function calculate(sheets: GridSheet[]): Calculation {
  const index = new FormulaIndex(sheets, formulaCells(sheets))
  const order = computingOrder(index)
  const results = compute(sheets, affordable(order.filter(canCompute)))
  const stored = new Map<FormulaCell, Result>()
  for (const cell of order) {
    const result = storable(results.get(cell))
    if (result !== undefined && [...index.neededBy(cell)].every((needed) => stored.has(needed)))
      stored.set(cell, result)
  }
  return (sheet, row, column) => {
    const cell = index.at(sheet, row, column)
    return (
      cell && {
        result: stored.get(cell),
        isArray: cell.isArray,
        formula: storedFormula(cell.formula, ownNames(cell.node)),
      }
    )
  }
}

function affordable(cells: FormulaCell[]): FormulaCell[] {
  let left = MAX_LOOKS
  return cells.filter(({ looks }) => {
    const fits = looks <= left
    if (fits) left -= looks
    return fits
  })
}

function formulaCells(sheets: GridSheet[]): FormulaCell[] {
  return sheets.flatMap((sheet) =>
    sheet.rows.flatMap((contents, r) =>
      contents.flatMap((content, c) =>
        typeof content === 'object' && content !== null ? [formulaCell(sheet, r + 1, c + 1, content.formula)] : [],
      ),
    ),
  )
}

function formulaCell(sheet: GridSheet, row: number, column: number, formula: string): FormulaCell {
  const refuse = (why: string) => refusal(addressOf({ sheet, row, column }), formula, why)
  const node = parsed(formula, () => refuse('cannot be read: check its syntax.'))
  if (givesArray(node)) {
    throw refuse(
      'gives more values than one. Refer to one cell, or make one value of it, e.g. by SUM, INDEX or TEXTJOIN.',
    )
  }
  const own = ownNames(node)
  for (const { type, name } of nodesOf(node) as Iterable<{ type: string; name?: string }>) {
    if (type === 'name' && !own.has(name!.toUpperCase()))
      throw refuse(`names "${name}", which the workbook does not have.`)
  }
  return { sheet, row, column, formula, node, isArray: needsArrayFormula(node), looks: 0 }
}

function parsed(formula: string, refuse: () => ToolError): Node {
  try {
    return parseFormula(formula)
  } catch {
    throw refuse()
  }
}

/** The names that LET and LAMBDA define. */
function ownNames(node: Node): Set<string> {
  const names = new Set<string>()
  for (const call of nodesOf(node)) {
    if (call.type !== 'call' || (call.name !== 'LET' && call.name !== 'LAMBDA')) continue
    for (const arg of call.args) if (arg.type === 'name') names.add(arg.name.toUpperCase())
  }
  return names
}

function storable(value: Scalar | undefined): Result | undefined {
  if (typeof value === 'number') {
    return Number.isFinite(value) && (value === 0 || Math.abs(value) > SMALLEST) ? asExcelKeeps(value) : undefined
  }
  if (typeof value === 'string') return value.length <= MAX_TEXT ? value : undefined
  if (typeof value === 'boolean') return value
  // other errors may come from our engine only
  return value && ['#DIV/0!', '#N/A'].includes(value.error) ? value : undefined
}
