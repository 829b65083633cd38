/** What follows from the figures by arithmetic: totals, shares, the highest and the lowest. It claims nothing else. */
import type { Language } from '../language/language.ts'
import { formatNumber } from '../language/numbers.ts'
import type { Figures } from './figures.ts'

export interface Facts {
  /** One value per row: the figure itself, the sum of its columns, or its last column if they cannot be added. */
  values: number[]
  /** Null where a sum means nothing: percentages, or revenue beside costs. */
  total: number | null
  /** Null where the rows cannot be compared. */
  best: { label: string; value: number } | null
  lowest: { label: string; value: number } | null
  average: number
}

export function factsOf(figures: Figures): Facts {
  const values = figures.rows.map((row) => (figures.addsAcross ? sum(row.values) : (row.values.at(-1) ?? 0)))
  const at = (value: number) => ({ label: figures.rows[values.indexOf(value)]!.label, value })
  const isComparable = !figures.units && (figures.isAdditive || figures.unit === '%' || figures.isRate === true)
  return {
    values,
    total: figures.isAdditive ? sum(values) : null,
    best: isComparable ? at(Math.max(...values)) : null,
    lowest: isComparable ? at(Math.min(...values)) : null,
    average: sum(values) / values.length,
  }
}

/** "120", "120 k€", "120k", "$120k", "12 %" */
export function withUnit(value: number, unit: string, language: Language): string {
  const number = formatNumber(Math.abs(value), language)
  const sign = value < 0 ? '-' : ''
  if (!unit) return `${sign}${number}`
  if (unit === 'k') return `${sign}${number}k`
  const currency = /^(k?)([$£])$/.exec(unit)
  return currency && language === 'en' ? `${sign}${currency[2]}${number}${currency[1]}` : `${sign}${number} ${unit}`
}

/** "40.7 %"; null when there is no total. */
export function share(value: number, total: number | null, language: Language): string | null {
  return total === null || total <= 0 || value < 0
    ? null
    : `${formatNumber(Math.round((value / total) * 1000) / 10, language)} %`
}

/** "+12.5 %"; null when the first value is zero or missing. */
export function change(from: number | null, to: number | null, language: Language): string | null {
  if (from === null || to === null || from === 0) return null
  const percent = Math.round(((to - from) / Math.abs(from)) * 1000) / 10
  return `${percent > 0 ? '+' : ''}${formatNumber(percent, language)} %`
}

/** A sum without the rounding noise of binary fractions (0.1 + 0.2). */
export function sum(values: (number | null)[]): number {
  return Math.round(values.reduce<number>((total, value) => total + (value ?? 0), 0) * 1e6) / 1e6
}
