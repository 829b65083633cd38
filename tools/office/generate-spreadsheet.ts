import { z } from 'zod'
import { defineTool } from '../../contracts/tool.ts'
import { runSeparately } from '../kit/separate.ts'
import { lineField, textField } from '../kit/text.ts'
import { documentOutput, filenameField, saveDocument } from './documents.ts'
import type { BuiltWorkbook } from './spreadsheet/workbook.ts'

const MAX_CELLS = 100_000

const Formula = z.object({ formula: lineField(1000).min(1).describe('Excel formula in English, e.g. "SUM(B2:B9)".') })

const Cell = z.union([textField(5000), z.number(), z.boolean(), z.null(), Formula])
export type Cell = z.output<typeof Cell>

const Column = z.object({
  header: lineField(200).describe('Heading of the column.'),
  type: z
    .enum(['auto', 'text', 'number', 'integer', 'currency', 'percent', 'date', 'datetime', 'boolean'])
    .default('auto')
    .describe(
      'auto goes by the values. percent: 0.12 shows as 12 %. date: "2026-03-31". datetime: "2026-03-31T14:30".',
    ),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default('EUR')
    .describe('ISO code for type currency, e.g. "USD".'),
  decimals: z.number().int().min(0).max(8).optional().describe('Digits after the decimal point.'),
  width: z.number().min(3).max(120).optional().describe('Width in characters. Left out: fits what the column holds.'),
  formula: lineField(1000)
    .optional()
    .describe('Fills the whole column: "{row}" is the row number, e.g. "B{row}*C{row}".'),
  total: z
    .enum(['sum', 'average', 'min', 'max', 'count', 'none'])
    .optional()
    .describe('What the totals row shows for this column.'),
})
export type Column = z.output<typeof Column>

const Sheet = z
  .object({
    name: lineField(100).min(1).describe('Name on the tab; Excel takes 31 characters.'),
    columns: z.array(Column).min(1).max(100).describe('The columns, A, B, C … from left to right.'),
    rows: z
      .array(z.array(Cell).max(100))
      .max(10_000)
      .describe(
        'Data rows, cells in the order of the columns; the first one is row 2 in Excel. null is an empty cell.',
      ),
    totals: z.boolean().default(false).describe('Add a totals row that sums the number and currency columns.'),
  })
  .superRefine((sheet, issue) => {
    const wide = sheet.rows.findIndex((row) => row.length > sheet.columns.length)
    if (wide === -1) return
    const message = `has ${sheet.rows[wide]!.length} cells, but there are ${sheet.columns.length} columns`
    issue.addIssue({ code: 'custom', path: ['rows', wide], message })
  })
export type Sheet = z.output<typeof Sheet>

const Input = z
  .object({
    title: lineField(200)
      .min(1)
      .describe('What the file is about: in its properties, and in its name if you give none.'),
    sheets: z.array(Sheet).min(1).max(20).describe('The sheets of the workbook.'),
    filename: filenameField('.xlsx'),
  })
  .superRefine((book, issue) => {
    const cells = book.sheets.reduce((sum, sheet) => sum + sheet.rows.length * sheet.columns.length, 0)
    const message = `the workbook has ${cells} cells; at most ${MAX_CELLS} can be made`
    if (cells > MAX_CELLS) issue.addIssue({ code: 'custom', path: ['sheets'], message })
  })
export type Workbook = z.output<typeof Input>

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
  input: Input,
  output: z.object({
    ...documentOutput,
    sheets: z.array(
      z.object({ name: z.string(), rows: z.number().int().describe('Data rows, without header and totals.') }),
    ),
    warnings: z.array(z.string()).describe('What was done otherwise than asked; empty when all is well.'),
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
