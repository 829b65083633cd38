import { createHash } from 'node:crypto'
import { z } from 'zod'
import { defineTool, type ToolContext } from '../../contracts/tool.ts'
import { ToolError } from '../../contracts/tool-errors.ts'
import { mediaType } from '../kit/media-types.ts'
import { PRIVATE_FOLDER, readWhole, relativePath, writeWhole } from '../kit/workspace.ts'

const MAX_CONTENT = 1_000_000
const MAX_FILE_BYTES = 20 * 1024 * 1024

export const writeFile = defineTool({
  name: 'write_file',
  description:
    'Writes a text file into the workspace (notes, markdown, csv, json, html, code …); missing folders are created. ' +
    'Not for presentations, spreadsheets or PDFs: generate_powerpoint, generate_spreadsheet and generate_pdf make those.',
  group: 'files',
  effect: 'idempotent',
  runs: 'sandbox',
  timeoutSeconds: 30,
  view: {
    question: 'Write the file {path}?',
    summary: '{path}',
    fields: [
      { name: 'path', label: 'File', kind: 'file' },
      { name: 'content', label: 'Content', kind: 'text', isEditable: true },
    ],
  },
  input: z.object({
    path: z.string().min(1).max(1024).describe('File to write, relative to the workspace, e.g. "drafts/mail.md".'),
    content: z.string().max(MAX_CONTENT).describe('The exact text of the file.'),
    mode: z
      .enum(['create', 'overwrite', 'append'])
      .default('create')
      .describe(
        'create: refuse when the file exists with other content. overwrite: replace it. append: add at its end.',
      ),
    deliver: z
      .boolean()
      .default(true)
      .describe('Deliver the file to the person as a result. Use false for scratch files and notes to yourself.'),
  }),
  output: z.object({
    path: z.string(),
    bytes: z.number().int().describe('Size of the file after writing.'),
  }),
  examples: [
    {
      request: 'Save the meeting minutes as a text file',
      input: { path: 'minutes-2026-03-04.md', content: '# Minutes\n\n- Budget agreed\n' },
    },
    {
      request: 'Add a line to my log',
      input: { path: 'log.txt', content: 'Called the supplier.\n', mode: 'append', deliver: false },
    },
    {
      request: 'Replace the list of contacts with this CSV',
      input: { path: 'contacts.csv', content: 'name,mail\nAda,ada@example.com\n', mode: 'overwrite' },
    },
  ],
  async run(ctx, { path, content, mode, deliver }) {
    const name = relativePath(path)
    const old = mode === 'overwrite' ? undefined : await readIfThere(ctx.workspace, name)
    const added = Buffer.from(content.toWellFormed())
    if (mode === 'create' && old && !old.equals(added)) {
      throw new ToolError(
        'invalid_input',
        `${name} exists (${old.length} bytes). Use another path, or mode "overwrite" or "append".`,
      )
    }
    const data = mode === 'append' ? await appended(ctx, name, old ?? Buffer.alloc(0), added) : added
    if (data.length > MAX_FILE_BYTES)
      throw new ToolError('invalid_input', `${name} would grow beyond ${MAX_FILE_BYTES} bytes.`)
    await writeWhole(ctx.workspace, name, data)
    if (deliver) ctx.produce({ path: name, contentType: mediaType(name) })
    return { path: name, bytes: data.length }
  },
})

async function readIfThere(workspace: string, path: string): Promise<Buffer | undefined> {
  try {
    return await readWhole(workspace, path, MAX_FILE_BYTES)
  } catch (error) {
    if (error instanceof ToolError && error.code === 'not_found') return undefined
    throw error
  }
}

/**
 * Appends the text once per idempotency key. The position is recorded before the text is written. A second attempt that
 * finds its text at that position does not change the file.
 */
async function appended(ctx: ToolContext, _path: string, old: Buffer, added: Buffer): Promise<Buffer> {
  const key = createHash('sha256').update(ctx.idempotencyKey).digest('hex')
  const note = `${PRIVATE_FOLDER}/appends/${key}`
  const noted = await readIfThere(ctx.workspace, note)
  const offset = noted ? Number(noted.toString()) : Number.NaN
  if (old.subarray(offset, offset + added.length).equals(added) && offset <= old.length) return old
  await writeWhole(ctx.workspace, note, String(old.length))
  return Buffer.concat([old, added])
}
