/** What a table says by arithmetic: growth between two columns, shares, best and worst of a column. */
import { totalWord } from '../../documents/content.ts'
import { change, share, sum, withUnit } from '../../figures/facts.ts'
import { areTimes, type Figures } from '../../figures/figures.ts'
import { capitalised, type Language, type Say } from '../../language/language.ts'

export interface Comparison {
  headers: string[]
  rows: string[][]
  points: string[]
}

/** The column that decides, or the growth over all columns. */
export type Measure = { kind: 'column'; at: number } | { kind: 'growth' }

export function comparisonOf(figures: Figures, measure: Measure, language: Language, say: Say): Comparison {
  const { columns, rows, unit, isAdditive } = figures
  const show = (value: number | null) => (value === null ? '–' : withUnit(value, unit, language))
  const last = columns.length - 1
  const at = measure.kind === 'column' ? measure.at : last
  const hasGrowth = columns.length > 1 && (areTimes(columns) || measure.kind === 'growth')
  const total = isAdditive && !rate.test(columns[at]!) ? sum(rows.map(({ values }) => values[at]!)) : null
  const name = columns[at] || say(value)
  const growthName = say(growth)
  const shareName = `${say(shareWord)} ${name}`.trim()
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
        say,
      ),
      ...(hasGrowth ? growthPoints(figures, growthName, language, say) : []),
      ...(total === null ? [] : [`${say(totalWord)} ${name}: ${show(total)}`]),
    ],
  }
}

/** Columns whose sum means nothing. */
const rate =
  /(?<![\p{L}])(?:rating|score|price|rate|percent|average|avg|mean|margin|age|temperature|year|rank|grade|ratio|share|preis|quote|prozent|durchschnitt|marge|alter|note|bewertung|prix|taux|moyenne|âge|precio|tasa|media|margen|edad|nota)(?![\p{L}])|%/iu

interface Candidate {
  label: string
  value: number | null
}

function extremes(name: string, candidates: Candidate[], show: (value: number) => string, say: Say): string[] {
  const known = candidates.filter((item): item is { label: string; value: number } => item.value !== null)
  if (known.length < 2) return []
  const sorted = known.toSorted((a, b) => b.value - a.value)
  const line = (word: string, value: number) => {
    const labels = known.filter((item) => item.value === value).map(({ label }) => label)
    return `${word} (${name}): ${labels.join(', ')} (${show(value)})`
  }
  return [line(say(best), sorted[0]!.value), line(say(worst), sorted.at(-1)!.value)]
}

function growthPoints({ rows, columns }: Figures, name: string, language: Language, say: Say): string[] {
  const last = columns.length - 1
  const rateOf = (from: number | null, to: number | null) =>
    from === null || to === null || from === 0 ? null : ((to - from) / Math.abs(from)) * 100
  const candidates = rows.map(({ label, values }) => ({ label, value: rateOf(values[0]!, values[last]!) }))
  const show = (value: number) => change(100, 100 + value, language)!
  const all = change(sum(rows.map(({ values }) => values[0]!)), sum(rows.map(({ values }) => values[last]!)), language)
  const whole = `${name} ${columns[0]} → ${columns[last]}: ${all ?? '–'}`
  return [...extremes(name, candidates, show, say), capitalised(whole)]
}

const value = { en: 'Value', de: 'Wert', fr: 'Valeur', es: 'Valor' }
const growth = { en: 'Growth', de: 'Wachstum', fr: 'Croissance', es: 'Crecimiento' }
const shareWord = { en: 'Share', de: 'Anteil', fr: 'Part', es: 'Cuota' }
const best = { en: 'Best', de: 'Spitze', fr: 'Meilleur', es: 'Mejor' }
const worst = { en: 'Worst', de: 'Schluss', fr: 'Dernier', es: 'Peor' }
