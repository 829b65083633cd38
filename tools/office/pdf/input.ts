/** The input of `generate_pdf`. */
import { z } from 'zod'
import { lineField, textField } from '../../kit/text.ts'
import { filenameField } from '../documents.ts'

export const PdfInput = z.object({
  title: lineField(200).min(1).describe('Title of the document, at the top of the first page.'),
  content: textField(300_000)
    .min(1)
    .describe(
      'The document in Markdown: headings, paragraphs, **bold**, *italic*, lists, tables, quotes, code, links, and ' +
        'images from the workspace: ![caption](chart.png). A line "---" draws a rule, "\\newpage" begins a page. ' +
        'HTML tags for text (br, sub, u …) and entities work. A table that is too wide for its page gets a ' +
        'page in landscape. Do not repeat the title.',
    ),
  subtitle: lineField(300).optional().describe('A line under the title, e.g. the date or what it is about.'),
  author: lineField(100).optional().describe('Shown under the title and in the properties of the file.'),
  page_size: z.enum(['A4', 'Letter']).default('A4').describe('Size of the paper.'),
  orientation: z.enum(['portrait', 'landscape']).default('portrait').describe('landscape for wide tables.'),
  filename: filenameField('.pdf'),
})
export type PdfInput = z.output<typeof PdfInput>
