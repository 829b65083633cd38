import { z } from 'zod'
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
    offset: z.number().int().min(1).default(1).describe('First line to read; 1 is the first of the file.'),
    limit: z.number().int().min(1).max(MAX_LINES).default(MAX_LINES).describe('How many lines to read at most.'),
  }),
  output: z.object({
    path: z.string(),
    content: z.string().describe('The lines asked for.'),
    first_line: z.number().int().describe('Number of the first line in content.'),
    total_lines: z.number().int().describe('Lines in the whole file.'),
    hint: z.string().optional().describe('How to read on; absent when content goes to the end of the file.'),
  }),
  examples: [
    { request: 'What does notes.md say?', input: { path: 'notes.md' } },
    { request: 'Read the next part of the log file, from line 2001', input: { path: 'logs/app.log', offset: 2001 } },
  ],
  async run(ctx, { path, offset, limit }) {
    const name = relativePath(path)
    const lines = splitLines(decodeText(name, await readText(ctx.workspace, name)))
    if (offset > Math.max(1, lines.length)) {
      throw new ToolError('invalid_input', `${name} has ${lines.length} lines; offset ${offset} is past its end.`)
    }
    const page = pageOfLines(lines, offset, limit)
    return { path: name, content: page.text, first_line: offset, total_lines: lines.length, hint: page.hint }
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

/** Throws `invalid_input`, naming type and size, when the bytes are no text. */
function decodeText(path: string, bytes: Buffer): string {
  try {
    if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le', { fatal: true }).decode(bytes)
    if (!bytes.includes(0)) return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // Neither UTF-8 nor UTF-16: told below.
  }
  if (!bytes.includes(0) && isMostlyPrintable(bytes)) return new TextDecoder('windows-1252').decode(bytes)
  throw new ToolError(
    'invalid_input',
    `${path} is not text: ${mediaType(path)}, ${inUnits(bytes.length)}. Use run_code with a library that reads this format.`,
  )
}

/** Old office text in a one-byte encoding, as against binary data. */
function isMostlyPrintable(bytes: Buffer): boolean {
  const sample = bytes.subarray(0, 4096)
  const strange = sample.filter((byte) => byte < 32 && byte !== 9 && byte !== 10 && byte !== 13).length
  return strange <= sample.length / 100
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
