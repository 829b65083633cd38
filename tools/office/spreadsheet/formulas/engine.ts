/**
 * Computes formulas with excelts. We wrap operands and arguments in calls of a function `SEEN`, which shows us the values
 * while excelts computes. So we know where a result is in doubt (`doubts.ts`).
 */
import { calculateFormulas, type WorkbookLike } from '@cj-tech-master/excelts/formula'
import { CONDITIONAL, conditional } from './conditions.ts'
import { type Doubt, doubtOf } from './doubts.ts'
import type { FormulaCell, GridSheet } from './grid.ts'
import { roundValues } from './round.ts'
import { columnName, LAST_COLUMN, LAST_ROW, type Node } from './syntax.ts'
import type { RuntimeValue, Scalar } from './values.ts'

/** excelts' numbers for what a cell holds. */
const EMPTY = 0
const VALUE = 2
const FORMULA = 6

/** excelts forgets formulas if there are too many, and keeps a record of each cell that a formula reads. */
const MOST_AT_ONCE = { formulas: 5000, looks: 500_000 }

/** Computes `cells`, which are ordered so that each is after the cells it needs. A result that is in doubt is missing. */
export function compute(sheets: GridSheet[], cells: FormulaCell[]): Map<FormulaCell, Scalar> {
  const looks = new Looks()
  const hosts = new Map(sheets.map((sheet) => [sheet, sheet.rows.map(hostCells)]))
  const results = new Map<FormulaCell, Scalar>()
  for (const batch of batches(cells)) {
    const computed = batch.map((cell) => [cell, formulaHost(hosts, cell, looks)] as const)
    calculateFormulas(workbook(hosts, looks) as unknown as WorkbookLike)
    for (const [cell, host] of computed) {
      if (host.result !== undefined && !looks.doubted.has(cell)) results.set(cell, host.result)
      Object.assign(host, { type: host.result === undefined ? EMPTY : VALUE, value: host.result })
    }
  }
  return results
}

function batches(cells: FormulaCell[]): FormulaCell[][] {
  const all: FormulaCell[][] = []
  let looks = 0
  for (const cell of cells) {
    const last = all.at(-1)
    looks += cell.looks
    if (last && last.length < MOST_AT_ONCE.formulas && looks < MOST_AT_ONCE.looks) last.push(cell)
    else {
      all.push([cell])
      looks = cell.looks
    }
  }
  return all
}

/** The places where we check values, and the cells whose results are in doubt. */
class Looks {
  readonly doubted = new Set<FormulaCell>()
  readonly #places: { cell: FormulaCell; doubt: Doubt; last: number; seen: RuntimeValue[] }[] = []

  /** The operands or arguments as text for excelts, each wrapped in `SEEN`. */
  at(cell: FormulaCell, doubt: Doubt, args: string[]): string[] {
    const last = args.findLastIndex((arg) => arg !== '')
    const place = this.#places.push({ cell, doubt, last, seen: [] }) - 1
    return args.map((arg, i) => arg && `SEEN(${place},${i},${arg})`)
  }

  /** Never throws, because excelts would turn an exception into an error value. */
  #isInDoubt({ doubt, seen }: { doubt: Doubt; seen: RuntimeValue[] }): boolean {
    try {
      return doubt(seen)
    } catch {
      return true
    }
  }

  see([place, position, value]: RuntimeValue[]): RuntimeValue {
    const look = this.#places[number(place)]!
    look.seen[number(position)] = value!
    if (number(position) === look.last) {
      if (this.#isInDoubt(look)) this.doubted.add(look.cell)
      look.seen = []
    }
    return value!
  }
}

function number(value: RuntimeValue | undefined): number {
  return value?.kind === 1 ? value.value : -1
}

interface HostCell {
  row: number
  col: number
  type: number
  value: unknown
  formula?: string
  model: { formula?: string; shareType?: string; ref?: string }
  result: Scalar | undefined
}

type Hosts = Map<GridSheet, HostCell[][]>

/** The workbook as excelts reads it. */
function workbook(hosts: Hosts, looks: Looks) {
  const worksheets = [...hosts].map(([sheet, rows], i) => worksheet(sheet.name, rows, i + 1))
  return {
    worksheets,
    getWorksheet: (id: number | string) => worksheets.find((sheet) => sheet.id === id || sheet.name === id),
    userFunctions: new Map([
      ['SEEN', own(3, (args) => looks.see(args))],
      ['ROUND', own(2, ([value, digits]) => roundValues(value!, digits!))],
      ...[...CONDITIONAL].map((name) => [name, own(2, (args) => conditional(name, args) ?? NO_RESULT, 255)] as const),
    ]),
  }
}

/** It is in doubt, so that nothing is stored. */
const NO_RESULT: RuntimeValue = { kind: 4, code: '#VALUE!' }

/** One of our functions that replaces a function of excelts. */
function own(minArity: number, invoke: (args: RuntimeValue[]) => RuntimeValue, maxArity = minArity) {
  return { minArity, maxArity, invoke }
}

function worksheet(name: string, rows: HostCell[][], id: number) {
  return {
    id,
    name,
    dimensions: { top: 1, left: 1, bottom: rows.length, right: rows[0]?.length ?? 1 },
    eachRow: (...args: unknown[]) => {
      const visit = args.at(-1) as (row: ReturnType<typeof hostRow>, number: number) => void
      for (const [r, cells] of rows.entries()) visit(hostRow(cells), r + 1)
    },
    findCell: (row: number, column: number) => rows[row - 1]?.[column - 1],
    getCell: (row: number, column: number) => rows[row - 1]?.[column - 1],
  }
}

/** Turns the cell into a formula cell for excelts. */
function formulaHost(hosts: Hosts, cell: FormulaCell, looks: Looks): HostCell {
  const host = hosts.get(cell.sheet)![cell.row - 1]![cell.column - 1]!
  const formula = textOf(cell.node, cell, looks)
  const address = columnName(cell.column) + cell.row
  const model = cell.isArray ? { formula, shareType: 'array', ref: `${address}:${address}` } : { formula }
  return Object.assign(host, { type: FORMULA, formula, model })
}

function hostRow(cells: HostCell[]) {
  return {
    eachCell: (visit: (cell: HostCell, column: number) => void) => {
      for (const cell of cells) visit(cell, cell.col)
    },
  }
}

function hostCells(contents: unknown[], row: number): HostCell[] {
  return contents.map((content, column) => hostCell(row + 1, column + 1, content))
}

function hostCell(row: number, col: number, content: unknown): HostCell {
  const isValue = content !== null && typeof content !== 'object'
  return { row, col, type: isValue ? VALUE : EMPTY, value: isValue ? content : null, model: {}, result: undefined }
}

/** The formula for excelts. */
function textOf(node: Node, cell: FormulaCell, looks: Looks): string {
  const text = (child: Node) => textOf(child, cell, looks)
  const look = (children: Node[]) => {
    const doubt = doubtOf(node)
    const texts = children.map(text)
    return doubt ? looks.at(cell, doubt, texts) : texts
  }
  switch (node.type) {
    case 'number':
      return String(node.value)
    case 'text':
      return `"${node.value.replaceAll('"', '""')}"`
    case 'boolean':
      return node.value ? 'TRUE' : 'FALSE'
    case 'error':
      return node.value
    case 'cell':
      return sheetPrefix(node.sheet) + columnName(node.column) + node.row
    case 'range':
      return sheetPrefix(node.sheet) + rangeText(node)
    case 'binary': {
      const [left, right] = look([node.left, node.right])
      return `(${left}${node.operator}${right})`
    }
    case 'unary':
      return `(${node.operator}${look([node.operand])[0]})`
    case 'percent':
      return `(${look([node.operand])[0]}%)`
    case 'array':
      return `{${node.rows.map((row) => row.map(constantText).join(',')).join(';')}}`
    case 'call':
      return `${node.name}(${look(node.args).join(',')})`
    default:
      return ''
  }
}

/** An element of an array constant: a value, or a number with its sign. */
function constantText(node: Node): string {
  if (node.type === 'unary' && node.operand.type === 'number') return node.operator + node.operand.value
  if (node.type === 'text') return `"${node.value.replaceAll('"', '""')}"`
  return 'value' in node ? String(node.value).toUpperCase() : ''
}

function rangeText({ top, left, bottom, right }: Extract<Node, { type: 'range' }>): string {
  if (top === 1 && bottom === LAST_ROW) return `${columnName(left)}:${columnName(right)}`
  if (left === 1 && right === LAST_COLUMN) return `${top}:${bottom}`
  return `${columnName(left)}${top}:${columnName(right)}${bottom}`
}

function sheetPrefix(sheet: string | undefined): string {
  return sheet === undefined ? '' : `'${sheet.replaceAll("'", "''")}'!`
}
