/** Which formulas need which: the order in which they can be computed, and the circles. */
import { addressOf, type FormulaCell, type GridSheet, refusal } from './grid.ts'
import { type CellNode, childrenOf, type Node, type RangeNode } from './syntax.ts'

/** Cells that all formulas together may look at; above it nothing is computed, as it would take minutes. */
const MAX_LOOKS = 30_000_000
/** They look at where a cell is, not at what it holds. */
const WHERE_ONLY = new Set(['ROW', 'COLUMN', 'ROWS', 'COLUMNS'])

/** Finds formula cells by their place. */
export class FormulaIndex {
  readonly cells: FormulaCell[]
  looks = 0
  readonly #sheets: Map<string, { sheet: GridSheet; rows: FormulaCell[][] }>

  constructor(sheets: GridSheet[], cells: FormulaCell[]) {
    this.cells = cells
    this.#sheets = new Map(sheets.map((sheet) => [sheet.name.toLowerCase(), { sheet, rows: [] }]))
    for (const cell of cells) {
      const { rows } = this.#sheets.get(cell.sheet.name.toLowerCase())!
      rows[cell.row] ??= []
      rows[cell.row]![cell.column] = cell
    }
  }

  at(sheet: string, row: number, column: number): FormulaCell | undefined {
    return this.#sheets.get(sheet.toLowerCase())?.rows[row]?.[column]
  }

  /** Throws `invalid_input` when the formula refers to a sheet that is not there. */
  neededBy(by: FormulaCell): FormulaCell[] {
    const needed: FormulaCell[] = []
    for (const reference of referencesOf(by.node)) {
      const name = reference.sheet ?? by.sheet.name
      const found = this.#sheets.get(name.toLowerCase())
      if (!found) throw refusal(addressOf(by), by.formula, `refers to a sheet "${name}" that there is not.`)
      const { top, left, bottom, right } = rectangle(reference)
      const width = found.sheet.rows[0]?.length ?? 0
      for (let row = top; row <= Math.min(bottom, found.sheet.rows.length); row++) {
        this.looks += Math.min(right, width) - left + 1
        const cells = found.rows[row]
        for (let column = left; cells && column <= Math.min(right, width); column++) {
          const cell = cells[column]
          if (cell) needed.push(cell)
        }
      }
    }
    return needed
  }
}

/** Cells after all that they need. Throws `invalid_input` for a circle. */
export function computingOrder(index: FormulaIndex): { order: FormulaCell[]; tooMuch: boolean } {
  const order: FormulaCell[] = []
  const state = new Map<FormulaCell, 'open' | 'done'>()
  for (const start of index.cells) {
    const path: { cell: FormulaCell; needed: FormulaCell[] }[] = []
    const open = (cell: FormulaCell) => {
      state.set(cell, 'open')
      path.push({ cell, needed: index.neededBy(cell) })
    }
    if (!state.has(start)) open(start)
    for (let last = path.at(-1); last; last = path.at(-1)) {
      const next = last.needed.pop()
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
  return { order, tooMuch: index.looks > MAX_LOOKS }
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

function rectangle(reference: CellNode | RangeNode): Omit<RangeNode, 'type' | 'sheet'> {
  if (reference.type === 'range') return reference
  const { row, column } = reference
  return { top: row, bottom: row, left: column, right: column }
}
