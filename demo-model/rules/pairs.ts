/** One label with one number in a piece of a sentence. */
import type { Language } from './language.ts'
import { DIGITS, numberOf } from './numbers.ts'
import { LOOSE_NOUNS, OUTPUT_NOUNS } from './outputs.ts'

export interface Amount {
  value: number
  unit: string
}

export interface Sides extends Amount {
  /** Words that could be the label, left and right of the number; '' if there are none. */
  before: string
  after: string
  sure: boolean
}

/** "k€" stays a unit, so that 120 k€ is shown as people wrote it. */
const units =
  '%|percent|per cent|prozent|k€|€|eur|euros?|k\\$|\\$|usd|dollars?|£|gbp|pounds?|chf|units?|pieces?|pcs|stück|hours?|hrs?|h|stunden|days?|tage|kg|km|tons?|tonnen|people|customers?|users?|personen|kunden'
const scale = '(?<scale>k(?![€$£])|m|mn|mio\\.?|million(?:en|s)?|bn|billion|thousand|tsd\\.?|tausend)?'
const amount = new RegExp(
  `(?<![\\p{L}\\d.,-])(?<sign>[-+−])?(?<lead>[€$£])?\\s?(?<digits>${DIGITS})\\s?${scale}(?![\\p{L}\\d])\\s?(?<unit>(?:${units})(?![\\p{L}\\d]))?(?![-\\p{L}\\d])`,
  'giu',
)

/** All amounts of a text in order: "10, 12, 15". */
export function amountsIn(text: string, language: Language): Amount[] {
  return [...text.replace(/,(?=\d)(?!\d{3}(?!\d))/g, ', ').matchAll(amount)].map((match) => amountOf(match, language))
}

/** Null if the piece has no number with words beside it, or several numbers. */
export function pairOf(segment: string, language: Language): Sides | null {
  const year = /^(?:and|und)?\s*((?:19|20)\d\d)\s*[:=]?\s+(.+)$/iu.exec(segment)
  const text = year ? year[2]! : segment
  const yearBehind = /\b(?:in|im jahr|for)\s+((?:19|20)\d\d)$/iu.exec(text)
  const body = yearBehind ? text.slice(0, yearBehind.index) : text
  const matches = [...body.matchAll(amount)]
  const [match] = matches
  if (!match || matches.length > 1) return null
  const rest = body.slice(match.index + match[0].length)
  const before = year ? year[1]! : labelBefore(body.slice(0, match.index))
  const after = yearBehind ? yearBehind[1]! : labelAfter(rest)
  if (!before && !after) return null
  const found = amountOf(match, language)
  const whole = body.slice(0, match.index).trim().replace(/[:=]$/, '').trim() === before && !rest.trim()
  return {
    ...found,
    before,
    after,
    sure: before !== '' && (whole || /[:=]\s*$/.test(body.slice(0, match.index)) || found.unit !== ''),
  }
}

function amountOf(match: RegExpMatchArray, language: Language): Amount {
  const { sign, lead, digits, scale: size, unit } = match.groups as Record<string, string | undefined>
  const value = numberOf(digits!, language) * factor(size)
  return { value: sign === '-' || sign === '−' ? -value : value, unit: unitOf(lead ?? unit ?? '') }
}

function factor(size: string | undefined): number {
  const letter = size?.charAt(0).toLowerCase()
  if (!letter) return 1
  if (letter === 'b') return 1e9
  return letter === 'm' ? 1e6 : 1e3
}

function unitOf(written: string): string {
  const unit = written.toLowerCase()
  if (/^(%|per ?cent|prozent)$/.test(unit)) return '%'
  if (/^(eur|euros?)$/.test(unit)) return '€'
  if (/^(usd|dollars?)$/.test(unit)) return '$'
  if (/^(gbp|pounds?)$/.test(unit)) return '£'
  return written
}

const noLabel = new RegExp(
  `^(?:${OUTPUT_NOUNS}|${LOOSE_NOUNS}|an?|the|our|my|your|their|his|her|its|this|that|these|those|me|i|we|you|it|he|she|and|or|in|on|of|for|from|at|to|with|by|about|as|was|were|is|are|has|had|have|sold|made|got|did|grew|rose|fell|reached|brought|total(?:led)?|around|about|up|down|only|please|also|numbers?|figures?|data|values?|here|use|using|make|create|build|draft|write|prepare|give|put|need|want|show|showing|where|then|than|team|der|die|das|den|dem|des|eine?[nrms]?|unsere?[nrm]?|meine?[nrm]?|ich|wir|es|im|am|aus|mit|bei|von|vom|zu[mr]?|für|über|auf|und|oder|war|waren|ist|sind|hat|hatte|haben|etwa|rund|zahlen|daten|werte|bitte|mach|erstelle)$`,
  'iu',
)

/** The words directly before the number, back to the first word that cannot be part of a label. */
function labelBefore(text: string): string {
  const words = text
    .replace(/[:=(–—-]\s*$/u, '')
    .replace(/["“”„*•]/g, ' ')
    .trim()
    .split(/\s+/)
    .filter(Boolean)
  while (
    words.length > 0 &&
    /^(was|were|is|are|had|has|sold|made|got|did|with|at|by|up|down|reached|brought|mit|bei|war|waren|hat|hatte|around|about|about|etwa|rund|total|of)$/iu.test(
      words.at(-1)!,
    )
  )
    words.pop()
  const start = words.findLastIndex((word, at) => isNoLabel(word, at) || /[,:;]$/.test(word))
  return clean(
    words
      .slice(start + 1)
      .slice(-4)
      .join(' '),
  )
}

/** "team A" is a label, "a" alone is not. */
function isNoLabel(word: string, at: number): boolean {
  return noLabel.test(word) && !(at > 0 && /^\p{Lu}$/u.test(word))
}

/** "in the north", "für den Süden", "apples": at most three words, to the end of the piece. */
function labelAfter(text: string): string {
  const match =
    /^\)?\s*(?:(?:in|for|from|at|of|on|by|im|für|aus|von|bei|auf)\s+)?(?:(?:the|our|der|die|das|den|dem)\s+)?([\p{L}][\p{L}\d&'-]*(?:\s+[\p{L}\d&'-]+){0,2})\s*$/iu.exec(
      text,
    )
  const label = match?.[1] ?? ''
  return label.split(/\s+/).some((word) => noLabel.test(word)) ? '' : clean(label)
}

function clean(label: string): string {
  return label.replace(/^[^\p{L}\d]+|[^\p{L}\d)]+$/gu, '')
}
