/** Content as the input of `generate_powerpoint`, with exactly the number of slides that was asked for (two or more). */
import { share, withUnit } from '../figures/facts.ts'
import { areTimes } from '../figures/figures.ts'
import { type Content, columnTitles, totalWord } from './content.ts'
import type { Section } from './knowledge.ts'
import type { Wish } from './wish.ts'

interface Slide {
  title: string
  [part: string]: unknown
}

/** `pages` counts the title slide, which the tool makes itself. */
export function deckInput(content: Content, pages: number | null, chart: Wish['chart']): Record<string, unknown> {
  const { data, title, filename } = content
  const wanted = Math.max(1, (pages ?? (data ? 3 : Math.min(content.sections.length + 2, 12))) - 1)
  const slides = data ? figureSlides(content, wanted, chart) : topicSlides(content, wanted)
  return { title, ...(data && { subtitle: subtitleOf(content) }), slides, filename }
}

/** One chart on a slide: PowerPoint's own, so that people can edit it. */
export function chartInput(content: Content, kind: Wish['chart']): Record<string, unknown> {
  const { title, filename, data } = content
  const slide = { title, chart: chartOf(content, kind), bullets: data!.byRow.slice(0, 8) }
  return { title, subtitle: subtitleOf(content), slides: [slide], filename }
}

function subtitleOf({ data, say }: Content): string {
  const { rowName } = data!.figures
  const lower = rowName.toLowerCase()
  return say({ en: `By ${lower}`, de: `Nach ${rowName}`, fr: `Par ${lower}`, es: `Por ${lower}` })
}

/** The same content without the parts that a tool might refuse. */
export function plainDeckInput(content: Content, pages: number | null): Record<string, unknown> {
  const { title, slides } = deckInput(content, pages, null) as { title: string; slides: Slide[] }
  return {
    title,
    slides: slides.map((slide) => ({
      title: slide.title,
      bullets: (slide.bullets as string[]) ?? content.data?.byRow.slice(0, 8) ?? [],
    })),
  }
}

const summaryTitle = { en: 'Summary', de: 'Zusammenfassung', fr: 'Résumé', es: 'Resumen' }

function figureSlides(content: Content, wanted: number, kind: Wish['chart']): Slide[] {
  const { data, say } = content
  const { figures, facts, summary, byRow } = data!
  const isSeries = figures.rows.length > 1 && !figures.units
  const leader = facts.best?.label
  const lead = leader
    ? say({
        en: `${leader} leads`,
        de: `${leader} liegt vorn`,
        fr: `${leader} est en tête`,
        es: `${leader} va en cabeza`,
      })
    : figures.rows.length > 1
      ? say({ en: 'The figures', de: 'Die Zahlen', fr: 'Les chiffres', es: 'Las cifras' })
      : byRow[0]!
  const first = { title: lead, bullets: byRow.slice(0, 8), ...(isSeries && { chart: chartOf(content, kind) }) }
  const closing = { title: say(summaryTitle), bullets: summary.slice(0, 8) }
  if (wanted === 1) return [{ ...first, bullets: summary.slice(0, 5) }]
  const last = summary === byRow ? tableSlide(content) : closing
  return [first, ...padded(extraSlides(content), wanted - 2, content), last]
}

function tableSlide(content: Content): Slide {
  const title = { en: 'All figures', de: 'Alle Zahlen', fr: 'Tous les chiffres', es: 'Todas las cifras' }
  return { title: content.say(title), table: tableOf(content) }
}

function extraSlides(content: Content): Slide[] {
  const { data, say, language } = content
  const { figures, facts, byRow } = data!
  const ofTotal = say({ en: 'of the total', de: 'der Summe', fr: 'du total', es: 'del total' })
  const rows = figures.rows.map((row, at) => {
    const part = share(facts.values[at]!, facts.total, language)
    const value = withUnit(facts.values[at]!, figures.units?.[at] ?? figures.unit, language).slice(0, 20)
    const metrics = [{ value, label: content.measure }, ...(part ? [{ value: part, label: ofTotal }] : [])]
    return { title: row.label, metrics, bullets: [byRow[at]!] }
  })
  return [tableSlide(content), ...rows]
}

function topicSlides(content: Content, wanted: number): Slide[] {
  const { sections, origin, title } = content
  if (wanted === 1) return [{ title, bullets: sections.map((section) => section.heading).slice(0, 8) }]
  const shown = origin === 'questions' ? sections.slice(0, wanted - 1) : sections
  const bodies = spread(shown, wanted - 1).map((group) => {
    const heading = group.map((section) => section.heading).join(' · ')
    const bullets = group
      .flatMap((section) => (section.bullets.length > 0 ? section.bullets : [section.heading]))
      .slice(0, 8)
    return { title: heading.slice(0, 150), bullets }
  })
  return [...padded(bodies, wanted - 1, content), closingSlide(content, sections)]
}

function closingSlide({ say, origin }: Content, sections: Section[]): Slide {
  if (origin !== 'questions') {
    return { title: say(summaryTitle), bullets: sections.map((section) => section.heading).slice(0, 8) }
  }
  return {
    title: say({ en: 'Next steps', de: 'Nächste Schritte', fr: 'Prochaines étapes', es: 'Próximos pasos' }),
    bullets: [
      say({
        en: 'Answer the questions on these slides',
        de: 'Die Fragen auf diesen Folien beantworten',
        fr: 'Répondre aux questions de ces diapositives',
        es: 'Responder a las preguntas de estas diapositivas',
      }),
      say({
        en: 'Agree who does what by when',
        de: 'Vereinbaren, wer was bis wann tut',
        fr: 'Convenir de qui fait quoi et pour quand',
        es: 'Acordar quién hace qué y para cuándo',
      }),
    ],
  }
}

/** Exactly `count` slides: the first ones, or filled up with pages for the talk. */
function padded(slides: Slide[], count: number, { say }: Content): Slide[] {
  const questions = say({ en: 'Questions', de: 'Fragen', fr: 'Questions', es: 'Preguntas' })
  const notes = say({ en: 'Notes', de: 'Notizen', fr: 'Notes', es: 'Notas' })
  const space = say({
    en: 'Space for the discussion',
    de: 'Platz für das Gespräch',
    fr: 'Place pour la discussion',
    es: 'Espacio para la conversación',
  })
  const fill = Array.from({ length: Math.max(0, count - slides.length) }, (_, at) => ({
    title: at === 0 ? questions : `${notes} ${at}`,
    bullets: [space],
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

function chartOf(content: Content, kind: Wish['chart']) {
  const { figures } = content.data!
  const rows = figures.rows.slice(0, 60)
  const isRound = kind === 'pie' || kind === 'doughnut'
  const names = columnTitles(content).slice(0, isRound ? 1 : 8)
  return {
    type: kind ?? (areTimes(rows.map((row) => row.label)) && rows.length > 3 ? 'line' : 'column'),
    labels: rows.map((row) => row.label),
    series: names.map((name, at) => ({ name, values: rows.map((row) => row.values[at] ?? 0) })),
  }
}

/** Short enough to stay on one slide. */
function tableOf(content: Content) {
  const { figures, facts } = content.data!
  const rows: (string | number | null)[][] = figures.rows
    .slice(0, 9)
    .map((row, at) => [row.label, ...row.values.slice(0, 8), ...(figures.units ? [figures.units[at]!] : [])])
  if (facts.total !== null && figures.columns.length === 1 && figures.rows.length > 1) {
    rows.push([content.say(totalWord), facts.total])
  }
  const units = figures.units ? [content.say(unitWord)] : []
  return { headers: [figures.rowName, ...columnTitles(content).slice(0, 8), ...units], rows }
}

export const unitWord = { en: 'Unit', de: 'Einheit', fr: 'Unité', es: 'Unidad' }
