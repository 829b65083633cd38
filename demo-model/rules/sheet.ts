/** Content as the input of `generate_spreadsheet`: the figures with their total, or a table to be filled in. */
import { ownValue } from '../../contracts/own-value.ts'
import { type Content, columnTitles } from './content.ts'
import type { Wish } from './wish.ts'

interface Column {
  header: string
  type?: string
  currency?: string
  total?: string
  formula?: string
}

export function sheetInput(content: Content, wish: Wish, task: string): Record<string, unknown> {
  const { title, filename } = content
  return { title, sheets: [content.data ? figureSheet(content) : emptySheet(content, wish, task)], filename }
}

/** The same content, but only headings and cells. */
export function plainSheetInput(content: Content, wish: Wish, task: string): Record<string, unknown> {
  const { title, sheets } = sheetInput(content, wish, task) as { title: string; sheets: { columns: Column[] }[] }
  const columns = (list: Column[]) => list.filter((column) => !column.formula).map(({ header }) => ({ header }))
  return { title, sheets: sheets.map((sheet) => ({ ...sheet, columns: columns(sheet.columns) })) }
}

function figureSheet(content: Content) {
  const { data, say } = content
  const { figures, facts } = data!
  const currency = ownValue({ '€': 'EUR', $: 'USD', '£': 'GBP' }, figures.unit)
  const type = currency ? { type: 'currency', currency } : { type: 'number' }
  const total = facts.total === null ? 'average' : 'sum'
  const columns: Column[] = [
    { header: figures.rowName },
    ...columnTitles(content).map((header) => ({ header, ...type, total })),
  ]
  if (figures.columns.length > 1 && facts.total !== null) {
    const last = String.fromCharCode(65 + Math.min(figures.columns.length, 25))
    columns.push({ header: say('Total', 'Summe'), ...type, total, formula: `SUM(B{row}:${last}{row})` })
  }
  const rows = figures.rows.map((row) => [row.label, ...row.values])
  return { name: tabName(content), columns, rows, totals: figures.rows.length > 1 }
}

/** Headings that fit what is to be collected; the person's own headings and points come first. */
function emptySheet(content: Content, wish: Wish, task: string) {
  const { say } = content
  const name = tabName(content)
  if (wish.columns.length > 0) return { name, columns: wish.columns.map((header) => ({ header })), rows: [] }
  if (wish.points.length > 0) {
    const headers = [say('Item', 'Posten'), say('Status', 'Status'), say('Notes', 'Notizen')]
    return { name, columns: headers.map((header) => ({ header })), rows: wish.points.map((point) => [point]) }
  }
  const money = /expens|budget|cost|spend|invoice|ausgaben|kosten|rechnung/i
  const people = /contact|customer|member|guest|team|people|kontakt|kunden|gäste|mitglieder/i
  const headers = money.test(task)
    ? [say('Date', 'Datum'), say('Description', 'Beschreibung'), say('Category', 'Kategorie'), say('Amount', 'Betrag')]
    : people.test(task)
      ? [say('Name', 'Name'), say('E-mail', 'E-Mail'), say('Phone', 'Telefon'), say('Notes', 'Notizen')]
      : [say('Task', 'Aufgabe'), say('Who', 'Wer'), say('Due', 'Bis wann'), say('Status', 'Status')]
  return { name, columns: headers.map((header) => ({ header })), rows: [] }
}

/** Excel refuses some characters in the name of a sheet, and names of more than 31 characters. */
function tabName({ title, say }: Content): string {
  return (
    title
      .replace(/[\\/*?:[\]']/g, ' ')
      .trim()
      .slice(0, 31) || say('Sheet', 'Tabelle')
  )
}
