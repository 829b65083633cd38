/** Numbers as people write them, in digits or in words, in English or in German. */
import { ownValue } from '../../contracts/own-value.ts'
import type { Language } from './language.ts'

const small: Record<string, number> = {
  zero: 0,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  thirteen: 13,
  fourteen: 14,
  fifteen: 15,
  sixteen: 16,
  seventeen: 17,
  eighteen: 18,
  nineteen: 19,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
  null: 0,
  eins: 1,
  ein: 1,
  eine: 1,
  einer: 1,
  zwei: 2,
  drei: 3,
  vier: 4,
  fünf: 5,
  sechs: 6,
  sieben: 7,
  acht: 8,
  neun: 9,
  zehn: 10,
  elf: 11,
  zwölf: 12,
  fünfzehn: 15,
  zwanzig: 20,
  dreißig: 30,
  vierzig: 40,
  fünfzig: 50,
  sechzig: 60,
  siebzig: 70,
  achtzig: 80,
  neunzig: 90,
  hundert: 100,
}
const scales: Record<string, number> = { hundred: 100, thousand: 1000, million: 1_000_000, tausend: 1000 }
const words = [...Object.keys(small), ...Object.keys(scales)].sort((a, b) => b.length - a.length).join('|')

/** Source of a regular expression that matches a number in words, such as "one hundred and twenty-five". */
export const NUMBER_WORDS = `(?<![\\p{L}])(?:${words})(?:(?:[- ]|(?<=hundred|thousand)\\s+and\\s+)(?:${words}))*(?![\\p{L}])`

/** Source of a regular expression that matches a number in digits, with separators: 1,200.50, 1.200,50 or 0.5. */
export const DIGITS = "\\d{1,3}(?:[,.'\\u202f]\\d{3})+(?:[.,]\\d{1,2})?(?!\\d)|\\d+(?:[.,]\\d+)?"

/** The value of a text that `NUMBER_WORDS` or `DIGITS` matched. */
export function numberOf(text: string, language: Language): number {
  return /\d/.test(text) ? fromDigits(text, language) : fromWords(text.toLowerCase())
}

function fromWords(text: string): number {
  let total = 0
  let group = 0
  for (const word of text.split(/[\s-]+/)) {
    const scale = ownValue(scales, word)
    if (scale === 100) group = Math.max(group, 1) * 100
    else if (scale) {
      total += Math.max(group, 1) * scale
      group = 0
    } else group += ownValue(small, word) ?? 0
  }
  return total + group
}

/** "1,200" is 1200 in English, and so is "1.200" in German. A mark not followed by exactly three digits is the decimal mark. */
function fromDigits(text: string, language: Language): number {
  const plain = text.replace(/['\u202f]/g, '')
  const last = Math.max(plain.lastIndexOf(','), plain.lastIndexOf('.'))
  if (last < 0) return Number(plain)
  const mark = plain[last]
  const marks = plain.match(/[.,]/g) ?? []
  const threeBehind = plain.length - last - 1 === 3
  const grouping = mark === (language === 'de' ? '.' : ',')
  const isDecimal = new Set(marks).size === 2 || !(threeBehind && (grouping || marks.length > 1))
  if (!isDecimal) return Number(plain.replace(/[.,]/g, ''))
  return Number(`${plain.slice(0, last).replace(/[.,]/g, '')}.${plain.slice(last + 1)}`)
}

/** At most two decimals, with the separators of the language. */
export function formatNumber(value: number, language: Language): string {
  return value.toLocaleString(language === 'de' ? 'de-DE' : 'en-US', { maximumFractionDigits: 2 })
}
