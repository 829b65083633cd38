/** Parses formulas into trees with the parser of excelts. Only this file knows the library's node types. */
import { parse, tokenize } from '@cj-tech-master/excelts/formula'

export interface CellNode {
  type: 'cell'
  sheet: string | undefined
  row: number
  column: number
}
/** A rectangle. Whole columns and rows extend to the last possible row and column. */
export interface RangeNode {
  type: 'range'
  sheet: string | undefined
  top: number
  left: number
  bottom: number
  right: number
}
export interface CallNode {
  type: 'call'
  name: string
  args: Node[]
}
export type Node =
  | { type: 'number'; value: number }
  | { type: 'text'; value: string }
  | { type: 'boolean'; value: boolean }
  | { type: 'error'; value: string }
  | { type: 'name'; name: string }
  | { type: 'missing' }
  | CellNode
  | RangeNode
  | CallNode
  | { type: 'binary'; operator: string; left: Node; right: Node }
  | { type: 'unary'; operator: string; operand: Node }
  | { type: 'percent'; operand: Node }
  | { type: 'array'; rows: Node[][] }
  /** What we can parse but do not support: references over several sheets, unions, tables. */
  | { type: 'other' }

export const LAST_ROW = 1_048_576
export const LAST_COLUMN = 16_384

type Parsed = ReturnType<typeof parse>

/** Throws if the text is not a valid formula. */
export function parseFormula(formula: string): Node {
  return convert(parse(tokenize(formula)))
}

/** The node and all nodes below it. */
export function* nodesOf(node: Node): Generator<Node> {
  yield node
  for (const child of childrenOf(node)) yield* nodesOf(child)
}

export function childrenOf(node: Node): Node[] {
  if (node.type === 'call') return node.args
  if (node.type === 'binary') return [node.left, node.right]
  if (node.type === 'unary' || node.type === 'percent') return [node.operand]
  return node.type === 'array' ? node.rows.flat() : []
}

/** A range of whole columns or rows. */
export function isWholeLine(node: Node): boolean {
  return node.type === 'range' && (node.bottom === LAST_ROW || node.right === LAST_COLUMN)
}

export function columnNumber(letters: string): number {
  return [...letters.toUpperCase()].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0)
}

export function columnName(column: number): string {
  const last = String.fromCharCode(65 + ((column - 1) % 26))
  return column > 26 ? columnName(Math.floor((column - 1) / 26)) + last : last
}

/** The numbers of the library's `NodeType`, a const enum that it does not export. */
const TYPE = {
  number: 1,
  text: 2,
  boolean: 3,
  error: 4,
  cell: 5,
  range: 6,
  binary: 7,
  unary: 8,
  call: 9,
  array: 10,
  percent: 11,
  name: 12,
  columns: 13,
  rows: 14,
  missing: 16,
} as const

/** The parts of the library's nodes that we use. */
interface Raw {
  type: number
  value: never
  name: string
  op: string
  left: Parsed
  right: Parsed
  operand: Parsed
  args: Parsed[]
  rows: Parsed[][]
  sheet?: string
  endSheet?: string
  col: string
  row: string
  start: Raw
  end: Raw
  startCol: string
  endCol: string
  startRow: number
  endRow: number
}

function convert(parsed: Parsed): Node {
  const raw = parsed as unknown as Raw
  switch (raw.type) {
    case TYPE.number:
      return { type: 'number', value: raw.value }
    case TYPE.text:
      return { type: 'text', value: raw.value }
    case TYPE.boolean:
      return { type: 'boolean', value: raw.value }
    case TYPE.error:
      return { type: 'error', value: raw.value }
    case TYPE.binary:
      return { type: 'binary', operator: raw.op, left: convert(raw.left), right: convert(raw.right) }
    case TYPE.unary:
      return { type: 'unary', operator: raw.op, operand: convert(raw.operand) }
    case TYPE.percent:
      return { type: 'percent', operand: convert(raw.operand) }
    case TYPE.call:
      return { type: 'call', name: raw.name, args: raw.args.map(convert) }
    case TYPE.array:
      return { type: 'array', rows: raw.rows.map((row) => row.map(convert)) }
    case TYPE.name:
      return { type: 'name', name: raw.name }
    case TYPE.missing:
      return { type: 'missing' }
    default:
      return reference(raw)
  }
}

function reference(raw: Raw): Node {
  if (raw.endSheet !== undefined) return { type: 'other' }
  const sheet = raw.sheet
  if (raw.type === TYPE.cell) return { type: 'cell', sheet, row: Number(raw.row), column: columnNumber(raw.col) }
  if (raw.type === TYPE.columns) {
    return rectangle(sheet, [1, LAST_ROW], [columnNumber(raw.startCol), columnNumber(raw.endCol)])
  }
  if (raw.type === TYPE.rows) return rectangle(sheet, [raw.startRow, raw.endRow], [1, LAST_COLUMN])
  if (raw.type !== TYPE.range || raw.end.sheet !== raw.start.sheet) return { type: 'other' }
  const { start, end } = raw
  const rows: [number, number] = [Number(start.row), Number(end.row)]
  return rectangle(sheet ?? start.sheet, rows, [columnNumber(start.col), columnNumber(end.col)])
}

function rectangle(sheet: string | undefined, rows: [number, number], columns: [number, number]): RangeNode {
  return {
    type: 'range',
    sheet,
    top: Math.min(...rows),
    bottom: Math.max(...rows),
    left: Math.min(...columns),
    right: Math.max(...columns),
  }
}
