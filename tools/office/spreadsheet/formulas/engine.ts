/**
 * Computes formulas with excelts. Each formula is given to it with a look at the values that pass through its operators
 * and functions (`SEEN`), so that we know where its result is in doubt (`doubts.ts`).
 */
import { calculateFormulas, type WorkbookLike } from '@cj-tech-master/excelts/formula'
import { type Doubt, doubtOf } from './doubts.ts'
import type { FormulaCell, GridSheet } from './grid.ts'
import { roundValues } from './round.ts'
import { columnName, LAST_COLUMN, LAST_ROW, type Node } from './syntax.ts'
import type { RuntimeValue, Scalar } from './values.ts'

/** excelts' numbers for what a cell holds. */
const EMPTY = 0
const VALUE = 2
const FORMULA = 6

/** The results of the cells; a cell whose result is in doubt has none. */
export function compute(sheets: GridSheet[], cells: FormulaCell[]): Map<FormulaCell, Scalar> {
  const looks = new Looks()
  const books = sheets.map((sheet, i) =>
    worksheet(
      sheet,
      i + 1,
      cells.filter((cell) => cell.sheet === sheet),
      looks,
    ),
  )
  const workbook = {
    worksheets: books.map((book) => book.sheet),
    getWorksheet: (id: number | string) => books.find(({ sheet }) => sheet.id === id || sheet.name === id)?.sheet,
    userFunctions: new Map([
      ['SEEN', { minArity: 3, maxArity: 3, invoke: (args) => looks.see(args as RuntimeValue[]) }],
      ['ROUND', { minArity: 2, maxArity: 2, invoke: (args) => roundValues(...(args as [RuntimeValue, RuntimeValue])) }],
    ]),
  } satisfies Pick<WorkbookLike, 'userFunctions'> & Record<string, unknown>
  calculateFormulas(workbook as unknown as WorkbookLike)
  const results = new Map<FormulaCell, Scalar>()
  for (const { formulas } of books) {
    for (const [cell, { result }] of formulas) {
      if (result !== undefined && !looks.doubted.has(cell)) results.set(cell, result)
    }
  }
  return results
}

/** The places where we look at values, and the cells that are in doubt. */
class Looks {
  readonly doubted = new Set<FormulaCell>()
  readonly #places: { cell: FormulaCell; doubt: Doubt; count: number; seen: RuntimeValue[] }[] = []

  /** The operands or arguments as text for excelts, each with a look. */
  at(cell: FormulaCell, doubt: Doubt, args: string[]): string[] {
    const place = this.#places.push({ cell, doubt, count: args.length, seen: [] }) - 1
    return args.map((arg, i) => `SEEN(${place},${i},${arg})`)
  }

  see([place, position, value]: RuntimeValue[]): RuntimeValue {
    const look = this.#places[number(place)]!
    look.seen[number(position)] = value!
    if (number(position) === look.count - 1 && look.doubt(look.seen)) this.doubted.add(look.cell)
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

/** The sheet as excelts reads it, with the formulas that it shall compute. */
function worksheet(grid: GridSheet, id: number, cells: FormulaCell[], looks: Looks) {
  const rows = grid.rows.map((row, r) => row.map((content, c) => hostCell(r + 1, c + 1, content)))
  const formulas = new Map<FormulaCell, HostCell>()
  for (const cell of cells) {
    const host = rows[cell.row - 1]![cell.column - 1]!
    const formula = textOf(cell.node, cell, looks)
    const address = columnName(cell.column) + cell.row
    Object.assign(host, { type: FORMULA, formula })
    host.model = cell.isArray ? { formula, shareType: 'array', ref: `${address}:${address}` } : { formula }
    formulas.set(cell, host)
  }
  const sheet = {
    id,
    name: grid.name,
    dimensions: { top: 1, left: 1, bottom: rows.length, right: rows[0]?.length ?? 1 },
    eachRow: (...args: unknown[]) => {
      const visit = args.at(-1) as (row: ReturnType<typeof hostRow>, number: number) => void
      for (const [r, cells] of rows.entries()) visit(hostRow(cells), r + 1)
    },
    findCell: (row: number, column: number) => rows[row - 1]?.[column - 1],
    getCell: (row: number, column: number) => rows[row - 1]?.[column - 1],
  }
  return { sheet, formulas }
}

function hostRow(cells: HostCell[]) {
  return {
    eachCell: (visit: (cell: HostCell, column: number) => void) => {
      for (const cell of cells) visit(cell, cell.col)
    },
  }
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
