/**
 * Finds the figures in a person's words: "north 120, south 80", "120 in the north", "Jan: 10 / 12 / 15", a pasted table.
 * It only returns numbers that are in the text.
 */
import { capitalised, type Language } from './language.ts'
import { NUMBER_WORDS, numberOf } from './numbers.ts'
import { withoutCounts } from './outputs.ts'
import { type Amount, amountsIn, pairOf } from './pairs.ts'
import { pastedTable } from './table.ts'

export interface Figures {
  /** What a row is: "Region", "Month", "Item" … in the language of the text. */
  rowName: string
  /** Names of the value columns; one nameless column is ''. */
  columns: string[]
  rows: { label: string; values: (number | null)[] }[]
  /** As written after or before the numbers: "k€", "%", "hours"; '' if there is none. */
  unit: string
}

/** Null when the text holds no figures. */
export function figuresOf(text: string, language: Language): Figures | null {
  const table = pastedTable(text, language)
  if (table) return named(table, language)
  const clean = withoutCounts(text)
  const found = grouped(clean, language) ?? simple(clean, language)
  return found && named(found, language)
}

type Unnamed = Omit<Figures, 'rowName'>

/** "January: north 10, south 8; February: north 12, south 9" and "north: 10, 12, 15; south: 8, 9, 11". */
function grouped(text: string, language: Language): Unnamed | null {
  const groups = text.split(/[;\n]|\.\s/).flatMap((part) => {
    const match = /(?:^|[:,]\s*|\s)([\p{L}][\p{L}\d ]{0,30}?)\s*:\s*([^:]*\d[^:]*)$/u.exec(part.trim())
    return match ? [{ label: lastWords(match[1]!), body: match[2]! }] : []
  })
  if (groups.length < 2) return null
  const pairs = groups.map((group) => pairsOf(group.body, language))
  if (pairs.every((list) => list.length >= 2)) {
    const columns = [...new Set(pairs.flat().map((pair) => pair.label))]
    const rows = groups.map((group, at) => ({
      label: group.label,
      values: columns.map((column) => pairs[at]!.find((pair) => pair.label === column)?.value ?? null),
    }))
    return { columns, rows, unit: commonUnit(pairs.flat()) }
  }
  const lists = groups.map((group) => amountsIn(group.body, language))
  const width = Math.max(...lists.map((list) => list.length))
  if (width < 2 || lists.some((list) => list.length === 0)) return null
  const rows = groups.map((group, at) => ({
    label: group.label,
    values: Array.from({ length: width }, (_, column) => lists[at]![column]?.value ?? null),
  }))
  return { columns: columnNames(text, width), rows, unit: commonUnit(lists.flat()) }
}

function simple(text: string, language: Language): Unnamed | null {
  const pairs = text.split(/[.!?](?=\s|$)|\n/).flatMap((sentence) => pairsOf(sentence, language))
  const [first] = pairs
  if (!first || (pairs.length === 1 && !first.sure)) return null
  const rows = pairs.map((pair) => ({ label: pair.label, values: [pair.value] }))
  return { columns: [''], rows, unit: commonUnit(pairs) }
}

interface Pair extends Amount {
  label: string
  /** Counts as a figure even when it is alone: "north: 120", "growth 12 %". */
  sure: boolean
}

/** Converts number words of several parts ("one hundred and twenty") before the text is split at "and". */
const compound = new RegExp(`(?=[\\p{L}]+[- ])${NUMBER_WORDS}`, 'giu')

function pairsOf(sentence: string, language: Language): Pair[] {
  const segments = sentence
    .replace(compound, (words) => String(numberOf(words, language)))
    .split(/\s[-–—]\s|[;\n/|]|,(?!\d)|:(?=\s*[^\d\s€$£-])|\s(?:and|und|sowie|plus|&)\s/iu)
    .map((segment) => spelled(segment.trim(), language))
    .flatMap(unstrung)
  const sides = segments.flatMap((segment) => pairOf(segment, language) ?? [])
  const before = sides.every((side) => side.before)
  const after = !before && sides.slice(1).every((side) => side.after)
  const pairs = sides.flatMap((side) => {
    const label = before ? side.before : after ? side.after || side.before : side.before || side.after
    const unit =
      side.unit || (before && side.after && sides.every((other) => other.after === side.after) ? side.after : '')
    return label ? [{ ...side, label, unit }] : []
  })
  return trimmed(pairs).map((pair) => ({ ...pair, label: capitalised(pair.label) }))
}

/** "Q3 sales north, south, west": the first label contains words of the sentence; the others show how long a label is. */
function trimmed(pairs: Pair[]): Pair[] {
  const [first, ...rest] = pairs
  if (!first || rest.length === 0) return pairs
  const longest = Math.max(...rest.map((pair) => pair.label.split(' ').length))
  return [{ ...first, label: first.label.split(' ').slice(-longest).join(' ') }, ...rest]
}

/** "north 120 south 80 west 95" without commas: each number ends a pair, if words come before each and none after the last. */
function unstrung(segment: string): string[] {
  const text = segment.replace(/\s+(?:as|in|into|for|als|please|bitte)\s[^\d]*$/iu, '').replace(/\s+/g, ' ')
  const pairs = text.match(/[\p{L}][\p{L} ]*?[ :=]+[€$£]?\d[\d.,]*\s?(?:k?[€$£%](?!\p{L}))?(?=\s|$)/gu) ?? []
  return pairs.length > 1 && pairs.join(' ').length >= text.length - 1 ? pairs : [segment]
}

/** Number words become digits if a segment has no digits: "north one hundred twenty". */
function spelled(segment: string, language: Language): string {
  if (/\d/.test(segment)) return segment
  return segment.replace(new RegExp(NUMBER_WORDS, 'iu'), (words) => String(numberOf(words, language)))
}

function commonUnit(amounts: Amount[]): string {
  const units = new Set(amounts.map((amount) => amount.unit).filter(Boolean))
  return units.size === 1 ? [...units][0]! : ''
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** "Jan to Mar" or "January, February and March" in the text name the columns, if their number fits. */
function columnNames(text: string, width: number): string[] {
  const named = [...text.matchAll(/\b(jan|feb|m[aä]r|apr|ma[yi]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-z]*\b/gi)].map(
    (m) => m[0],
  )
  if (named.length === width) return named.map(capitalised)
  const start = months.findIndex((month) => named[0]?.toLowerCase().startsWith(month.slice(0, 3).toLowerCase()))
  if (named.length === 2 && start >= 0)
    return Array.from({ length: width }, (_, at) => months[(start + at) % 12]!.slice(0, 3))
  const quarters = [...text.matchAll(/\bQ[1-4]\b/gi)].map((match) => match[0].toUpperCase())
  if (quarters.length === width) return quarters
  return Array.from({ length: width }, (_, at) => String(at + 1))
}

function lastWords(label: string): string {
  return capitalised(label.trim().split(/\s+/).slice(-2).join(' '))
}

const kinds: [RegExp, Record<Language, string>][] = [
  [
    /^(north|south|east|west|cent(er|re|ral)|nord|süd|ost|mitte|emea|apac|americas|europe|asia)/i,
    { en: 'Region', de: 'Region' },
  ],
  [/^(jan|feb|m[aä]r|apr|ma[yi]\b|jun|jul|aug|sep|o[ck]t|nov|de[cz])/i, { en: 'Month', de: 'Monat' }],
  [/^q[1-4]\b/i, { en: 'Quarter', de: 'Quartal' }],
  [/^(19|20)\d\d$/, { en: 'Year', de: 'Jahr' }],
  [
    /^(mon|tue|wed|thu|fri|sat|sun)[a-z]*day$|^(montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)$/i,
    { en: 'Day', de: 'Tag' },
  ],
]

function named(figures: Unnamed, language: Language): Figures {
  const kind = kinds.find(([pattern]) => figures.rows.every((row) => pattern.test(row.label)))
  return { rowName: kind ? kind[1][language] : language === 'de' ? 'Posten' : 'Item', ...figures }
}
