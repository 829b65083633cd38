/** Content as the input of `generate_powerpoint`, with exactly the number of slides that was asked for (two or more). */
import { type Content, columnTitles } from './content.ts'
import { share, withUnit } from './facts.ts'
import type { Section } from './knowledge.ts'

interface Slide {
  title: string
  [part: string]: unknown
}

/** `pages` counts the title slide, which the tool makes itself. */
export function deckInput(content: Content, pages: number | null): Record<string, unknown> {
  const { data, title, filename, say } = content
  const wanted = Math.max(1, (pages ?? (data ? 3 : Math.min(content.sections.length + 2, 12))) - 1)
  const slides = data ? figureSlides(content, wanted) : topicSlides(content, wanted)
  const subtitle = data ? say(`By ${data.figures.rowName.toLowerCase()}`, `Nach ${data.figures.rowName}`) : undefined
  return { title, ...(subtitle && { subtitle }), slides, filename }
}

/** The same content without the parts that a tool might refuse. */
export function plainDeckInput(content: Content, pages: number | null): Record<string, unknown> {
  const { title, slides } = deckInput(content, pages) as { title: string; slides: Slide[] }
  return {
    title,
    slides: slides.map((slide) => ({
      title: slide.title,
      bullets: (slide.bullets as string[]) ?? content.data?.byRow.slice(0, 8) ?? [],
    })),
  }
}

function figureSlides(content: Content, wanted: number): Slide[] {
  const { data, say, language } = content
  const { figures, facts, summary, byRow } = data!
  const showsSeries = figures.rows.length > 1
  const lead = showsSeries ? say(`${facts.best.label} leads`, `${facts.best.label} liegt vorn`) : byRow[0]!
  const chart = { title: lead, bullets: byRow.slice(0, 8), ...(showsSeries && { chart: chartOf(content) }) }
  const closing = { title: say('Summary', 'Zusammenfassung'), bullets: summary.slice(0, 8) }
  if (wanted === 1) return [{ ...chart, bullets: summary.slice(0, 5) }]
  const extra: Slide[] = [
    { title: say('All figures', 'Alle Zahlen'), table: tableOf(content) },
    ...figures.rows.map((row, at) => {
      const part = share(facts.values[at]!, facts.total, language)
      const metrics = [
        { value: withUnit(facts.values[at]!, figures.unit, language).slice(0, 20), label: content.measure },
        ...(part ? [{ value: part, label: say('of the total', 'der Summe') }] : []),
      ]
      return { title: row.label, metrics, bullets: [byRow[at]!] }
    }),
  ]
  return [chart, ...padded(extra, wanted - 2, content), closing]
}

function topicSlides(content: Content, wanted: number): Slide[] {
  const { sections, say, origin, title } = content
  if (wanted === 1) return [{ title, bullets: sections.map((section) => section.heading).slice(0, 8) }]
  const shown = origin === 'questions' ? sections.slice(0, wanted - 1) : sections
  const bodies = spread(shown, wanted - 1).map((group) => {
    const heading = group.map((section) => section.heading).join(' · ')
    const bullets = group
      .flatMap((section) => (section.bullets.length > 0 ? section.bullets : [section.heading]))
      .slice(0, 8)
    return { title: heading.slice(0, 150), bullets }
  })
  const closing = origin === 'questions' ? say('Next steps', 'Nächste Schritte') : say('Summary', 'Zusammenfassung')
  const last =
    origin === 'questions'
      ? [
          say('Answer the questions on these slides', 'Die Fragen auf diesen Folien beantworten'),
          say('Agree who does what by when', 'Vereinbaren, wer was bis wann tut'),
        ]
      : sections.map((section) => section.heading).slice(0, 8)
  return [...padded(bodies, wanted - 1, content), { title: closing, bullets: last }]
}

/** Exactly `count` slides: the first ones, or filled up with pages for the talk. */
function padded(slides: Slide[], count: number, { say }: Content): Slide[] {
  const fill = Array.from({ length: Math.max(0, count - slides.length) }, (_, at) => ({
    title: at === 0 ? say('Questions', 'Fragen') : say(`Notes ${at}`, `Notizen ${at}`),
    bullets: [say('Space for the discussion', 'Platz für das Gespräch')],
  }))
  return [...slides.slice(0, Math.max(0, count)), ...fill]
}

/** Distributes the sections over at most `count` slides, in order, as evenly as possible. */
function spread(sections: Section[], count: number): Section[][] {
  const slides = Math.min(count, sections.length)
  return Array.from({ length: slides }, (_, at) =>
    sections.slice(Math.floor((at * sections.length) / slides), Math.floor(((at + 1) * sections.length) / slides)),
  )
}

function chartOf(content: Content) {
  const { figures } = content.data!
  const rows = figures.rows.slice(0, 60)
  const inTime = ['Month', 'Monat', 'Quarter', 'Quartal', 'Year', 'Jahr'].includes(figures.rowName)
  const names = columnTitles(content)
  return {
    type: inTime && rows.length > 3 ? 'line' : 'column',
    labels: rows.map((row) => row.label),
    series: names.slice(0, 8).map((name, at) => ({ name, values: rows.map((row) => row.values[at] ?? 0) })),
  }
}

/** Short enough to stay on one slide. */
function tableOf(content: Content) {
  const { figures, facts } = content.data!
  const rows: (string | number | null)[][] = figures.rows
    .slice(0, 9)
    .map((row) => [row.label, ...row.values.slice(0, 8)])
  if (facts.total !== null && figures.columns.length === 1 && figures.rows.length > 1) {
    rows.push([content.say('Total', 'Summe'), facts.total])
  }
  return { headers: [figures.rowName, ...columnTitles(content).slice(0, 8)], rows }
}
