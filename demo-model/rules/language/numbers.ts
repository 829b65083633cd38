/** Numbers as people write them in the four languages, in digits or in words. */
import { ownValue } from '../../../contracts/own-value.ts'
import type { Language } from './language.ts'

const lists = [
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty',
  'null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig',
  'zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf vingt',
  'cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte',
]
const tens = [
  'ten twenty thirty forty fifty sixty seventy eighty ninety',
  'zehn zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig hundert',
]
const small: Record<string, number> = Object.fromEntries([
  ...lists.flatMap((list) => list.split(' ').map((word, value) => [word, value])),
  ...tens.flatMap((list) => list.split(' ').map((word, at) => [word, (at + 1) * 10])),
  ...['ein', 'eine', 'einer', 'une', 'una'].map((word) => [word, 1]),
])
const scales: Record<string, number> = { hundred: 100, thousand: 1000, million: 1_000_000, tausend: 1000 }
const words = [...Object.keys(small), ...Object.keys(scales)].sort((a, b) => b.length - a.length).join('|')

/** Source of a regular expression that matches a number in words, such as "one hundred and twenty-five". */
export const NUMBER_WORDS = `(?<![\\p{L}])(?:${words})(?:(?:[- ]|(?<=hundred|thousand)\\s+and\\s+)(?:${words}))*(?![\\p{L}])`

/** Source of a regular expression that matches a number in digits, with separators: 1,200.50, 1.200,50, 1 200 or 0.5. */
export const DIGITS =
  "\\d{1,3}(?:[,.'\\u00a0\\u202f]\\d{3})+(?:[.,]\\d{1,2})?(?!\\d)|\\d{1,3}(?: \\d{3})+(?:,\\d{1,2})?(?!\\d)|\\d+(?:[.,]\\d+)?"

/** The value of a text that `NUMBER_WORDS` or `DIGITS` matched. */
export function numberOf(text: string, language: Language): number {
  return /\d/.test(text) ? fromDigits(text, language) : fromWords(text.toLowerCase())
}

function fromWords(text: string): number {
  let total = 0
  let group = 0
  for (const word of ownValue(small, text) === undefined ? text.split(/[\s-]+/) : [text]) {
    const scale = ownValue(scales, word)
    if (scale === 100) group = Math.max(group, 1) * 100
    else if (scale) {
      total += Math.max(group, 1) * scale
      group = 0
    } else group += ownValue(small, word) ?? 0
  }
  return total + group
}

/** The marks that people of a language write between thousands. A mark before three digits is one of these, or else decimal. */
const grouping: Record<Language, string> = { en: ',', de: '.', fr: '.', es: '.,' }

function fromDigits(text: string, language: Language): number {
  const plain = text.replace(/['\s\u00a0\u202f]/g, '')
  const last = Math.max(plain.lastIndexOf(','), plain.lastIndexOf('.'))
  if (last < 0) return Number(plain)
  const marks = plain.match(/[.,]/g) ?? []
  const threeBehind = plain.length - last - 1 === 3
  const groups = grouping[language].includes(plain[last]!) && !plain.startsWith('0')
  const isDecimal = new Set(marks).size === 2 || !(threeBehind && (groups || marks.length > 1))
  if (!isDecimal) return Number(plain.replace(/[.,]/g, ''))
  return Number(`${plain.slice(0, last).replace(/[.,]/g, '')}.${plain.slice(last + 1)}`)
}

const locales: Record<Language, string> = { en: 'en-US', de: 'de-DE', fr: 'fr-FR', es: 'es-ES' }

/** With the separators of the language. */
export function formatNumber(value: number, language: Language, { least = 0, most = 2 } = {}): string {
  const digits = { minimumFractionDigits: least, maximumFractionDigits: Math.max(most, least) }
  return value.toLocaleString(locales[language], { ...digits, useGrouping: 'always' }).replaceAll('\u202f', '\u00a0')
}

/** Two decimals and the currency, where the language puts it: "$1,200.50", "1.200,50 €". */
export function formatMoney(value: number, currency: string, language: Language): string {
  const least = Number.isInteger(value) && currency === '' ? 0 : 2
  const number = formatNumber(Math.abs(value), language, { least })
  const sign = value < 0 ? '-' : ''
  if (!currency) return `${sign}${number}`
  return language === 'en' && /^[$£€]$/.test(currency) ? `${sign}${currency}${number}` : `${sign}${number} ${currency}`
}
