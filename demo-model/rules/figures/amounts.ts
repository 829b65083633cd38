/** One number with its unit, as people write it: "120 k€", "$1.2m", "12 %", "5 kg". */
import type { Language } from '../language/language.ts'
import { DIGITS, numberOf } from '../language/numbers.ts'

export interface Amount {
  /** The number with its scale: 1200000 for "$1.2m"; but "120 k€" stays 120 with the unit "k€". */
  value: number
  unit: string
  written: string
}

const units =
  '%|percent|per cent|prozent|pour ?cent|por ?ciento|€|eur|euros?|\\$|usd|dollars?|dólares|£|gbp|pounds?|chf|units?|pieces?|pcs|stück|stk\\.?|unités?|unidades|hours?|hrs?|h|stunden|heures?|horas?|days?|tage|jours?|días?|kg|g|km|m|l|tons?|tonnen|tonnes|toneladas|kwh|people|customers?|users?|personen|kunden|personnes|clients|personas|clientes'
const scales =
  '(?:k|tsd\\.?|M|mio\\.?|mn|mrd\\.?|bn)(?![\\p{L}\\d])|(?<=\\d)m(?![\\p{L}\\d²³])|(?:thousand|tausend|mille|mil|million(?:en|es|s)?|millón|millones|billion|milliards?|milliarden?)(?![\\p{L}])'

/** Source of a regular expression with the groups sign, lead, digits, scale and unit. */
export const AMOUNT = `(?<![\\p{L}\\d.,:/-])(?<sign>[-+−])?(?<lead>[€$£]|(?:CHF|EUR|USD|GBP)(?=\\s?\\d))?\\s?(?<digits>${DIGITS})\\s?(?<scale>${scales})?\\s?(?<unit>(?:${units})(?![\\p{L}\\d]))?(?![\\p{L}\\d:]|[.,/-]\\d)`

/** All amounts of a text in order: "10, 12, 15". */
export function amountsIn(text: string, language: Language): Amount[] {
  const spaced = text.replace(/,(?=\d)(?!\d{3}(?!\d))/g, ', ')
  return [...spaced.matchAll(new RegExp(AMOUNT, 'giu'))].map((match) => amountOf(match, language))
}

export function amountOf(match: RegExpMatchArray | RegExpExecArray, language: Language): Amount {
  const { sign, lead, digits, scale, unit } = match.groups as Record<string, string | undefined>
  const factor = factorOf(scale)
  const isKept = factor === 1000 && /^k$/i.test(scale ?? '')
  const number = numberOf(digits!, language) * (isKept ? 1 : factor)
  return {
    value: rounded(sign === '-' || sign === '−' ? -number : number),
    unit: `${isKept ? 'k' : ''}${unitOf(lead ?? unit ?? '')}`,
    written: writtenOf(match),
  }
}

/** The amount alone, in the person's words. */
function writtenOf(match: RegExpMatchArray | RegExpExecArray): string {
  const {
    sign = '',
    lead = '',
    digits = '',
    scale = '',
    unit = '',
  } = match.groups as Record<string, string | undefined>
  const number = `${sign}${lead}${digits}${scale.length > 1 ? ` ${scale}` : scale}`
  return unit ? `${number} ${unit}` : number
}

/** The same amount without the "k" of its unit, for sums with amounts in other scales. */
export function unscaled({ value, unit, written }: Amount): Amount {
  return /^k(?![\p{L}])/u.test(unit) ? { value: value * 1000, unit: unit.slice(1), written } : { value, unit, written }
}

function factorOf(scale: string | undefined): number {
  if (!scale) return 1
  if (/^(?:bn|billion|mrd|milliard)/i.test(scale)) return 1e9
  return /^(?:m$|mn|mio|million|millón|millones)/i.test(scale) ? 1e6 : 1e3
}

const names: [RegExp, string][] = [
  [/^(?:%|per ?cent|prozent|pour ?cent|por ?ciento)$/i, '%'],
  [/^(?:€|eur|euros?)$/i, '€'],
  [/^(?:\$|usd|dollars?|dólares)$/i, '$'],
  [/^(?:£|gbp|pounds?)$/i, '£'],
  [/^chf$/i, 'CHF'],
]

export const unitOf = (written: string) => names.find(([pattern]) => pattern.test(written))?.[1] ?? written

const rounded = (value: number) => Math.round(value * 1e6) / 1e6
