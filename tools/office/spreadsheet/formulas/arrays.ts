/**
 * Finds out whether a formula works on arrays. Excel writes such a formula as an array formula. In a plain formula, a
 * range in place of a single value would mean the cell in the formula's own row.
 */
import { spills, takesArray } from './functions.ts'
import { type CallNode, childrenOf, type Node, nodesOf } from './syntax.ts'

/** Functions that work value by value on arrays here. Any other function would use only the first value. */
const VALUE_BY_VALUE = new Set(['IF', 'ROUND', 'COUNTIF', 'SUMIF', 'AVERAGEIF'])

/** Whether the result is more than one value. */
export function givesArray(node: Node): boolean {
  if (node.type === 'range') return node.top < node.bottom || node.left < node.right
  if (node.type === 'array') return node.rows.flat().length > 1
  if (node.type !== 'call') return childrenOf(node).some(givesArray)
  if (spills(node.name)) return true
  if (node.name === 'INDEX') return indexGivesArray(node)
  if (node.name === 'XLOOKUP' && node.args[2] && !isLine(node.args[2])) return true
  return node.args.some((arg, i) => !takesArray(node.name, i) && givesArray(arg))
}

/** Whether it must be written as an array formula. */
export function needsArrayFormula(node: Node): boolean {
  if (node.type === 'call') {
    if (spills(node.name)) return true
    // SUMPRODUCT computes its arguments as arrays, but not the arguments of functions inside them
    const args = node.name === 'SUMPRODUCT' ? node.args.flatMap(operands) : node.args
    if (args.some(needsArrayFormula)) return true
    return node.args.some((arg, i) => !takesArray(node.name, i) && givesArray(arg))
  }
  if (node.type === 'array') return false
  return childrenOf(node).some((child) => givesArray(child) || needsArrayFormula(child))
}

/** A call that gets an array where it expects one value, and that cannot be computed here. */
export function arrayMisfit(root: Node): CallNode | undefined {
  for (const node of nodesOf(root)) {
    if (node.type !== 'call' || VALUE_BY_VALUE.has(node.name)) continue
    if (node.args.some((arg, i) => !takesArray(node.name, i) && givesArray(arg))) return node
  }
  return undefined
}

function operands(node: Node): Node[] {
  const isOperator = node.type === 'binary' || node.type === 'unary' || node.type === 'percent'
  return isOperator ? childrenOf(node).flatMap(operands) : [node]
}

/** A row or column number of 0 means all of them, and so does one number for an area of several rows and columns. */
function indexGivesArray({ args: [area, ...numbers] }: CallNode): boolean {
  const all = (number: Node) => number.type === 'missing' || (number.type === 'number' && number.value === 0)
  const oneForAll = numbers.length < 2 && area !== undefined && !isLine(area)
  return oneForAll || numbers.some((number) => all(number) || givesArray(number))
}

function isLine(area: Node): boolean {
  if (area.type === 'range') return area.top === area.bottom || area.left === area.right
  return area.type === 'array' ? area.rows.length === 1 || area.rows[0]!.length === 1 : true
}
