import { z } from 'zod'
import { defineTool } from '../../contracts/tool.ts'
import { runSeparately } from '../kit/separate.ts'
import { documentOutput, saveDocument } from './documents.ts'
import type { BuiltDeck } from './powerpoint/deck.ts'
import { Deck } from './powerpoint/input.ts'

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
  input: Deck,
  output: z.object({
    ...documentOutput,
    slides: z.number().int().describe('How many slides it has, the title slide included.'),
    warnings: z.array(z.string()).describe('What could not be shown as asked; empty when all is well.'),
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
    const { data, slides, warnings } = await runSeparately<BuiltDeck>(
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
    return { ...saved, slides, warnings }
  },
})
