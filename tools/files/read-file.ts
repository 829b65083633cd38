import { z } from 'zod'
import { type DecodedText, decodeText } from '../../contracts/text-encoding.ts'
import { defineTool } from '../../contracts/tool.ts'
import { ToolError } from '../../contracts/tool-errors.ts'
import { mediaType } from '../kit/media-types.ts'
import { pageOfLines } from '../kit/truncate.ts'
import { openFile, relativePath } from '../kit/workspace.ts'

const MAX_BYTES = 20 * 1024 * 1024
const MAX_LINES = 2000

export const readFile = defineTool({
  name: 'read_file',
  description:
    'Reads a text file from the workspace (txt, md, csv, json, html, code …), whole or by lines. Long files come in ' +
    'parts: the hint in the result says how to go on. Not for binary files such as pdf, docx, xlsx, pptx or images: ' +
    'read those with run_code and a fitting library.',
  group: 'files',
  effect: 'pure',
  runs: 'sandbox',
  timeoutSeconds: 30,
  view: {
    question: 'Read the file {path}?',
    summary: '{path}',
    fields: [{ name: 'path', label: 'File', kind: 'file' }],
  },
  input: z.object({
    path: z.string().min(1).max(1024).describe('File to read, relative to the workspace, e.g. "notes/todo.md".'),
    offset: z.number().int().min(1).default(1).describe('First line to read. 1 is the first line of the file.'),
    limit: z.number().int().min(1).max(MAX_LINES).default(MAX_LINES).describe('The most lines to read.'),
  }),
  output: z.object({
    path: z.string(),
    content: z.string().describe('The requested lines.'),
    first_line: z.number().int().describe('Number of the first line in content.'),
    total_lines: z.number().int().describe('Number of lines in the whole file.'),
    guessed_encoding: z
      .string()
      .optional()
      .describe(
        'Set when the file is not Unicode and does not name its encoding. It was read with this guess: check names and special characters.',
      ),
    hint: z.string().optional().describe('How to read on. Absent when the content ends with the end of the file.'),
  }),
  examples: [
    { request: 'What does notes.md say?', input: { path: 'notes.md' } },
    { request: 'Read the next part of the log file, from line 2001', input: { path: 'logs/app.log', offset: 2001 } },
  ],
  async run(ctx, { path, offset, limit }) {
    const name = relativePath(path)
    const decoded = textOf(name, await readText(ctx.workspace, name))
    const lines = splitLines(decoded.text)
    if (offset > Math.max(1, lines.length)) {
      throw new ToolError('invalid_input', `${name} has ${lines.length} lines; offset ${offset} is past its end.`)
    }
    const page = pageOfLines(lines, offset, limit)
    return {
      path: name,
      content: page.text,
      first_line: offset,
      total_lines: lines.length,
      guessed_encoding: decoded.isGuess ? decoded.encoding : undefined,
      hint: page.hint,
    }
  },
})

async function readText(workspace: string, path: string): Promise<Buffer> {
  const { file, size } = await openFile(workspace, path)
  try {
    if (size > MAX_BYTES)
      throw new ToolError(
        'invalid_input',
        `${path} is too large to read (${inUnits(size)}). Take parts of it with run_code.`,
      )
    return await file.readFile()
  } finally {
    await file.close()
  }
}

/** Throws `invalid_input` with type and size when the bytes are not text. */
function textOf(path: string, bytes: Buffer): DecodedText {
  const decoded = decodeText(bytes)
  if (decoded) return decoded
  throw new ToolError(
    'invalid_input',
    `${path} is not text: ${mediaType(path)}, ${inUnits(bytes.length)}. Use run_code with a library that reads this format.`,
  )
}

function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

function inUnits(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`
}
