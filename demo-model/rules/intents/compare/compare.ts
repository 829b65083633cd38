/** A comparison of pasted or attached figures, as an answer or as a document. */
import { contentOf } from '../../documents/content.ts'
import { chartInput } from '../../documents/deck.ts'
import { deckQuery } from '../../documents/documents.ts'
import { type OutputKind, outputsOf } from '../../documents/outputs.ts'
import { escaped, tableRow } from '../../documents/pdf.ts'
import { wishOf } from '../../documents/wish.ts'
import { type Figures, figuresIn } from '../../figures/figures.ts'
import type { Goal, Step } from '../../goal.ts'
import { materialIn, type Request } from '../../request.ts'
import { type Comparison, comparisonOf, type Measure } from './comparison.ts'

const wanted =
  /(?<![\p{L}])(?:compar\p{L}*|analy[sz]e|analysis of|vergleich\p{L}*|analysier\p{L}*|gegenüberstell\p{L}*|analys\p{L}*|analiz\p{L}*|growth|grew|grown|cheapest|most expensive|share of|which (?:\p{L}+ ){0,2}(?:is|was|has|had|grew|sold|did|are)|(?:best|worst|highest|lowest|top|biggest|smallest)|welche[rs]? (?:\p{L}+ ){0,2}(?:ist|war|hat|wuchs)|beste[rns]?|schlechteste[rns]?|höchste[rns]?|niedrigste[rns]?|wachstum|anteile?|quelle? (?:\p{L}+ )?(?:est|a|était)|meilleure?s?|pire|croissance|part de|qué (?:\p{L}+ )?(?:es|tiene|creció)|cuál (?:\p{L}+ )?es|mejor|peor|crecimiento|cuota)(?![\p{L}])/iu
const onGrowth =
  /(?<![\p{L}])(?:growth|grew|grown|growing|increase[ds]?|wachstum|wuchs|gewachsen|zuwachs|veränderung|croissance|évolution|progression|crecimiento|creció|crecido|aumento)(?![\p{L}])/iu

export function compareIntent(request: Request): Goal | null {
  const { task, instruction, talk, language, say, material } = request
  if (!wanted.test(instruction)) return null
  const texts = [...talk.answers.toReversed(), materialIn(task), task, ...material]
  const found = texts.map((text) => figuresIn(text, language))
  const figures = found.find((result) => result.kind === 'sure')?.figures
  const outputs = outputsOf(instruction)
  if (!figures)
    return withoutFigures(
      request,
      found.some(({ kind }) => kind === 'unsure'),
      outputs.length > 0,
    )
  if (figures.units || figures.rows.length < 2)
    return outputs.length > 0 ? null : { kind: 'limit', message: say(notComparable) }
  // a list in a sheet needs no comparison to be one
  if (figures.columns.length === 1 && outputs.length > 0 && outputs.every((output) => output === 'sheet')) return null
  const measure = measureIn(talk.answers.at(-1) ?? instruction, figures)
  if (!measure)
    return talk.answers.length > 0 ? { kind: 'limit', message: say(noColumn) } : askForColumn(figures, request)
  const comparison = comparisonOf(figures, measure, { language, say, isPrice: isPrice(instruction) })
  if (outputs.length === 0) return { kind: 'say', text: asText(comparison) }
  const steps = outputs.map((output) => stepOf(output, comparison, figures, request))
  return { kind: 'do', steps, remark: comparison.points.slice(0, 4).join(' · ') }
}

/** Nothing to compare: it asks for a table, unless other rules may make a document of the words. */
function withoutFigures(
  { talk, say, unread, cannotRead, instruction }: Request,
  isUnsure: boolean,
  isDocument: boolean,
): Goal | null {
  if (unread.length > 0) return { kind: 'limit', message: cannotRead(unread) }
  if (isDocument) return null
  if (isUnsure && talk.answers.length === 0) return { kind: 'ask', question: say(whichTable) }
  const isOrder =
    /(?<![\p{L}])(?:these|this|the (?:numbers|figures|table|data)|diese|die (?:zahlen|tabelle|daten)|ces|cette|les (?:chiffres|données)|estos|estas|las cifras|los datos)(?![\p{L}])/iu.test(
      instruction,
    )
  if (isOrder && talk.answers.length === 0) return { kind: 'ask', question: say(whichTable) }
  return { kind: 'limit', message: say(onlyFigures) }
}

const whichTable = {
  en: 'Which figures shall I compare? Paste them as a table with a header, for example “region,2024,2025”.',
  de: 'Welche Zahlen soll ich vergleichen? Füge sie als Tabelle mit Kopfzeile ein, zum Beispiel „Region;2024;2025“.',
  fr: 'Quels chiffres dois-je comparer ? Collez-les sous forme de tableau avec un en-tête, par exemple « région;2024;2025 ».',
  es: '¿Qué cifras debo comparar? Pégalas como tabla con encabezado, por ejemplo «región;2024;2025».',
}
const onlyFigures = {
  en: 'I can only compare figures that you paste or attach; of the things themselves I know nothing.',
  de: 'Ich kann nur Zahlen vergleichen, die du einfügst oder anhängst; von den Dingen selbst weiß ich nichts.',
  fr: 'Je ne peux comparer que des chiffres que vous collez ou joignez ; des choses elles-mêmes je ne sais rien.',
  es: 'Solo puedo comparar cifras que pegues o adjuntes; de las cosas en sí no sé nada.',
}
const notComparable = {
  en: 'These figures have different units or stand alone, so they cannot be compared.',
  de: 'Diese Zahlen haben verschiedene Einheiten oder stehen allein; sie lassen sich nicht vergleichen.',
  fr: 'Ces chiffres ont des unités différentes ou sont seuls : on ne peut pas les comparer.',
  es: 'Estas cifras tienen unidades distintas o están solas: no se pueden comparar.',
}
const noColumn = {
  en: 'I do not find the column that decides.',
  de: 'Ich finde die Spalte nicht, die entscheidet.',
  fr: 'Je ne trouve pas la colonne qui décide.',
  es: 'No encuentro la columna que decide.',
}

/** Where high is not good: then it says highest and lowest. */
const price =
  /(?<![\p{L}])(?:cheap\p{L}*|expensive|prices?|costs?|günstig\p{L}*|billig\p{L}*|teu\p{L}+|preise?|kosten|prix|coûts?|cher|chère|barat\p{L}*|car[oa]s?|precios?|costes?|temperature|age)(?![\p{L}])/iu

const isPrice = (instruction: string) => {
  const plain = withoutCells(instruction)
  return price.test(plain) && !/(?<![\p{L}])(?:best|worst|beste|schlechteste|meilleur|pire|mejor|peor)/iu.test(plain)
}

/** The words without the header of a table. */
const withoutCells = (words: string) => words.replace(/\S+[,;|]\S+/g, ' ')

/** The column that the words name; growth; the last one in time. Null if it is open. */
function measureIn(words: string, figures: Figures): Measure | null {
  const { columns } = figures
  if (columns.length === 1) return { kind: 'column', at: 0 }
  const plain = withoutCells(words)
  const named = columns.findLastIndex((column) => column !== '' && hasWord(plain, column))
  const by =
    /(?<![\p{L}])(?:by|in terms of|nach|beim?|par|en termes de|por|según)\s+(?:the |der |dem |la |le |el )?(\p{L}[\p{L}\d_-]*)/iu.exec(
      plain,
    )?.[1]
  if (columns.length > 1 && onGrowth.test(plain)) return { kind: 'growth' }
  // "best by margin", and there is no margin
  if (by && !isTheRow(by, figures) && !columns.some((column) => hasWord(column, by))) return null
  if (named >= 0) return { kind: 'column', at: named }
  if (figuresFollow(figures)) return { kind: 'column', at: columns.length - 1 }
  return null
}

const hasWord = (words: string, column: string) =>
  new RegExp(`(?<![\\p{L}\\d])${column.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\d])`, 'iu').test(words)

const isTheRow = (word: string, { rowName }: Figures) =>
  rowName.toLowerCase().startsWith(word.toLowerCase().slice(0, 4))
const figuresFollow = ({ columns }: Figures) =>
  columns.every((column) => /^(?:fy)?(?:19|20)\d\d$|^[qth][1-4]/i.test(column)) ||
  columns.every((column) => /^(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])/i.test(column))

function askForColumn({ columns }: Figures, { say }: Request): Goal {
  const names = columns.slice(0, 8)
  const question = say({
    en: `Which column decides: ${names.join(', ')}?`,
    de: `Welche Spalte entscheidet: ${names.join(', ')}?`,
    fr: `Quelle colonne décide : ${names.join(', ')} ?`,
    es: `¿Qué columna decide: ${names.join(', ')}?`,
  })
  return { kind: 'ask', question, options: names }
}

const asText = ({ headers, rows, points }: Comparison) =>
  [...points.map((point) => `- ${point}`), '', ...asTable(headers, rows)].join('\n')

const asTable = (headers: string[], rows: string[][]) => [
  tableRow(headers),
  `|---|${headers
    .slice(1)
    .map(() => '---:|')
    .join('')}`,
  ...rows.map(tableRow),
]

function stepOf(output: OutputKind, comparison: Comparison, figures: Figures, { task, say, language }: Request): Step {
  const row = figures.rowName
  const topic = say({
    en: `Comparison by ${row.toLowerCase()}`,
    de: `Vergleich nach ${row}`,
    fr: `Comparaison par ${row.toLowerCase()}`,
    es: `Comparación por ${row.toLowerCase()}`,
  })
  const content = contentOf({ ...wishOf(task, [], [], language), topic, figures, points: [] })
  const name = {
    en: 'Compare the figures',
    de: 'Zahlen vergleichen',
    fr: 'Comparer les chiffres',
    es: 'Comparar las cifras',
  }
  const { title, filename } = content
  const { headers, rows, points } = comparison
  switch (output) {
    case 'pdf': {
      const text = [...points.map((point) => `- ${escaped(point)}`), '', ...asTable(headers, rows)].join('\n')
      return {
        tool: 'generate_pdf',
        query: 'generate pdf document report',
        title: say(name),
        arguments: { title, content: text, filename },
      }
    }
    case 'sheet': {
      const numbers = figures.rows.map(({ label, values }, at) => [
        label,
        ...values,
        ...rows[at]!.slice(values.length + 1),
      ])
      const sheet = {
        name: title.replace(/[\\/*?:[\]']/g, ' ').slice(0, 31),
        columns: headers.map((header) => ({ header })),
        rows: numbers,
      }
      return {
        tool: 'generate_spreadsheet',
        query: 'generate spreadsheet excel table',
        title: say(name),
        arguments: { title, sheets: [sheet], filename },
      }
    }
    default: {
      const chart = chartInput(content, null) as { slides: object[] }
      const table = { title, table: { headers, rows: rows.slice(0, 12) } }
      const summary = {
        title: say({ en: 'Summary', de: 'Zusammenfassung', fr: 'Résumé', es: 'Resumen' }),
        bullets: points.slice(0, 8),
      }
      return {
        tool: 'generate_powerpoint',
        query: deckQuery,
        title: say(name),
        arguments: { ...chart, slides: [...chart.slides, table, summary] },
      }
    }
  }
}
