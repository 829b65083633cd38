/** The content that slides, sheet and PDF share: one title, one set of facts, one list of sections. */
import { change, type Facts, factsOf, share, sum, withUnit } from '../figures/facts.ts'
import { areTimes, type Figures, isRate } from '../figures/figures.ts'
import { capitalised, type Language, type Say, sayer, slug } from '../language/language.ts'
import { knownSections, outline, type Section } from './knowledge.ts'
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
  const { language } = wish
  const figures =
    wish.figures && isRate(wish.topic ?? '') ? { ...wish.figures, isAdditive: false, isRate: true } : wish.figures
  const say = sayer(language)
  const subject = wish.topic?.replace(/\.(?:txt|md|csv|tsv|json|html?)$/i, '') ?? figures?.columns.find(Boolean)
  const title = subject ?? (figures ? byRowName(figures, say) : say(overview))
  const known = knownSections(title, language)
  const own = wish.points.map((point) => ({ heading: point, bullets: [] }))
  const measure = measureOf(title, say)
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

const overview = { en: 'Overview', de: 'Überblick', fr: 'Aperçu', es: 'Resumen' }

function byRowName({ rowName }: Figures, say: Say): string {
  return say({
    en: `Figures by ${rowName.toLowerCase()}`,
    de: `Zahlen nach ${rowName}`,
    fr: `Chiffres par ${rowName.toLowerCase()}`,
    es: `Cifras por ${rowName.toLowerCase()}`,
  })
}

/** Names of the value columns, never empty. */
export function columnTitles({ data, measure }: Content): string[] {
  const { columns, unit } = data!.figures
  return columns.map((column) => (column ? withoutUnit(column, unit) : unit ? `${measure} (${unit})` : measure))
}

const withoutUnit = (column: string, unit: string) => (unit && !column.includes(unit) ? `${column} (${unit})` : column)

/** "Total" in the person's language, for tables. */
export const totalWord = { en: 'Total', de: 'Summe', fr: 'Total', es: 'Total' }

function dataOf(figures: Figures, measure: string, say: Say, language: Language): NonNullable<Content['data']> {
  const facts = factsOf(figures)
  const show = (value: number, row = 0) => withUnit(value, figures.units?.[row] ?? figures.unit, language)
  const part = (value: number) => {
    const text = share(value, facts.total, language)
    return text ? ` (${text})` : ''
  }
  const byRow = figures.rows.map((row, at) => `${row.label}: ${rowText(figures, at, show)}${part(facts.values[at]!)}`)
  const total = facts.total === null ? [] : [totalText(measure, show(facts.total), say)]
  if (figures.rows.length === 1) return { figures, facts, summary: total.length > 0 ? total : byRow, byRow }
  if (!facts.best || !facts.lowest) return { figures, facts, summary: byRow, byRow }
  const name = figures.rowName.toLowerCase()
  const best = `${facts.best.label}: ${show(facts.best.value)}${part(facts.best.value)}`
  const lowest = `${facts.lowest.label}: ${show(facts.lowest.value)}${part(facts.lowest.value)}`
  const distance = show(round(facts.best.value - facts.lowest.value))
  const average = show(round(facts.average))
  const summary = [
    ...total,
    say({ en: `Best ${name}: `, de: 'Spitze: ', fr: 'Le plus haut : ', es: 'El más alto: ' }) + best,
    say({ en: `Lowest ${name}: `, de: 'Schluss: ', fr: 'Le plus bas : ', es: 'El más bajo: ' }) + lowest,
    ...(figures.unit === '%'
      ? []
      : [say({ en: 'Average: ', de: 'Durchschnitt: ', fr: 'Moyenne : ', es: 'Media: ' }) + average]),
    say({
      en: 'Distance between best and lowest: ',
      de: 'Abstand zwischen Spitze und Schluss: ',
      fr: 'Écart entre le plus haut et le plus bas : ',
      es: 'Diferencia entre el más alto y el más bajo: ',
    }) + distance,
    ...changeText(figures, facts, say, language),
  ]
  return { figures, facts, summary, byRow }
}

/** As written, or all columns of a row, or their sum. */
function rowText(figures: Figures, at: number, show: (value: number, row: number) => string): string {
  const row = figures.rows[at]!
  if (row.written && row.values.length === 1) return shown(row, figures, at, show)
  if (figures.addsAcross) return show(sum(row.values), at)
  if (row.values.length === 1) return show(row.values[0] ?? 0, at)
  return row.values
    .map((value, column) => `${figures.columns[column]} ${value === null ? '–' : show(value, at)}`)
    .join(', ')
}

/** "1.2M" is shown as it was written; plain numbers get the separators of the language. */
function shown(
  row: Figures['rows'][number],
  figures: Figures,
  at: number,
  show: (value: number, row: number) => string,
) {
  const isShort = /\d\s?(?:m|mio\.?|mn|bn|mrd\.?|tsd\.?|k)(?![\p{L}])/iu.test(row.written!)
  return isShort && figures.unit.replace('k', '') === figures.unit ? row.written! : show(row.values[0] ?? 0, at)
}

function totalText(measure: string, total: string, say: Say): string {
  const isValue = measure === say(valueWord)
  return say({
    en: `Total ${isValue ? '' : measure.toLowerCase()}`.trim(),
    de: 'Summe',
    fr: 'Total',
    es: 'Total',
  }).concat(say({ en: ': ', de: ': ', fr: ' : ', es: ': ' }), total)
}

/** Compares the first row with the last, if the rows follow each other in time. */
function changeText(figures: Figures, facts: Facts, say: Say, language: Language): string[] {
  const labels = figures.rows.map((row) => row.label)
  const percent = change(facts.values[0]!, facts.values.at(-1)!, language)
  if (!areTimes(labels) || percent === null || figures.unit === '%') return []
  const [from, to] = [labels[0]!, labels.at(-1)!]
  return [
    say({
      en: `Change from ${from} to ${to}: ${percent}`,
      de: `Veränderung von ${from} bis ${to}: ${percent}`,
      fr: `Évolution de ${from} à ${to} : ${percent}`,
      es: `Variación de ${from} a ${to}: ${percent}`,
    }),
  ]
}

const valueWord = { en: 'Value', de: 'Wert', fr: 'Valeur', es: 'Valor' }

function measureOf(title: string, say: Say): string {
  const word =
    /(?<![\p{L}])(sales|revenue|turnover|costs?|expenses|budget|profit|orders?|customers|users|visitors|hours|share|umsätze|umsatz|kosten|ausgaben|gewinn|stunden|kunden|anteile?|ventes|chiffre d['’]affaires|dépenses|coûts?|bénéfices?|clients|heures|ventas|ingresos|gastos|costes?|beneficios?|clientes|horas)(?![\p{L}])/iu.exec(
      title,
    )
  return word ? capitalised(word[1]!.toLowerCase()) : say(valueWord)
}

const round = (value: number) => Math.round(value * 100) / 100
