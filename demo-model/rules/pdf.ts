/** Content as the input of `generate_pdf`: a report in Markdown, or a letter. */
import { type Content, columnTitles } from './content.ts'
import { withUnit } from './facts.ts'
import { capitalised } from './language.ts'
import type { Wish } from './wish.ts'

export function pdfInput(content: Content, wish: Wish): Record<string, unknown> {
  const body = wish.letterTo === null ? report(content, wish.pages) : letter(content, wish.letterTo)
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
  const parts = data
    ? [
        `## ${say('Summary', 'Zusammenfassung')}\n\n${bullets(data.summary)}`,
        `## ${say('Figures', 'Zahlen')}\n\n${table(content)}`,
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
  const show = (value: number | null) => (value === null ? '' : withUnit(value, figures.unit, content.language))
  const row = (cells: string[]) => `| ${cells.map(escaped).join(' | ')} |`
  const lines = [
    row([figures.rowName, ...columnTitles(content)]),
    `|---|${figures.columns.map(() => '---:|').join('')}`,
    ...figures.rows.map(({ label, values }) => row([label, ...values.map(show)])),
  ]
  if (facts.total !== null && figures.columns.length === 1 && figures.rows.length > 1) {
    lines.push(row([content.say('Total', 'Summe'), show(facts.total)]))
  }
  return lines.join('\n')
}

/** What the person wrote, in the form of a letter; only greetings are added. */
function letter(content: Content, to: string): string {
  const { say, title, data } = content
  const name = capitalised(to)
  const figures = data ? `\n\n${table(content)}` : ''
  return say(
    `Dear ${name || 'Sir or Madam'},\n\nI am writing about the following matter: ${escaped(title)}.${figures}\n\nPlease let me know how we can go on. I am glad to answer any questions.\n\nKind regards`,
    `Guten Tag${name ? ` ${name}` : ''},\n\nich schreibe in folgender Sache: ${escaped(title)}.${figures}\n\nBitte geben Sie mir Bescheid, wie wir weiter vorgehen. Für Fragen stehe ich gern zur Verfügung.\n\nMit freundlichen Grüßen`,
  )
}

/** Treats what people wrote as plain text, not as Markdown. */
function escaped(text: string): string {
  return text.replace(/\n+/g, ' ').replace(/[\\`*_[\]|<>#]/g, '\\$&')
}
