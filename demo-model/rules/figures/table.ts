/** A table in the message or in a file: CSV, lines with tabs or pipes, a header first. */
import { parse } from 'csv-parse/sync'
import { capitalised, type Language } from '../language/language.ts'
import { AMOUNT, amountOf, unscaled } from './amounts.ts'

export interface Table {
  /** Name of the column with the labels. */
  rowName: string
  columns: string[]
  rows: { label: string; values: (number | null)[] }[]
  /** The unit that all cells share; '' if they have none or different ones. */
  unit: string
}

const delimiters = ['|', '\t', ';', ',']
const MAX_ROWS = 1000

/** Null when the text holds no table that is sure: rows of the same width, a header, and a column of numbers. */
export function tableIn(text: string, language: Language): Table | null {
  for (const delimiter of delimiters) {
    const cells = widest(linesOf(text, delimiter).map((line) => cellsOf(line, delimiter)))
    const table = cells && tableOf(cells, language)
    if (table) return table
  }
  return null
}

/** The table may begin behind a colon, and its rows may stand in one line: "Compare: a,b North,1 South,2". */
function linesOf(text: string, delimiter: string): string[] {
  const lines = text
    .replace(/:[ \t]+(?=[^\n:]*\n)/, ':\n')
    .split('\n')
    .map((line) => line.trim())
  if (delimiter !== ',') return lines
  const strung = text.replace(/^[^\n]*?:\s+/, '').trim()
  const rows = strung.split(strung.includes(';') ? /\s*;\s*/ : /\s+/)
  const width = rows[0]?.split(',').length ?? 0
  const isStrung =
    !strung.includes('\n') && rows.length >= 3 && width >= 2 && rows.every((row) => row.split(',').length === width)
  return isStrung ? rows : lines
}

function cellsOf(line: string, delimiter: string): string[] {
  const plain = delimiter === '|' ? line.replace(/^\||\|$/g, '') : line
  try {
    const [cells = []] = parse(plain, {
      delimiter,
      trim: true,
      relax_quotes: true,
      relax_column_count: true,
    }) as string[][]
    return cells.map((cell) => cell.replace(/\*\*/g, '').trim())
  } catch {
    return []
  }
}

/** The longest run of lines with the same number of cells, two or more. */
function widest(lines: string[][]): string[][] | null {
  let best: string[][] = []
  let run: string[][] = []
  for (const cells of lines) {
    if (cells.length >= 2 && cells.every((cell) => /^:?-+:?$/.test(cell))) continue
    run =
      cells.length >= 2 && (run.length === 0 || run[0]!.length === cells.length)
        ? [...run, cells]
        : cells.length >= 2
          ? [cells]
          : []
    if (run.length > best.length) best = run
  }
  return best.length >= 2 ? best : null
}

function tableOf([header = [], ...body]: string[][], language: Language): Table | null {
  if (body.length < 2 && header.length < 3) return null
  if (header.some((cell) => cell === '' && cell !== header[0]) || header.slice(1).some(isFigure)) return null
  const numeric = header.flatMap((_, at) => (at > 0 && isColumn(body.map((row) => row[at]!)) ? [at] : []))
  if (numeric.length === 0 || isFigure(body[0]![0]!) === !/^(?:19|20)\d\d$/.test(body[0]![0]!)) return null
  const units = new Set<string>()
  const rows = body.slice(0, MAX_ROWS).map((cells) => ({
    label: capitalised(cells[0]!),
    values: numeric.map((at) => numberIn(cells[at]!, language, units)),
  }))
  return {
    rowName: capitalised((header[0] ?? '').split(/[?!:.]\s+/).at(-1)!),
    columns: numeric.map((at) => capitalised(header[at]!)),
    rows,
    unit: units.size === 1 ? [...units][0]! : '',
  }
}

/** A header may be a year, but no other number. */
const isFigure = (cell: string) =>
  /^[€$£]?\s?[-+−]?[\d.,'’\s]*\d\s?(?:[%€$£]|[\p{L}/²]{1,4})?$/u.test(cell) && !/^(?:19|20)\d\d$/.test(cell)
const isEmpty = (cell: string) => /^(?:|-|–|n\/?a|k\.? ?a\.?|null|none|\?)$/i.test(cell)
const isNumber = (cell: string) => isFigure(cell) || /^\d+$/.test(cell)

const isColumn = (cells: string[]) => cells.some(isNumber) && cells.every((cell) => isNumber(cell) || isEmpty(cell))

/** Null for a cell without a number. */
function numberIn(cell: string, language: Language, units: Set<string>): number | null {
  const match = new RegExp(`^(?:${AMOUNT})`, 'iu').exec(
    cell.replace(/^([€$£])\s?-/, '-$1').replace(/(?<=\d)\s(?=\d)/g, ''),
  )
  if (!match) return null
  const { value, unit } = unscaled(amountOf(match, language))
  units.add(unit)
  return value
}
