/** The input of `generate_powerpoint`: a deck and its slides. */
import { z } from 'zod'
import { clean, lineField, textField } from '../../kit/text.ts'
import { filenameField } from '../documents.ts'

/** Keeps leading spaces, because they indent. */
const bullet = z
  .string()
  .max(400)
  .overwrite((text) => clean(text).replace(/\n\s*/g, ' ').trimEnd())
const bullets = z.array(bullet).max(20)

const Table = z.object({
  headers: z.array(lineField(100)).min(1).max(16).describe('Column headings.'),
  rows: z
    .array(z.array(z.union([textField(300), z.number(), z.null()])).max(16))
    .max(200)
    .describe('Rows of cells, in the order of the headings. Give numbers as numbers.'),
})

const Chart = z
  .object({
    type: z.enum(['column', 'bar', 'line', 'area', 'pie', 'doughnut']).describe('bar is horizontal, column upright.'),
    labels: z.array(lineField(100)).min(1).max(60).describe('Categories, e.g. ["North", "South"].'),
    series: z
      .array(
        z.object({
          name: lineField(100).describe('Shown in the legend.'),
          values: z.array(z.number()).max(60).describe('One number a label.'),
        }),
      )
      .min(1)
      .max(8)
      .describe('The numbers; pie and doughnut take one series.'),
    title: lineField(150).optional().describe('Title over the chart.'),
    stacked: z.boolean().default(false).describe('Stack the series (column, bar, area).'),
    number_format: lineField(40).optional().describe('Excel format of the numbers, e.g. "#,##0", "0%", "€#,##0".'),
  })
  .superRefine((chart, issue) => {
    for (const [i, series] of chart.series.entries()) {
      if (series.values.length !== chart.labels.length) {
        const message = `has ${series.values.length} values, but there are ${chart.labels.length} labels`
        issue.addIssue({ code: 'custom', path: ['series', i, 'values'], message })
      }
    }
    if ((chart.type === 'pie' || chart.type === 'doughnut') && chart.series.length > 1) {
      issue.addIssue({ code: 'custom', path: ['series'], message: `a ${chart.type} chart takes one series` })
    }
  })

const Slide = z.object({
  title: lineField(150).describe('Heading of the slide: what it says, not only what it is about.'),
  layout: z
    .enum(['auto', 'section', 'quote'])
    .default('auto')
    .describe('auto: arranged by what the slide holds. section: a divider. quote: `text` large, title as its source.'),
  text: textField(1500).optional().describe('A paragraph, or the subtitle of a section, or the words of a quote.'),
  bullets: bullets.optional().describe('Short points, best 3 to 6. Begin one with two spaces to indent it.'),
  columns: z
    .array(
      z.object({
        heading: lineField(100).optional().describe('Stands over the column.'),
        bullets: bullets.min(1).describe('Its points.'),
      }),
    )
    .min(2)
    .max(3)
    .optional()
    .describe('Two or three columns of points side by side, e.g. to compare.'),
  metrics: z
    .array(
      z.object({ value: lineField(20).describe('e.g. "€295k"'), label: lineField(60).describe('e.g. "Sales in Q3"') }),
    )
    .min(1)
    .max(4)
    .optional()
    .describe('One to four key figures, shown large on top.'),
  table: Table.optional().describe('A table. Long ones go on over more slides.'),
  chart: Chart.optional().describe('A native chart that people can edit in PowerPoint.'),
  image: z.string().max(1024).optional().describe('A png, jpg or gif file in the workspace.'),
  notes: textField(5000).optional().describe('Speaker notes.'),
})
export type Slide = z.output<typeof Slide>

const MAX_TABLE_ROWS = 1000

export const Deck = z
  .object({
    title: lineField(200).min(1).describe('Title of the presentation, on its first slide.'),
    subtitle: lineField(200).optional().describe('Second line of the first slide.'),
    author: lineField(100).optional().describe('Who presents: on the first slide and in the properties of the file.'),
    slides: z.array(Slide).min(1).max(60).describe('The slides after the title slide, which is made for you.'),
    theme: z.enum(['blue', 'green', 'slate', 'plum', 'dark']).default('blue').describe('Colours of the presentation.'),
    accent_color: z
      .string()
      .regex(/^#?[0-9a-fA-F]{6}$/)
      .optional()
      .describe('Own colour in place of the theme’s accent, e.g. "#0A7B83".'),
    filename: filenameField('.pptx'),
  })
  .superRefine((deck, issue) => {
    const rows = deck.slides.reduce((sum, slide) => sum + (slide.table?.rows.length ?? 0), 0)
    const message = `the tables have ${rows} rows in all; ${MAX_TABLE_ROWS} are the most. Put long tables into a spreadsheet`
    if (rows > MAX_TABLE_ROWS) issue.addIssue({ code: 'custom', path: ['slides'], message })
  })
export type Deck = z.output<typeof Deck>
