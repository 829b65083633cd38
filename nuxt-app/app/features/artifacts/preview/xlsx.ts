/** Reads the sheets of an Excel file as rows of text. The reader is loaded when it is first needed. */
export interface Sheet {
  name: string
  rows: string[][]
  /** True when rows were left out. */
  isCut: boolean
}

const MAX_ROWS = 500

/** Rejects when the bytes are no Excel file. */
export async function readXlsx(file: Blob): Promise<Sheet[]> {
  const { default: readSheets } = await import('read-excel-file/universal')
  const sheets = await readSheets(file)
  return sheets.map(({ sheet, data }) => ({
    name: sheet,
    rows: data.slice(0, MAX_ROWS).map((row) => row.map(cellText)),
    isCut: data.length > MAX_ROWS,
  }))
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return ''
  if (cell instanceof Date)
    return cell
      .toISOString()
      .replace(/T00:00:00\.000Z$/, '')
      .replace('T', ' ')
      .slice(0, 16)
  if (typeof cell === 'number') return cell.toLocaleString('en', { maximumFractionDigits: 6 })
  return String(cell)
}
