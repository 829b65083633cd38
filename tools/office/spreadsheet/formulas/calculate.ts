/**
 * Computes formulas, so that viewers which do not calculate show values too. A result is right or it is not there: what
 * cannot be computed with certainty is left to Excel and LibreOffice, which calculate when the file is opened.
 */
import type { ToolError } from '../../../../contracts/tool-errors.ts'
import { arrayMisfit, givesArray, needsArrayFormula } from './arrays.ts'
import { doubtOf } from './doubts.ts'
import { compute } from './engine.ts'
import { isProven } from './functions.ts'
import { addressOf, type FormulaCell, type GridSheet, refusal } from './grid.ts'
import { computingOrder, FormulaIndex } from './order.ts'
import { childrenOf, LAST_COLUMN, LAST_ROW, type Node, nodesOf, parseFormula } from './syntax.ts'
import { storedFormula } from './text.ts'
import { asExcelKeeps, type Scalar } from './values.ts'

/** Characters that a cell can hold. */
const MAX_TEXT = 32_767
/** Results closer to zero than this are mostly what binary fractions leave behind. */
const SMALLEST = 1e-11
/** Cells that all formulas together may look at; it takes about a second for a million. */
const MAX_LOOKS = 10_000_000
/** TEXT is proven for these formats: digits, per cent, and dates without text in them. */
const SURE_FORMAT = /^(?:[#,0]*0(\.0+)?%?|(?:(?:yyyy|yy|mmmm|mmm|mm|m|dddd|ddd|dd|d)[-./ ,]*)+|hh:mm(?::ss)?)$/
const CONDITIONAL = /^(COUNT|SUM|AVERAGE|MAX|MIN)IFS?$/
const IGNORES_EMPTY = new Set(
  'SUM COUNT COUNTA AVERAGE MAX MIN MEDIAN PRODUCT LARGE SMALL VLOOKUP HLOOKUP MATCH XLOOKUP XMATCH INDEX TEXTJOIN CONCAT'.split(
    ' ',
  ),
)
const SURE_DATEDIF = /^(y|m|d|ym)$/i

export type Result = number | string | boolean | { error: string }

export interface Calculated {
  /** Undefined when it is not certain. */
  result: Result | undefined
  isArray: boolean
  /** As it stands in the file. */
  formula: string
}

export type Calculation = (sheet: string, row: number, column: number) => Calculated | undefined

/** Throws `invalid_input` for what is no formula, refers to a sheet that is not there, or goes in a circle. */
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

/** What LET and LAMBDA call their values. */
function ownNames(node: Node): Set<string> {
  const names = new Set<string>()
  for (const call of nodesOf(node)) {
    if (call.type !== 'call' || (call.name !== 'LET' && call.name !== 'LAMBDA')) continue
    for (const arg of call.args) if (arg.type === 'name') names.add(arg.name.toUpperCase())
  }
  return names
}

function canCompute({ node }: FormulaCell): boolean {
  if (arrayMisfit(node)) return false
  for (const part of nodesOf(node)) {
    if (part.type === 'other' || part.type === 'name') return false
    if (part.type === 'unary' && part.operator === '@') return false
    if (part.type === 'binary' && /[: ]/.test(part.operator)) return false
    if (part.type === 'call' && !canCall(part)) return false
    if (childrenOf(part).some(isWholeLine) && !ignoresEmpty(part)) return false
  }
  return true
}

function canCall(call: Extract<Node, { type: 'call' }>): boolean {
  const literal = (position: number) => {
    const arg = call.args[position]
    return arg?.type === 'text' ? arg.value : undefined
  }
  if (!isProven(call.name)) return false
  if (call.args.some(({ type }) => type === 'missing') && doubtOf(call) && call.name !== 'XLOOKUP') return false
  // A search by halves depends on the order.
  if (call.name === 'XLOOKUP' && call.args.length > 5 && !isOne(call.args[5]!)) return false
  if (call.name === 'XMATCH' && call.args.length > 3) return false
  if (call.name === 'TEXT') return SURE_FORMAT.test(literal(1) ?? '')
  if (call.name === 'DATEDIF') return SURE_DATEDIF.test(literal(2) ?? '')
  // The actual days of years are counted in different ways over more years than one.
  if (call.name === 'YEARFRAC')
    return call.args.length < 3 || (call.args[2]!.type === 'number' && call.args[2]!.value !== 1)
  return call.name !== 'INDEX' || call.args[0]?.type !== 'array'
}

/** Whole columns end here where the sheet's rows do, and in Excel they go on with a million empty cells. */
function ignoresEmpty(node: Node): boolean {
  if (node.type !== 'call') return false
  if (!CONDITIONAL.test(node.name)) return IGNORES_EMPTY.has(node.name)
  return node.args.every((arg) => arg.type === 'range' || arg.type === 'cell' || isValue(arg))
}

/** 1 or -1: from the first to the last, or back. */
function isOne(node: Node): boolean {
  return node.type === 'unary' ? isOne(node.operand) : node.type === 'number' && node.value === 1
}

/** A condition that no empty cell meets. */
function isValue(node: Node): boolean {
  return node.type === 'number' || (node.type === 'text' && /^[^<>=]/.test(node.value))
}

function isWholeLine(node: Node): boolean {
  return node.type === 'range' && (node.bottom === LAST_ROW || node.right === LAST_COLUMN)
}

function storable(value: Scalar | undefined): Result | undefined {
  if (typeof value === 'number') {
    return Number.isFinite(value) && (value === 0 || Math.abs(value) > SMALLEST) ? asExcelKeeps(value) : undefined
  }
  if (typeof value === 'string') return value.length <= MAX_TEXT ? value : undefined
  if (typeof value === 'boolean') return value
  // Other errors may be ours alone.
  return value && ['#DIV/0!', '#N/A'].includes(value.error) ? value : undefined
}
