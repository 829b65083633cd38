/** The cells of a column: their type, their values in the file, their number format and their width. */
import { ownValue } from '../../../contracts/own-value.ts'
import type { Cell, Column } from './input.ts'

export type ColumnType = Exclude<Column['type'], 'auto'>

const SYMBOLS: Record<string, string> = { EUR: '€', USD: '$', GBP: '£', JPY: '¥' }
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const DATETIME = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/i
const PLAIN_NUMBER = /^-?\d{1,15}(\.\d{1,10})?$/

const MIN_WIDTH = 10
const MAX_WIDTH = 60

/** The declared type, or the one that fits all values. */
export function typeOf(column: Column, values: Cell[]): ColumnType {
  if (column.type !== 'auto') return column.type
  const present = values.filter((value) => value !== null)
  const all = (test: (value: Cell) => boolean) => present.length > 0 && present.every(test)
  if (column.formula && present.length === 0) return 'number'
  if (all((value) => typeof value === 'number' || isFormula(value))) return 'number'
  if (all((value) => typeof value === 'boolean')) return 'boolean'
  if (all((value) => typeof value === 'string' && toDate(value, DATE) !== undefined)) return 'date'
  if (all((value) => typeof value === 'string' && toDate(value, DATETIME) !== undefined)) return 'datetime'
  return 'text'
}

/**
 * Whether the column's times are of several time zones. A cell has no time zone. So times of one zone stay as they were
 * given, and times of several zones are converted to UTC.
 */
export function mixesZones(type: ColumnType, values: Cell[]): boolean {
  if (type !== 'datetime' && type !== 'date') return false
  const zones = values.map((value) => (typeof value === 'string' ? zoneOf(value) : undefined))
  return new Set(zones.filter((zone) => zone !== undefined)).size > 1
}

/** The value for the file. `fits` is false if it is not of the column's type and stays as it was. */
export function cellValue(type: ColumnType, value: Cell, inUtc: boolean): { value: Cell | Date; fits: boolean } {
  if (value === null || value === '') return { value: null, fits: true }
  if (isFormula(value) || type === 'text') return { value, fits: true }
  if (type === 'boolean') return { value, fits: typeof value === 'boolean' }
  if (type === 'date' || type === 'datetime') {
    const date = typeof value === 'string' ? (toDate(value, DATE) ?? toDate(value, DATETIME, inUtc)) : undefined
    return { value: date ?? value, fits: date !== undefined }
  }
  if (typeof value === 'string' && PLAIN_NUMBER.test(value.trim())) return { value: Number(value), fits: true }
  return { value, fits: typeof value === 'number' }
}

/** A count is a plain number, whatever is counted. */
export const COUNT_FORMAT = '#,##0'

export function numberFormat(type: ColumnType, column: Column, values: Cell[]): string | undefined {
  const digits = (fallback: number) => {
    const decimals = column.decimals ?? fallback
    return decimals > 0 ? `.${'0'.repeat(decimals)}` : ''
  }
  if (type === 'integer') return '#,##0'
  if (type === 'percent') return `0${digits(1)}%`
  if (type === 'date') return 'yyyy-mm-dd'
  if (type === 'datetime') return 'yyyy-mm-dd hh:mm'
  // otherwise LibreOffice shows 1 and 0; Excel ignores this
  if (type === 'boolean') return '"TRUE";"TRUE";"FALSE"'
  if (type === 'number') return `#,##0${digits(decimalsOf(values))}`
  if (type !== 'currency') return undefined
  const symbol = ownValue(SYMBOLS, column.currency)
  const amount = `#,##0${digits(column.currency === 'JPY' ? 0 : 2)}`
  return symbol
    ? `"${symbol}"${amount};[Red]-"${symbol}"${amount}`
    : `${amount} "${column.currency}";[Red]-${amount} "${column.currency}"`
}

/** The width in characters that shows the header and most values completely. */
export function columnWidth(column: Column, type: ColumnType, values: Cell[]): number {
  if (column.width) return column.width
  const lengths = values.slice(0, 1000).map((value) => shownLength(type, value))
  const longest = Math.max(column.header.length + 4, ...lengths)
  return Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, longest + 2))
}

export function isFormula(value: Cell): value is { formula: string } {
  return typeof value === 'object' && value !== null
}

function shownLength(type: ColumnType, value: Cell): number {
  if (type === 'datetime') return 16
  if (value === null || isFormula(value)) return type === 'currency' ? 14 : 8
  const extra = type === 'currency' ? 6 : type === 'number' ? 3 : 0
  return (
    Math.max(
      ...String(value)
        .split('\n')
        .map((line) => line.length),
    ) + extra
  )
}

/** The maximum number of decimals of the values, at most 4. */
function decimalsOf(values: Cell[]): number {
  const decimals = values.map((value) =>
    typeof value === 'number' ? (String(value).split('.')[1]?.length ?? 0) : isFormula(value) ? 2 : 0,
  )
  return Math.min(4, Math.max(0, ...decimals))
}

/** A real date of the calendar, in UTC as exceljs writes it; undefined for anything else. */
function toDate(text: string, pattern: RegExp, inUtc = false): Date | undefined {
  const match = pattern.exec(text.trim())
  if (!match) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  const real = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60
  if (!real || year < 1900) return undefined
  return inUtc ? new Date(date.getTime() - (zoneOf(text) ?? 0) * 60_000) : date
}

/** Minutes ahead of UTC that an ISO time names; undefined when it names no zone. */
function zoneOf(text: string): number | undefined {
  const zone = DATETIME.exec(text.trim())?.[7]
  if (zone === undefined) return undefined
  const [, sign = '', hours = 0, minutes = 0] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}
