import { z } from 'zod'
import { defineTool } from '../../contracts/tool.ts'
import { runSeparately } from '../kit/separate.ts'
import { clean, lineField, textField } from '../kit/text.ts'
import { documentOutput, filenameField, saveDocument } from './documents.ts'
import type { BuiltDeck } from './powerpoint/deck.ts'

/** Keeps the spaces in front: they indent. */
const bullet = z
  .string()
  .max(400)
  .overwrite((text) => clean(text).replace(/\n\s*/g, ' ').trimEnd())
const bullets = z.array(bullet).max(20)

const Table = z.object({
  headers: z.array(lineField(100)).min(1).max(12).describe('Column headings.'),
  rows: z
    .array(z.array(z.union([textField(300), z.number(), z.null()])).max(12))
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

const Input = z
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
export type Deck = z.output<typeof Input>

export const generatePowerpoint = defineTool({
  name: 'generate_powerpoint',
  description:
    'Makes a PowerPoint presentation (.pptx): title slide, points, columns, tables, native charts, key figures, images ' +
    'and speaker notes in one coherent design. Use it for slides, decks and presentations. Give the content; layout ' +
    'and style are done for you. A slide may combine points with one chart, table or image. It makes a new file and ' +
    'cannot change an existing one.',
  group: 'documents',
  effect: 'idempotent',
  runs: 'sandbox',
  timeoutSeconds: 120,
  view: {
    question: 'Make the presentation “{title}”?',
    summary: '“{title}”',
    fields: [
      { name: 'title', label: 'Title', kind: 'line' },
      { name: 'subtitle', label: 'Subtitle', kind: 'line' },
      { name: 'author', label: 'Author', kind: 'line' },
      { name: 'slides', label: 'Slides', kind: 'slides' },
    ],
  },
  input: Input,
  output: z.object({
    ...documentOutput,
    slides: z.number().int().describe('How many slides it has, the title slide included.'),
  }),
  examples: [
    {
      request: 'Make a three-slide deck on our Q3 sales: north 120, south 80, west 95',
      input: {
        title: 'Q3 sales',
        subtitle: 'Results by region',
        slides: [
          {
            title: 'North leads with 41 % of sales',
            bullets: ['Total: 295', 'North 120, West 95, South 80', 'South trails by a third'],
            chart: {
              type: 'column',
              labels: ['North', 'South', 'West'],
              series: [{ name: 'Q3 sales', values: [120, 80, 95] }],
            },
          },
          {
            title: 'Next steps',
            bullets: ['Find out what holds South back', 'Take the North playbook to West'],
            notes: 'Ask for the budget here.',
          },
        ],
      },
    },
    {
      request: 'Slides that compare the two suppliers, with a table of prices',
      input: {
        title: 'Choice of supplier',
        theme: 'slate',
        slides: [
          {
            title: 'Alpha is cheaper, Beta is faster',
            columns: [
              { heading: 'Alpha', bullets: ['12 % cheaper', 'Delivery in 10 days'] },
              { heading: 'Beta', bullets: ['Delivery in 3 days', 'Support by phone'] },
            ],
          },
          {
            title: 'Prices',
            table: {
              headers: ['Part', 'Alpha', 'Beta'],
              rows: [
                ['Hinge', 1.2, 1.4],
                ['Lock', 8.9, 9.9],
              ],
            },
          },
        ],
      },
    },
  ],
  async run(ctx, input) {
    ctx.progress('Laying out the slides')
    const { data, slides } = await runSeparately<BuiltDeck>(
      {
        module: new URL('./powerpoint/deck.ts', import.meta.url).href,
        function: 'buildDeck',
        args: [input, ctx.workspace],
      },
      ctx.signal,
    )
    const saved = await saveDocument(ctx, {
      filename: input.filename,
      title: input.title,
      extension: '.pptx',
      contentType: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
      data,
    })
    return { ...saved, slides }
  },
})
