/** What follows from the figures by arithmetic: totals, shares, the highest and the lowest. It claims nothing else. */
import type { Figures } from './figures.ts'
import type { Language } from './language.ts'
import { formatNumber } from './numbers.ts'

export interface Facts {
  /** One value per row: the figure itself, or the sum of the columns. */
  values: number[]
  /** Null where a sum means nothing (percentages). */
  total: number | null
  best: { label: string; value: number }
  lowest: { label: string; value: number }
  average: number
}

export function factsOf(figures: Figures): Facts {
  const values = figures.rows.map((row) => sum(row.values))
  const at = (value: number) => ({ label: figures.rows[values.indexOf(value)]!.label, value })
  return {
    values,
    total: figures.unit === '%' ? null : sum(values),
    best: at(Math.max(...values)),
    lowest: at(Math.min(...values)),
    average: sum(values) / values.length,
  }
}

/** "120", "120 k€", "$120", "12 %" */
export function withUnit(value: number, unit: string, language: Language): string {
  const number = formatNumber(value, language)
  if (!unit) return number
  return unit === '$' || unit === '£' ? `${unit}${number}` : `${number} ${unit}`
}

/** "40.7 %"; null when there is no total. */
export function share(value: number, total: number | null, language: Language): string | null {
  return total === null || total <= 0 || value < 0
    ? null
    : `${formatNumber(Math.round((value / total) * 1000) / 10, language)} %`
}

/** A sum without the rounding noise of binary fractions (0.1 + 0.2). */
export function sum(values: (number | null)[]): number {
  return Math.round(values.reduce<number>((total, value) => total + (value ?? 0), 0) * 1e6) / 1e6
}
