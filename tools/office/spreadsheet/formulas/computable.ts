/** Decides which formulas can be computed here with certainty, as far as this is known before computing them. */
import { arrayMisfit } from './arrays.ts'
import { CONDITIONAL } from './conditions.ts'
import { doubtOf } from './doubts.ts'
import { isProven } from './functions.ts'
import type { FormulaCell } from './grid.ts'
import { type CallNode, childrenOf, isWholeLine, type Node, nodesOf } from './syntax.ts'

/** TEXT is tested for these formats: digits, percent, and dates without text in them. */
const SURE_FORMAT =
  /^(?:[#,0]*0(\.0+)?%?|(?:(?:yyyy|yy|m{1,4}|d{1,4})[-./ ,]+)*(?:yyyy|yy|m{1,4}|d{1,4})|hh:mm(?::ss)?)$/
const IGNORES_EMPTY = new Set(
  'SUM COUNT COUNTA AVERAGE MAX MIN MEDIAN PRODUCT LARGE SMALL VLOOKUP HLOOKUP MATCH XLOOKUP XMATCH INDEX TEXTJOIN CONCAT'.split(
    ' ',
  ),
)
const SURE_DATEDIF = /^(y|m|d|ym)$/i

export function canCompute({ node }: FormulaCell): boolean {
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

function canCall(call: CallNode): boolean {
  const literal = (position: number) => {
    const arg = call.args[position]
    return arg?.type === 'text' ? arg.value : undefined
  }
  if (!isProven(call.name)) return false
  if (call.args.some(({ type }) => type === 'missing') && doubtOf(call) && call.name !== 'XLOOKUP') return false
  // a binary search depends on the order
  if (call.name === 'XLOOKUP' && call.args.length > 5 && !isOne(call.args[5]!)) return false
  if (call.name === 'XMATCH' && call.args.length > 3) return false
  if (call.name === 'TEXT') return SURE_FORMAT.test(literal(1) ?? '')
  if (call.name === 'DATEDIF') return SURE_DATEDIF.test(literal(2) ?? '')
  // programs count the actual days of several years in different ways
  if (call.name === 'YEARFRAC')
    return call.args.length < 3 || (call.args[2]!.type === 'number' && call.args[2]!.value !== 1)
  return call.name !== 'INDEX' || call.args[0]?.type !== 'array'
}

/** Here a whole column ends with the sheet's rows; in Excel it continues with a million empty cells. */
function ignoresEmpty(node: Node): boolean {
  return node.type === 'call' && (CONDITIONAL.has(node.name) || IGNORES_EMPTY.has(node.name))
}

/** 1 or -1: from the first to the last, or back. */
function isOne(node: Node): boolean {
  return node.type === 'unary' ? isOne(node.operand) : node.type === 'number' && node.value === 1
}
