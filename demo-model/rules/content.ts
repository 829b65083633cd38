/** The content that slides, sheet and PDF share: one title, one set of facts, one list of sections. */
import { type Facts, factsOf, share, withUnit } from './facts.ts'
import type { Figures } from './figures.ts'
import { type Say, sayer } from './goal.ts'
import { knownSections, outline, type Section } from './knowledge.ts'
import { capitalised, type Language, slug } from './language.ts'
import { formatNumber } from './numbers.ts'
import type { Wish } from './wish.ts'

export interface Content {
  language: Language
  say: Say
  title: string
  /** Without its extension. */
  filename: string
  /** What the values are called: "Sales", "Value". */
  measure: string
  data: { figures: Figures; facts: Facts; summary: string[]; byRow: string[] } | null
  sections: Section[]
  /** Where the sections come from. */
  origin: 'person' | 'known' | 'questions'
}

export function contentOf(wish: Wish): Content {
  const { language, figures } = wish
  const say = sayer(language)
  const subject = wish.topic?.replace(/\.(?:txt|md|csv|tsv|json|html?)$/i, '') ?? figures?.columns.find(Boolean)
  const title =
    subject ??
    (figures
      ? say(`Figures by ${figures.rowName.toLowerCase()}`, `Zahlen nach ${figures.rowName}`)
      : say('Overview', 'Überblick'))
  const measure = measureOf(title, language)
  const known = knownSections(title, language)
  const own = wish.points.map((point) => ({ heading: point, bullets: [] }))
  return {
    language,
    say,
    title,
    filename: wish.filename ?? slug(title),
    measure,
    data: figures && dataOf(figures, measure, say, language),
    sections: own.length > 0 ? own : (known ?? outline(language)),
    origin: own.length > 0 ? 'person' : known ? 'known' : 'questions',
  }
}

/** Names of the value columns, never empty. */
export function columnTitles({ data, measure }: Content): string[] {
  const { columns, unit } = data!.figures
  return columns.map((column) => (column ? column : unit ? `${measure} (${unit})` : measure))
}

function dataOf(figures: Figures, measure: string, say: Say, language: Language): NonNullable<Content['data']> {
  const facts = factsOf(figures)
  const show = (value: number) => withUnit(value, figures.unit, language)
  const part = (value: number) => {
    const text = share(value, facts.total, language)
    return text ? ` (${text})` : ''
  }
  const byRow = figures.rows.map((row, at) => `${row.label}: ${show(facts.values[at]!)}${part(facts.values[at]!)}`)
  const total =
    facts.total === null
      ? []
      : [say(`Total ${measure.toLowerCase()}: ${show(facts.total)}`, `Summe: ${show(facts.total)}`)]
  if (figures.rows.length === 1) return { figures, facts, summary: total.length > 0 ? total : byRow, byRow }
  const name = figures.rowName.toLowerCase()
  const distance = facts.best.value - facts.lowest.value
  const summary = [
    ...total,
    say(
      `Best ${name}: ${facts.best.label} with ${show(facts.best.value)}${part(facts.best.value)}`,
      `Spitze: ${facts.best.label} mit ${show(facts.best.value)}${part(facts.best.value)}`,
    ),
    say(
      `Lowest ${name}: ${facts.lowest.label} with ${show(facts.lowest.value)}${part(facts.lowest.value)}`,
      `Schluss: ${facts.lowest.label} mit ${show(facts.lowest.value)}${part(facts.lowest.value)}`,
    ),
    say(`Average: ${show(round(facts.average))}`, `Durchschnitt: ${show(round(facts.average))}`),
    say(
      `Distance between best and lowest: ${show(round(distance))}`,
      `Abstand zwischen Spitze und Schluss: ${show(round(distance))}`,
    ),
    ...changeOf(figures, facts, say, language),
  ]
  return { figures, facts, summary, byRow }
}

/** Compares the first row with the last, if the rows follow each other in time. */
function changeOf(figures: Figures, facts: Facts, say: Say, language: Language): string[] {
  const inTime = ['Month', 'Monat', 'Quarter', 'Quartal', 'Year', 'Jahr'].includes(figures.rowName)
  const [first, last] = [facts.values[0]!, facts.values.at(-1)!]
  if (!inTime || first === 0 || figures.unit === '%') return []
  const percent = `${last >= first ? '+' : ''}${formatNumber(Math.round(((last - first) / Math.abs(first)) * 1000) / 10, language)} %`
  const [from, to] = [figures.rows[0]!.label, figures.rows.at(-1)!.label]
  return [say(`Change from ${from} to ${to}: ${percent}`, `Veränderung von ${from} bis ${to}: ${percent}`)]
}

function measureOf(title: string, language: Language): string {
  const word =
    /(sales|revenue|turnover|costs?|expenses|budget|profit|orders?|customers|users|visitors|hours|share|umsätze|umsatz|kosten|ausgaben|gewinn|stunden|kunden|anteile?)\b/iu.exec(
      title,
    )?.[1]
  return word ? capitalised(word.toLowerCase()) : language === 'de' ? 'Wert' : 'Value'
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
