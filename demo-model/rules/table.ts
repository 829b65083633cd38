/** A table pasted into the message: lines with tabs, commas, semicolons or pipes, a header first. */
import { capitalised, type Language } from './language.ts'
import { numberOf } from './numbers.ts'

const marks = ['|', '\t', ';', ',']

/** Null when the text holds no table. Cells that are not numbers become null. */
export function pastedTable(text: string, language: Language) {
  for (const mark of marks) {
    const lines = text
      .split('\n')
      .map((line) =>
        line
          .replace(/^\s*\||\|\s*$/g, '')
          .split(mark)
          .map((cell) => cell.trim()),
      )
      .filter((cells) => cells.length >= 2 && !cells.every((cell) => /^:?-+:?$/.test(cell)))
    const [header, ...body] = lines
    const rows = body.filter((cells) => cells.length === header?.length && cells.slice(1).some(isNumber))
    if (!header || rows.length < 2 || header.slice(1).some(isNumber)) continue
    return {
      columns: header.slice(1).map(capitalised),
      rows: rows.map(([label, ...cells]) => ({
        label: capitalised(label ?? ''),
        values: cells.map((cell) => (isNumber(cell) ? signed(cell, language) : null)),
      })),
      unit: '',
    }
  }
  return null
}

function isNumber(cell: string): boolean {
  return /^[€$£]?\s?[-+]?[\d.,']*\d\s?[%€$£]?$/.test(cell)
}

function signed(cell: string, language: Language): number {
  const value = numberOf(cell.replace(/[^\d.,']/g, ''), language)
  return cell.includes('-') ? -value : value
}
