/** What a table says by arithmetic: growth between two columns, shares, best and worst of a column. */
import { totalWord } from '../../documents/content.ts'
import { change, share, sum, withUnit } from '../../figures/facts.ts'
import { areTimes, type Figures, isRate } from '../../figures/figures.ts'
import { capitalised, type Language, type Say } from '../../language/language.ts'

export interface Comparison {
  headers: string[]
  rows: string[][]
  points: string[]
}

/** The column that decides, or the growth over all columns. */
export type Measure = { kind: 'column'; at: number } | { kind: 'growth' }

interface Manner {
  language: Language
  say: Say
  /** High is not good. */
  isPrice: boolean
}

export function comparisonOf(figures: Figures, measure: Measure, { language, say, isPrice }: Manner): Comparison {
  const { columns, rows, unit, isAdditive } = figures
  const show = (value: number | null) => (value === null ? '–' : withUnit(value, unit, language))
  const last = columns.length - 1
  const at = measure.kind === 'column' ? measure.at : last
  const hasGrowth = columns.length > 1 && (areTimes(columns) || measure.kind === 'growth')
  const total = isAdditive && !isRate(columns[at]!) ? sum(rows.map(({ values }) => values[at]!)) : null
  const name = columns[at] || say(value)
  const growthName = say(growth)
  const shareName = [say(shareWord), columns[at]].filter(Boolean).join(' ')
  const words = isPrice ? { high: say(highest), low: say(lowest) } : { high: say(best), low: say(worst) }
  const growths = rows.map(({ values }) => (hasGrowth ? change(values[0]!, values[last]!, language) : null))
  const shares = rows.map(({ values }) => (values[at] === null ? null : share(values[at]!, total, language)))
  const hasShares = shares.some((part) => part !== null)
  return {
    headers: [
      figures.rowName,
      ...columns.map((column) => column || say(value)),
      ...(hasGrowth ? [growthName] : []),
      ...(hasShares ? [shareName] : []),
    ],
    rows: rows.map(({ label, values }, row) => [
      label,
      ...values.map(show),
      ...(hasGrowth ? [growths[row] ?? '–'] : []),
      ...(hasShares ? [shares[row] ?? '–'] : []),
    ]),
    points: [
      ...extremes(
        name,
        rows.map(({ label, values }) => ({ label, value: values[at]! })),
        (found) => show(found),
        words,
      ),
      ...(hasGrowth ? growthPoints(figures, growthName, language, { high: say(best), low: say(worst) }) : []),
      ...growthOfRows(figures, growthName, language),
      ...(total === null ? [] : [`${[say(totalWord), columns[at]].filter(Boolean).join(' ')}: ${show(total)}`]),
    ],
  }
}

interface Words {
  high: string
  low: string
}

interface Candidate {
  label: string
  value: number | null
}

function extremes(name: string, candidates: Candidate[], show: (value: number) => string, words: Words): string[] {
  const known = candidates.filter((item): item is { label: string; value: number } => item.value !== null)
  if (known.length < 2) return []
  const sorted = known.toSorted((a, b) => b.value - a.value)
  const line = (word: string, value: number) => {
    const labels = known.filter((item) => item.value === value).map(({ label }) => label)
    return `${word} (${name}): ${labels.join(', ')} (${show(value)})`
  }
  return [line(words.high, sorted[0]!.value), line(words.low, sorted.at(-1)!.value)]
}

/** The rows follow each other in time: from the first to the last. */
function growthOfRows({ rows, columns }: Figures, name: string, language: Language): string[] {
  const labels = rows.map(({ label }) => label)
  const percent = change(rows[0]!.values[0]!, rows.at(-1)!.values[0]!, language)
  return columns.length === 1 && areTimes(labels) && percent !== null
    ? [`${name} ${labels[0]} → ${labels.at(-1)}: ${percent}`]
    : []
}

function growthPoints({ rows, columns }: Figures, name: string, language: Language, words: Words): string[] {
  const last = columns.length - 1
  const rateOf = (from: number | null, to: number | null) =>
    from === null || to === null || from === 0 ? null : ((to - from) / Math.abs(from)) * 100
  const candidates = rows.map(({ label, values }) => ({ label, value: rateOf(values[0]!, values[last]!) }))
  const show = (value: number) => change(100, 100 + value, language)!
  const all = change(sum(rows.map(({ values }) => values[0]!)), sum(rows.map(({ values }) => values[last]!)), language)
  const whole = `${name} ${columns[0]} → ${columns[last]}: ${all ?? '–'}`
  return [...extremes(name, candidates, show, words), capitalised(whole)]
}

const value = { en: 'Value', de: 'Wert', fr: 'Valeur', es: 'Valor' }
const growth = { en: 'Growth', de: 'Wachstum', fr: 'Croissance', es: 'Crecimiento' }
const shareWord = { en: 'Share', de: 'Anteil', fr: 'Part', es: 'Cuota' }
const best = { en: 'Best', de: 'Spitze', fr: 'Meilleur', es: 'Mejor' }
const worst = { en: 'Worst', de: 'Schluss', fr: 'Dernier', es: 'Peor' }
const highest = { en: 'Highest', de: 'Höchster Wert', fr: 'Le plus haut', es: 'El más alto' }
const lowest = { en: 'Lowest', de: 'Niedrigster Wert', fr: 'Le plus bas', es: 'El más bajo' }
