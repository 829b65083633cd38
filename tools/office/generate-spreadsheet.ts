import { z } from 'zod'
import { defineTool } from '../../contracts/tool.ts'
import { runSeparately } from '../kit/separate.ts'
import { documentOutput, saveDocument } from './documents.ts'
import { Workbook } from './spreadsheet/input.ts'
import type { BuiltWorkbook } from './spreadsheet/workbook.ts'

export const generateSpreadsheet = defineTool({
  name: 'generate_spreadsheet',
  description:
    'Makes an Excel workbook (.xlsx) with one or more sheets: typed columns, number formats, formulas, totals, a ' +
    'styled header that stays in view, filters. Use it for tables, lists, budgets and calculations that people go on ' +
    'working with. Formulas go into {"formula": "…"} cells or a column’s formula; text that begins with "=" stays ' +
    'text. It makes a new file, cannot change an existing one, and draws no charts (generate_powerpoint does).',
  group: 'documents',
  effect: 'idempotent',
  runs: 'sandbox',
  timeoutSeconds: 120,
  view: {
    question: 'Make the spreadsheet “{title}”?',
    summary: '“{title}”',
    fields: [
      { name: 'title', label: 'Title', kind: 'line' },
      { name: 'sheets', label: 'Sheets', kind: 'sheets' },
    ],
  },
  input: Workbook,
  output: z.object({
    ...documentOutput,
    sheets: z.array(
      z.object({ name: z.string(), rows: z.number().int().describe('Data rows, without header and totals.') }),
    ),
    warnings: z.array(z.string()).describe('Where the file differs from what was asked; empty when it does not.'),
  }),
  examples: [
    {
      request: 'Make a spreadsheet on our Q3 sales: north 120, south 80, west 95',
      input: {
        title: 'Q3 sales',
        sheets: [
          {
            name: 'Sales',
            columns: [{ header: 'Region' }, { header: 'Sales', type: 'number' }],
            rows: [
              ['North', 120],
              ['South', 80],
              ['West', 95],
            ],
            totals: true,
          },
        ],
      },
    },
    {
      request: 'An invoice list with amounts in dollars and the share of each customer',
      input: {
        title: 'Open invoices',
        sheets: [
          {
            name: 'Invoices',
            columns: [
              { header: 'Customer' },
              { header: 'Due', type: 'date' },
              { header: 'Amount', type: 'currency', currency: 'USD', total: 'sum' },
              { header: 'Share', type: 'percent', formula: 'C{row}/SUM(C$2:C$3)' },
            ],
            rows: [
              ['Acme', '2026-04-30', 1200.5],
              ['Globex', '2026-05-15', 800],
            ],
            totals: true,
          },
        ],
      },
    },
  ],
  async run(ctx, input) {
    ctx.progress('Filling the sheets')
    const { data, sheets, warnings } = await runSeparately<BuiltWorkbook>(
      { module: new URL('./spreadsheet/workbook.ts', import.meta.url).href, function: 'buildWorkbook', args: [input] },
      ctx.signal,
    )
    const saved = await saveDocument(ctx, {
      filename: input.filename,
      title: input.title,
      extension: '.xlsx',
      contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      data,
    })
    return { ...saved, sheets, warnings }
  },
})
