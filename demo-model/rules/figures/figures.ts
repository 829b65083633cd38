/** The figures in a person's words. They are only numbers of the text, and only those whose label is sure. */
import { capitalised, type Language, sayer, type Texts } from '../language/language.ts'
import { type Amount, amountsIn, unscaled } from './amounts.ts'
import { isLabel } from './labels.ts'
import { listIn, type Pair } from './lists.ts'
import { withoutOtherNumbers } from './not-figures.ts'
import { tableIn } from './table.ts'

export interface Figures {
  /** What a row is: "Region", "Month", "Item" … in the language of the text. */
  rowName: string
  /** Names of the value columns; one nameless column is ''. */
  columns: string[]
  rows: { label: string; values: (number | null)[]; written?: string }[]
  /** The unit that all figures share: "k€", "%", "hours"; '' if there is none, or several. */
  unit: string
  /** The unit of each row, if they differ. Then nothing can be added or compared. */
  units?: string[]
  /** True if the figures are of one kind, so that their sum and shares mean something. */
  isAdditive: boolean
  /** True if the figures can be compared, but not added: prices, temperatures. */
  isRate?: boolean
  /** True if the columns of a row can be added: quarters of a year, or regions of a month. */
  addsAcross: boolean
}

export type FoundFigures = { kind: 'sure'; figures: Figures } | { kind: 'none' | 'unsure' }

export function figuresIn(text: string, language: Language): FoundFigures {
  const table = tableIn(text, language)
  if (table) {
    const isRate = table.unit === '%'
    return sure({ ...table, isAdditive: !isRate, addsAcross: !isRate && areTimes(table.columns) }, language)
  }
  const clean = withoutOtherNumbers(text.replace(/(?<=\d\s?(?:mio|mrd|tsd|stk))\./giu, ''))
  const groups = grouped(clean, language)
  if (groups) return sure(groups, language)
  const found = sentencesOf(clean).map((sentence) => listIn(sentence, language))
  const lists = found.filter(({ pairs }) => pairs.length > 0)
  if (found.some(({ isUnsure }) => isUnsure)) return { kind: 'unsure' }
  if (lists.length === 0) return { kind: 'none' }
  return sure(fromPairs(lists.flatMap(({ pairs }) => pairs)), language)
}

type Unnamed = Omit<Figures, 'rowName'> & { rowName?: string }

/** Lines without an end of sentence belong together. */
const sentencesOf = (text: string) => text.split(/[.!?](?=\s|$)|\n\s*\n/)

/** Names of measures: a list with one of them mixes things that cannot be added, such as revenue and costs. */
const measure =
  /^(?:(?:total|net|gross|operating)\s)?(?:revenues?|sales|turnover|costs?|profits?|expenses|income|margin|ebitda|cash|growth|churn|headcount|salary|wages?|savings|employees|customers|orders|umsatz|umsätze|gehalt|lohn|salaire|salario|sueldo|kosten|gewinn|ausgaben|einnahmen|ertrag|marge|mitarbeiter|kunden|wachstum|chiffre d['’]affaires|coûts?|bénéfices?|dépenses|recettes|marge|ventes|effectifs?|ingresos|costes?|costos?|gastos|beneficios?|ventas|margen|empleados|clientes)$/iu

const rate =
  /(?<![\p{L}])(?:rating|score|prices?|rate|percent|average|avg|mean|margin|age|temperatures?|year|rank|grade|ratio|share|preise?|quote|prozent|durchschnitt|marge|alter|noten?|bewertung|temperatur(?:en)?|prix|taux|moyenne|âge|températures?|precios?|tasa|media|margen|edad|notas?|temperaturas?)(?![\p{L}])|%/iu

/** True if a column or a subject of this name has no sum that means anything. */
export const isRate = (name: string) => rate.test(name)

function fromPairs(pairs: Pair[]): Unnamed {
  const isMixed = new Set(pairs.map((pair) => pair.unit)).size > 1
  const amounts: Amount[] = isMixed ? pairs.map(unscaled) : pairs
  const units = amounts.map(({ unit }) => unit)
  // a unit that only some have is that of all: "north 120 €, south 80"
  const given = new Set(units.filter(Boolean))
  const rows = pairs.map(({ label, written }, at) => ({ label, values: [amounts[at]!.value], written }))
  const isOneKind = pairs.length === 1 || pairs.filter(({ label }) => measure.test(label)).length === 0
  return {
    columns: [''],
    rows,
    unit: given.size === 1 ? [...given][0]! : '',
    ...(given.size > 1 && { units }),
    isAdditive: isOneKind && given.size <= 1 && !given.has('%'),
    addsAcross: false,
  }
}

/** "January: north 10, south 8; February: north 12, south 9" and "north: 10, 12, 15; south: 8, 9, 11". */
function grouped(text: string, language: Language): Unnamed | null {
  const groups = text.split(/[;\n]|\.\s/).flatMap((part) => {
    const match = /(?:^|[:,]\s*|\s)(\p{L}[\p{L}\d ]{0,30}?)\s*:\s*([^:]*\d[^:]*)$/u.exec(part.trim())
    const label = match && lastWords(match[1]!)
    return label && isLabel(label) ? [{ label, body: match[2]! }] : []
  })
  if (groups.length < 2) return null
  const lists = groups.map((group) => listIn(group.body, language).pairs)
  if (lists.every((list) => list.length >= 2)) {
    const columns = [...new Set(lists.flat().map((pair) => pair.label))]
    return gridOf(
      groups,
      columns,
      (at) => columns.map((column) => lists[at]!.find((pair) => pair.label === column)),
      true,
    )
  }
  const amounts = groups.map((group) => (/[\p{L}\u2400]{4}/u.test(group.body) ? [] : amountsIn(group.body, language)))
  const width = Math.max(...amounts.map((list) => list.length))
  if (width < 2 || amounts.some((list) => list.length !== width)) return null
  const columns = columnNames(text, width)
  return gridOf(groups, columns, (at) => amounts[at]!, areTimes(columns))
}

function gridOf(
  groups: { label: string }[],
  columns: string[],
  amountsOf: (at: number) => (Amount | undefined)[],
  addsAcross: boolean,
): Unnamed {
  const units = new Set(groups.flatMap((_, at) => amountsOf(at).map((amount) => amount?.unit ?? '')))
  const rows = groups.map(({ label }, at) => ({ label, values: amountsOf(at).map((amount) => amount?.value ?? null) }))
  const unit = units.size === 1 ? [...units][0]! : ''
  const isAdditive = units.size === 1 && unit !== '%'
  return { columns, rows, unit, isAdditive, addsAcross: addsAcross && isAdditive }
}

const months = 'January February March April May June July August September October November December'.split(' ')
const monthName =
  /(?<![\p{L}])(?:jan|feb|fév|m[aä]r|apr|avr|abr|ma[yi]|jun|juin|jul|juil|aug|août|ago|sep|o[ck]t|nov|de[cz]|déc|ene|dic)[\p{L}]*/giu

/** "Jan to Mar" or "January, February and March" in the text name the columns, if their number fits. */
function columnNames(text: string, width: number): string[] {
  const named = [...text.matchAll(monthName)].map((match) => match[0])
  if (named.length === width) return named.map(capitalised)
  const start = months.findIndex((month) => named[0]?.toLowerCase().startsWith(month.slice(0, 3).toLowerCase()))
  if (named.length === 2 && start >= 0)
    return Array.from({ length: width }, (_, at) => months[(start + at) % 12]!.slice(0, 3))
  const quarters = [...text.matchAll(/\b[QT][1-4]\b/gi)].map((match) => match[0].toUpperCase())
  if (quarters.length === width) return quarters
  return Array.from({ length: width }, (_, at) => String(at + 1))
}

const lastWords = (label: string) => capitalised(label.trim().split(/\s+/).slice(-2).join(' '))

const kinds: { pattern: RegExp; names: Texts; isTime?: boolean }[] = [
  {
    pattern:
      /^(?:north|south|east|west|cent(?:er|re|ral)|nord|süd|ost|mitte|sud|est|ouest|norte|sur|este|oeste|centro|emea|apac|americas|europe|asia)/i,
    names: { en: 'Region', de: 'Region', fr: 'Région', es: 'Región' },
  },
  {
    pattern: new RegExp(`^${monthName.source}$`, 'iu'),
    names: { en: 'Month', de: 'Monat', fr: 'Mois', es: 'Mes' },
    isTime: true,
  },
  {
    pattern: /^[qt][1-4](?:\s.*)?$/i,
    names: { en: 'Quarter', de: 'Quartal', fr: 'Trimestre', es: 'Trimestre' },
    isTime: true,
  },
  { pattern: /^(?:fy)?(?:19|20)\d\d$/i, names: { en: 'Year', de: 'Jahr', fr: 'Année', es: 'Año' }, isTime: true },
  {
    pattern:
      /^(?:(?:mon|tue|wed|thu|fri|sat|sun)(?:[a-z]*day)?|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|(?:lun|mar|mercre|jeu|vendre|same)di|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo)$/i,
    names: { en: 'Day', de: 'Tag', fr: 'Jour', es: 'Día' },
    isTime: true,
  },
]

/** True if the names follow each other in time: months, quarters, years, days. */
export const areTimes = (names: string[]) =>
  kinds.some(({ pattern, isTime }) => isTime === true && names.length > 0 && names.every((name) => pattern.test(name)))

function sure(figures: Unnamed, language: Language): FoundFigures {
  const say = sayer(language)
  const kind = kinds.find(({ pattern }) => figures.rows.every((row) => pattern.test(row.label)))
  const rowName = figures.rowName || say(kind?.names ?? { en: 'Item', de: 'Posten', fr: 'Poste', es: 'Concepto' })
  return { kind: 'sure', figures: { ...figures, rowName } }
}
