/** Content as the input of `generate_spreadsheet`: the figures with their total, or a table to be filled in. */
import { ownValue } from '../../../contracts/own-value.ts'
import { type Content, columnTitles, totalWord } from './content.ts'
import { unitWord } from './deck.ts'
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
  const currency = ownValue({ '€': 'EUR', $: 'USD', '£': 'GBP', CHF: 'CHF' }, figures.unit)
  const type = currency ? { type: 'currency', currency } : { type: 'number' }
  const isRate = figures.unit === '%'
  const total = facts.total !== null ? 'sum' : isRate ? 'average' : 'none'
  const columns: Column[] = [
    { header: figures.rowName },
    ...columnTitles(content).map((header) => ({ header, ...type, total })),
    ...(figures.units ? [{ header: say(unitWord) }] : []),
  ]
  if (figures.columns.length > 1 && figures.addsAcross) {
    const last = String.fromCharCode(65 + Math.min(figures.columns.length, 25))
    columns.push({ header: say(totalWord), ...type, total, formula: `SUM(B{row}:${last}{row})` })
  }
  const rows = figures.rows.map((row, at) => [row.label, ...row.values, ...(figures.units ? [figures.units[at]!] : [])])
  return { name: tabName(content), columns, rows, totals: figures.rows.length > 1 && total !== 'none' }
}

/** Headings that fit what is to be collected; the person's own headings and points come first. */
function emptySheet(content: Content, wish: Wish, task: string) {
  const { say } = content
  const name = tabName(content)
  if (wish.columns.length > 0) return { name, columns: wish.columns.map((header) => ({ header })), rows: [] }
  if (wish.points.length > 0) {
    const headers = [
      say({ en: 'Item', de: 'Posten', fr: 'Élément', es: 'Elemento' }),
      say({ en: 'Status', de: 'Status', fr: 'Statut', es: 'Estado' }),
      say({ en: 'Notes', de: 'Notizen', fr: 'Notes', es: 'Notas' }),
    ]
    return { name, columns: headers.map((header) => ({ header })), rows: wish.points.map((point) => [point]) }
  }
  const headers = templates.find(({ pattern }) => pattern.test(task))!.headers
  return {
    name,
    columns: say(headers)
      .split(', ')
      .map((header) => ({ header })),
    rows: [],
  }
}

const templates = [
  {
    pattern: /expens|budget|cost|spend|invoice|ausgaben|kosten|rechnung|dépens|coût|factur|gasto|coste|presupuesto/i,
    headers: {
      en: 'Date, Description, Category, Amount',
      de: 'Datum, Beschreibung, Kategorie, Betrag',
      fr: 'Date, Description, Catégorie, Montant',
      es: 'Fecha, Descripción, Categoría, Importe',
    },
  },
  {
    pattern: /contact|customer|member|guest|team|people|kontakt|kunden|gäste|mitglieder|client|invité|membre|miembro/i,
    headers: {
      en: 'Name, E-mail, Phone, Notes',
      de: 'Name, E-Mail, Telefon, Notizen',
      fr: 'Nom, E-mail, Téléphone, Notes',
      es: 'Nombre, Correo, Teléfono, Notas',
    },
  },
  {
    pattern: /(?:)/,
    headers: {
      en: 'Task, Who, Due, Status',
      de: 'Aufgabe, Wer, Bis wann, Status',
      fr: 'Tâche, Qui, Échéance, Statut',
      es: 'Tarea, Quién, Fecha, Estado',
    },
  },
]

/** Excel refuses some characters in the name of a sheet, and names of more than 31 characters. */
function tabName({ title, say }: Content): string {
  const plain = title.replace(/[\\/*?:[\]']/g, ' ').trim()
  return plain.slice(0, 31) || say({ en: 'Sheet', de: 'Tabelle', fr: 'Feuille', es: 'Hoja' })
}
