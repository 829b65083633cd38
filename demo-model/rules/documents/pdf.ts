/** Content as the input of `generate_pdf`: a report in Markdown, or a letter. */
import { withUnit } from '../figures/facts.ts'
import { capitalised } from '../language/language.ts'
import { type Content, columnTitles, totalWord } from './content.ts'
import type { Wish } from './wish.ts'

export function pdfInput(content: Content, wish: Wish): Record<string, unknown> {
  const body = wish.letterTo === null ? report(content, wish.pages) : letter(content, wish)
  return { title: content.title, content: body, filename: content.filename }
}

/** The same without tables. */
export function plainPdfInput(content: Content): Record<string, unknown> {
  const lines = content.data
    ? [...content.data.byRow, ...content.data.summary]
    : content.sections.map((section) => section.heading)
  return { title: content.title, content: lines.map((line) => `- ${escaped(line)}`).join('\n') }
}

function report(content: Content, pages: number | null): string {
  const { data, sections, say, origin } = content
  const summary = say({ en: 'Summary', de: 'Zusammenfassung', fr: 'Résumé', es: 'Resumen' })
  const figures = say({ en: 'Figures', de: 'Zahlen', fr: 'Chiffres', es: 'Cifras' })
  const parts = data
    ? [
        ...(data.summary === data.byRow ? [] : [`## ${summary}\n\n${bullets(data.summary)}`]),
        `## ${figures}\n\n${table(content)}`,
        ...(origin === 'person' ? sections.map(section) : []),
      ]
    : sections.map(section)
  return parts.map((part, at) => (at > 0 && pages !== null && at < pages ? `\\newpage\n\n${part}` : part)).join('\n\n')
}

function section({ heading, bullets: points }: Content['sections'][number]): string {
  return points.length > 0 ? `## ${escaped(heading)}\n\n${bullets(points)}` : `- ${escaped(heading)}`
}

function bullets(points: string[]): string {
  return points.map((point) => `- ${escaped(point)}`).join('\n')
}

function table(content: Content): string {
  const { figures, facts } = content.data!
  const show = (value: number | null, at: number) =>
    value === null ? '' : withUnit(value, figures.units?.[at] ?? figures.unit, content.language)
  const lines = [
    tableRow([figures.rowName, ...columnTitles(content)]),
    `|---|${figures.columns.map(() => '---:|').join('')}`,
    ...figures.rows.map(({ label, values }, at) => tableRow([label, ...values.map((value) => show(value, at))])),
  ]
  if (facts.total !== null && figures.columns.length === 1 && figures.rows.length > 1) {
    lines.push(tableRow([content.say(totalWord), show(facts.total, 0)]))
  }
  return lines.join('\n')
}

export const tableRow = (cells: string[]) => `| ${cells.map(escaped).join(' | ')} |`

/** What the person wrote, in the form of a letter; only greetings are added. */
function letter(content: Content, { letterTo, points }: Wish): string {
  const { say, title, data } = content
  const name = capitalised(letterTo ?? '')
  const figures = data ? `\n\n${table(content)}` : ''
  const own = points.length > 0 ? `\n\n${points.map(escaped).join('\n\n')}` : ''
  const matter = `${escaped(title)}.${own}${figures}`
  return say({
    en: `Dear ${name || 'Sir or Madam'},\n\nI am writing about the following matter: ${matter}\n\nPlease let me know how we can go on. I am glad to answer any questions.\n\nKind regards`,
    de: `Guten Tag${name ? ` ${name}` : ''},\n\nich schreibe in folgender Sache: ${matter}\n\nBitte geben Sie mir Bescheid, wie wir weiter vorgehen. Für Fragen stehe ich gern zur Verfügung.\n\nMit freundlichen Grüßen`,
    fr: `Bonjour${name ? ` ${name}` : ''},\n\nje vous écris à propos de ce qui suit : ${matter}\n\nMerci de me dire comment nous pouvons avancer. Je réponds volontiers à vos questions.\n\nCordialement`,
    es: `Hola${name ? ` ${name}` : ''}:\n\nle escribo por el siguiente asunto: ${matter}\n\nLe ruego que me diga cómo podemos seguir. Con gusto respondo a sus preguntas.\n\nUn saludo`,
  })
}

/** Treats what people wrote as plain text, not as Markdown. */
export function escaped(text: string): string {
  return text.replace(/\n+/g, ' ').replace(/[\\`*_[\]|<>#]/g, '\\$&')
}
