/** Finds out which formulas need which, in which order they can be computed, and which are circular. */
import { addressOf, type FormulaCell, type GridSheet, refusal } from './grid.ts'
import { type CellNode, childrenOf, type Node, type RangeNode } from './syntax.ts'

/** Functions that use the position of a cell and not its value. */
const WHERE_ONLY = new Set(['ROW', 'COLUMN', 'ROWS', 'COLUMNS'])

/** Finds formula cells by their position. */
export class FormulaIndex {
  readonly cells: FormulaCell[]
  readonly #sheets: Map<string, { sheet: GridSheet; rows: FormulaCell[][]; columns: Set<number> }>

  constructor(sheets: GridSheet[], cells: FormulaCell[]) {
    this.cells = cells
    this.#sheets = new Map(sheets.map((sheet) => [sheet.name.toLowerCase(), { sheet, rows: [], columns: new Set() }]))
    for (const cell of cells) {
      const { rows, columns } = this.#sheets.get(cell.sheet.name.toLowerCase())!
      columns.add(cell.column)
      rows[cell.row] ??= []
      rows[cell.row]![cell.column] = cell
    }
  }

  at(sheet: string, row: number, column: number): FormulaCell | undefined {
    return this.#sheets.get(sheet.toLowerCase())?.rows[row]?.[column]
  }

  /** Throws `invalid_input` when the formula refers to a sheet that is not there. */
  *neededBy(by: FormulaCell): Generator<FormulaCell> {
    by.looks = 0
    for (const reference of referencesOf(by.node)) {
      const name = reference.sheet ?? by.sheet.name
      const found = this.#sheets.get(name.toLowerCase())
      if (!found)
        throw refusal(addressOf(by), by.formula, `refers to the sheet "${name}", which the workbook does not have.`)
      const { top, left, bottom, right } = within(found.sheet, reference)
      by.looks += Math.max(0, bottom - top + 1) * Math.max(0, right - left + 1)
      const columns = [...found.columns].filter((column) => column >= left && column <= right)
      for (let row = top; columns.length > 0 && row <= bottom; row++) {
        for (const column of columns) {
          const cell = found.rows[row]?.[column]
          if (cell) yield cell
        }
      }
    }
  }
}

/** Orders the cells so that each is after the cells that it needs. Throws `invalid_input` for circular formulas. */
export function computingOrder(index: FormulaIndex): FormulaCell[] {
  const order: FormulaCell[] = []
  const state = new Map<FormulaCell, 'open' | 'done'>()
  for (const start of index.cells) {
    const path: { cell: FormulaCell; needed: Generator<FormulaCell> }[] = []
    const open = (cell: FormulaCell) => {
      state.set(cell, 'open')
      path.push({ cell, needed: index.neededBy(cell) })
    }
    if (!state.has(start)) open(start)
    for (let last = path.at(-1); last; last = path.at(-1)) {
      const { value: next } = last.needed.next()
      if (!next) {
        state.set(last.cell, 'done')
        order.push(path.pop()!.cell)
      } else if (state.get(next) === 'open')
        throw circle(
          path.map(({ cell }) => cell),
          next,
        )
      else if (!state.has(next)) open(next)
    }
  }
  return order
}

function circle(path: FormulaCell[], again: FormulaCell) {
  const cells = path.slice(path.indexOf(again)).map(addressOf)
  const shown = cells.length > 6 ? [...cells.slice(0, 6), '…'] : cells
  return refusal(addressOf(again), again.formula, `goes in a circle: ${[...shown, cells[0]].join(' needs ')}.`)
}

function* referencesOf(node: Node): Generator<CellNode | RangeNode> {
  if (node.type === 'cell' || node.type === 'range') yield node
  else if (node.type !== 'call' || !WHERE_ONLY.has(node.name)) {
    for (const child of childrenOf(node)) yield* referencesOf(child)
  }
}

/** The part of the reference that exists in the sheet. */
function within({ rows }: GridSheet, reference: CellNode | RangeNode): Omit<RangeNode, 'type' | 'sheet'> {
  const { row = 0, column = 0 } = reference.type === 'cell' ? reference : {}
  const area = reference.type === 'range' ? reference : { top: row, bottom: row, left: column, right: column }
  return { ...area, bottom: Math.min(area.bottom, rows.length), right: Math.min(area.right, rows[0]?.length ?? 0) }
}
