import { z } from 'zod'
import { defineTool } from '../../contracts/tool.ts'
import { runSeparately } from '../kit/separate.ts'
import { documentOutput, saveDocument } from './documents.ts'
import type { BuiltPdf } from './pdf/document.ts'
import { PdfInput } from './pdf/input.ts'

export const generatePdf = defineTool({
  name: 'generate_pdf',
  description:
    'Makes a PDF from Markdown: reports, letters, minutes, offers, handouts. Typeset with headings, lists, tables that ' +
    'go on over pages, images from the workspace and page numbers. Use it for documents to read or print. For slides ' +
    'use generate_powerpoint, for tables to calculate with generate_spreadsheet. It makes a new file and cannot change ' +
    'or fill in an existing PDF.',
  group: 'documents',
  effect: 'idempotent',
  runs: 'sandbox',
  timeoutSeconds: 120,
  view: {
    question: 'Make the PDF “{title}”?',
    summary: '“{title}”',
    fields: [
      { name: 'title', label: 'Title', kind: 'line', isEditable: true },
      { name: 'subtitle', label: 'Subtitle', kind: 'line', isEditable: true },
      { name: 'author', label: 'Author', kind: 'line', isEditable: true },
      { name: 'content', label: 'Text', kind: 'markdown', isEditable: true },
    ],
  },
  input: PdfInput,
  output: z.object({
    ...documentOutput,
    pages: z.number().int(),
    warnings: z.array(z.string()).describe('What could not be shown as asked; empty when all is well.'),
  }),
  examples: [
    {
      request: 'Write a one-page PDF report on our Q3 sales: north 120, south 80, west 95',
      input: {
        title: 'Q3 sales report',
        subtitle: 'July to September',
        content:
          '## Summary\n\nSales came to **295**. North leads with 41 %.\n\n## By region\n\n| Region | Sales |\n|---|---:|\n' +
          '| North | 120 |\n| South | 80 |\n| West | 95 |\n\n## Next steps\n\n- Find out what holds South back\n- Take the North playbook to West\n',
      },
    },
    {
      request: 'Turn the minutes of our meeting into a PDF',
      input: {
        title: 'Minutes of the team meeting',
        subtitle: '4 March 2026',
        author: 'Ada Lovelace',
        content:
          '## Decisions\n\n1. The budget is agreed.\n2. The launch moves to May.\n\n## Open\n\n> Who talks to the supplier?\n',
        filename: 'minutes-2026-03-04.pdf',
      },
    },
  ],
  async run(ctx, input) {
    ctx.progress('Typesetting')
    const { data, pages, warnings } = await runSeparately<BuiltPdf>(
      {
        module: new URL('./pdf/document.ts', import.meta.url).href,
        function: 'buildPdf',
        args: [input, ctx.workspace],
      },
      ctx.signal,
    )
    const saved = await saveDocument(ctx, {
      filename: input.filename,
      title: input.title,
      extension: '.pdf',
      contentType: 'application/pdf',
      data,
    })
    return { ...saved, pages, warnings }
  },
})
