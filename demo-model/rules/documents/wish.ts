/** Everything that the words say about the documents to make. */
import { type Figures, figuresIn } from '../figures/figures.ts'
import type { Language } from '../language/language.ts'
import { countOf, type OutputKind, outputsOf } from './outputs.ts'
import { pointsOf, topicOf, topicOfAnswer } from './topic.ts'

export interface Wish {
  language: Language
  outputs: OutputKind[]
  /** The number of slides and of PDF pages that are asked for; null if the text does not say. */
  slides: number | null
  pages: number | null
  topic: string | null
  figures: Figures | null
  /** True if there are numbers, but it is not sure what they count. */
  isUnsure: boolean
  points: string[]
  /** Column headings of a sheet to be filled in. */
  columns: string[]
  /** Who a letter is for; null when it is not a letter. */
  letterTo: string | null
  filename: string | null
  /** The kind of chart that is named; null if none is. */
  chart: 'pie' | 'bar' | 'line' | 'area' | 'doughnut' | 'column' | null
}

/** `material` is text from files that the person named; `answers` are what the person said when asked. */
export function wishOf(task: string, answers: string[], material: string[], language: Language): Wish {
  const said = [task, ...answers].join('\n')
  const wantsPdf = outputsOf(said).includes('pdf')
  const found = [...answers.toReversed(), task, ...material].map((text) => figuresIn(text, language))
  const figures = found.find((result) => result.kind === 'sure')?.figures ?? null
  const topics = [topicOf(task), ...answers.map(topicOfAnswer)]
  const isLabel = (topic: string) => figures?.rows.some((row) => row.label.toLowerCase() === topic.toLowerCase())
  return {
    language,
    outputs: outputsOf(task).length > 0 ? outputsOf(task) : outputsOf(said),
    slides: countOf(said, 'slides') ?? (wantsPdf ? null : countOf(said, 'pages')),
    pages: countOf(said, 'pages'),
    topic:
      topics.map((topic) => topic && withoutFigures(topic, figures)).find((topic) => topic && !isLabel(topic)) || null,
    figures,
    isUnsure: !figures && found.some((result) => result.kind === 'unsure'),
    points: figures ? [] : ([said, ...material].map(pointsOf).find((points) => points.length > 0) ?? linesOf(material)),
    columns: /(?<![\p{L}])(?:columns?|spalten|colonnes?|columnas?)(?![\p{L}])/iu.test(said) ? pointsOf(said) : [],
    letterTo: letterTo(task),
    filename: /(?<![\w/])([\w-]{1,80})\.(?:pptx|xlsx|pdf)(?!\w)/i.exec(said)?.[1] ?? null,
    chart: chartOf(task),
  }
}

/** "Team A 120k, team B 80k" is no topic, and "sales north 120" is about sales. */
function withoutFigures(topic: string, figures: Figures | null): string {
  const labels = figures?.rows.map((row) => row.label.toLowerCase()) ?? []
  const at = labels.map((label) =>
    topic.toLowerCase().search(new RegExp(`${escapeRegExp(label)}\\s*[:=(]?\\s*[€$£]?\\d`, 'u')),
  )
  const first = Math.min(...at.filter((index) => index >= 0))
  return Number.isFinite(first) ? topic.slice(0, first).trim() : topic
}

const escapeRegExp = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

const charts: [RegExp, Wish['chart']][] = [
  [/(?<![\p{L}])(?:pie|kreis|torten|kuchen|camembert|secteurs|circular|tarta|pastel|sectores)/iu, 'pie'],
  [/dou?g?h?nut|ringdiagramm/i, 'doughnut'],
  [/(?<![\p{L}])(?:line|lines|linien|courbes?|lignes?|líneas?)/iu, 'line'],
  [/(?<![\p{L}])(?:area|flächen)/iu, 'area'],
  [/(?<![\p{L}])(?:horizontal|balken)/iu, 'bar'],
  [/(?<![\p{L}])(?:bar|column|säulen|barres|barras|columnas)/iu, 'column'],
]
const chartOf = (task: string) =>
  outputsOf(task).includes('chart') ? (charts.find(([pattern]) => pattern.test(task))?.[1] ?? null) : null

/** The lines of a text file that the person named; they are the points if the file has no list. */
function linesOf(material: string[]): string[] {
  const lines = material.flatMap((text) => text.split(/\n+/)).map((line) => line.replace(/^#+\s*/, '').trim())
  return lines
    .filter((line) => line.length > 1)
    .map((line) => line.slice(0, 300))
    .slice(0, 60)
}

function letterTo(task: string): string | null {
  const match =
    /(?<![\p{L}])(?:letter|brief|schreiben|lettre|carta)\s+(?:to|an|à|au|a|al)\s+(?:(?:our|my|the|unsere[nrm]?|meine[nrm]?|den|die|das|notre|mon|ma|nuestr[oa]|mi)\s+)?([^,.:\n]+?)(?=\s+(?:about|on|regarding|saying|that|to|asking|thanking|über|wegen|zu[mr]?|dass|au sujet|sur|concernant|sobre|acerca)(?![\p{L}])|[,.:\n]|$)/iu.exec(
      task,
    )
  return match?.[1]?.trim() ?? (/(?<![\p{L}])(?:letter|brief|lettre|carta)(?![\p{L}])/iu.test(task) ? '' : null)
}
