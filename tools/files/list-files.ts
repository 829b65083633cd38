import { lstat, readdir } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { z } from 'zod'
import { defineTool } from '../../contracts/tool.ts'
import { ToolError } from '../../contracts/tool-errors.ts'
import { hasCode } from '../kit/errors.ts'
import { isPrivate, locate, relativePath } from '../kit/workspace.ts'

const MAX_ENTRIES = 500

const Entry = z.object({
  path: z.string().describe('Relative to the workspace.'),
  type: z.enum(['file', 'folder', 'link', 'other']),
  bytes: z.number().int().optional().describe('Size; files only.'),
  modified: z.string().optional().describe('Time of the last change, ISO 8601 in UTC. Only for files.'),
})
type Entry = z.infer<typeof Entry>

export const listFiles = defineTool({
  name: 'list_files',
  description:
    'Lists the files and folders in the workspace: names, sizes and times of change. Use it to see what attachments ' +
    'and earlier results there are before reading or writing. It does not show what is in a file (read_file does) and ' +
    'does not search the memory of uploaded documents.',
  group: 'files',
  effect: 'pure',
  runs: 'sandbox',
  timeoutSeconds: 30,
  view: {
    question: 'List the files in the workspace?',
    summary: '{path}',
    fields: [{ name: 'path', label: 'Folder', kind: 'file' }],
  },
  input: z.object({
    path: z
      .string()
      .max(1024)
      .default('')
      .describe('Folder to list, relative to the workspace. Empty for the workspace itself.'),
    recursive: z.boolean().default(false).describe('Also list the contents of subfolders.'),
  }),
  output: z.object({
    entries: z.array(Entry).describe('Sorted by path.'),
    hint: z.string().optional().describe('Present when not all entries were listed.'),
  }),
  examples: [
    { request: 'Which files do I have?', input: {} },
    {
      request: 'Show everything in the reports folder, subfolders included',
      input: { path: 'reports', recursive: true },
    },
  ],
  async run(ctx, { path, recursive }) {
    const folder = relativePath(path)
    const entries: Entry[] = []
    const pending = [folder]
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      for (const name of (await namesIn(ctx.workspace, next)).sort()) {
        ctx.signal.throwIfAborted()
        if (next === '' && isPrivate(name)) continue
        if (entries.length === MAX_ENTRIES)
          return {
            entries: inOrder(entries),
            hint: `Only the first ${MAX_ENTRIES} entries are listed. List a subfolder to see more.`,
          }
        const entry = await describe(ctx.workspace, posix.join(next, name))
        if (entry) entries.push(entry)
        if (entry?.type === 'folder' && recursive) pending.push(entry.path)
      }
    }
    return { entries: inOrder(entries) }
  },
})

async function namesIn(workspace: string, folder: string): Promise<string[]> {
  try {
    return await readdir(await locate(workspace, folder))
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw new ToolError('not_found', `There is no folder ${JSON.stringify(folder)}.`)
    if (hasCode(error, 'ENOTDIR'))
      throw new ToolError('invalid_input', `${JSON.stringify(folder)} is a file: use read_file.`)
    throw error
  }
}

/** Undefined if it was deleted in the meantime. Links are listed, but not followed. */
async function describe(workspace: string, path: string): Promise<Entry | undefined> {
  try {
    const stat = await lstat(join(workspace, path))
    if (stat.isFile()) return { path, type: 'file', bytes: stat.size, modified: stat.mtime.toISOString() }
    return { path, type: stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'link' : 'other' }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function inOrder(entries: Entry[]): Entry[] {
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1))
}
