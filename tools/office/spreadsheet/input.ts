/** The input of `generate_spreadsheet`: a workbook, its sheets and cells. */
import { z } from 'zod'
import { clean, lineField, textField } from '../../kit/text.ts'
import { filenameField } from '../documents.ts'

const MAX_CELLS = 100_000

/** One line. Spaces inside its texts stay. */
const formulaField = z
  .string()
  .max(1000)
  .overwrite((text) =>
    clean(text)
      .replace(/[\n\t]/g, ' ')
      .trim(),
  )

const Formula = z.object({
  formula: formulaField.min(1).describe('Excel formula in English that gives one value, e.g. "SUM(B2:B9)".'),
})

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
  formula: formulaField.optional().describe('Fills the whole column: "{row}" is the row number, e.g. "B{row}*C{row}".'),
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

export const Workbook = z
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
export type Workbook = z.output<typeof Workbook>
