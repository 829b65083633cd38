/**
 * Paths and files under `/workspace`. Every path that comes from a model or from the executor is checked here: it must be
 * relative, and neither `..` nor a symbolic link may lead out of the workspace.
 */
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, posix, sep } from 'node:path'
import { ToolError } from '../../contracts/tool-errors.ts'
import { hasCode } from './errors.ts'

/** The tools' own folder in the workspace, for reserved names and caches. It is hidden from the model. */
export const PRIVATE_FOLDER = '.persona'
/** A program is in the workspace itself while it runs, so that it can import files beside it. */
export const PROGRAM_FILE = /^\.program-[\w-]{36}\.(js|py)$/

/** Whether an entry at the top of the workspace belongs to the tools and not to the persona. */
export const isPrivate = (name: string) => name === PRIVATE_FOLDER || PROGRAM_FILE.test(name)

const MAX_PATH = 1024
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const CONTROL = /[\u0000-\u001f\u007f]/

/**
 * The path relative to the workspace, normalised; '' is the workspace itself.
 * Throws `invalid_input` on absolute paths elsewhere, `..` that leads out and control characters.
 */
export function relativePath(path: string): string {
  const refuse = (why: string) => new ToolError('invalid_input', `${JSON.stringify(path.slice(0, 200))} ${why}`)
  if (path.length > MAX_PATH) throw refuse('is too long for a path.')
  if (CONTROL.test(path)) throw refuse('has control characters; a path may not.')
  const inside = path.trim().replace(/^\/workspace(?=\/|$)\/*/, '')
  if (inside.startsWith('/'))
    throw refuse('is outside the workspace. Give a path relative to it, e.g. "reports/q3.md".')
  const normal = posix.normalize(inside || '.').replace(/\/+$/, '')
  if (normal === '..' || normal.startsWith('../')) throw refuse('leads out of the workspace.')
  return normal === '.' ? '' : normal
}

/** The absolute path. Checks that the part of it that exists is really in the workspace. */
export async function locate(workspace: string, path: string): Promise<string> {
  const relative = relativePath(path)
  const root = await realpath(workspace)
  const existing = await realpathOfExisting(join(root, relative))
  if (!isWithin(root, existing))
    throw new ToolError('invalid_input', `${JSON.stringify(relative)} leads out of the workspace by a link.`)
  return join(root, relative)
}

/** Opens a regular file for reading; the caller closes it. Throws `not_found` or `invalid_input`. */
export async function openFile(
  workspace: string,
  path: string,
): Promise<{ file: FileHandle; size: number; modified: Date }> {
  const relative = relativePath(path)
  const root = await realpath(workspace)
  // O_NONBLOCK: a named pipe must not block us. We check the file after opening it, so that no link can be swapped in.
  const file = await open(join(root, relative), constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw explain(error, relative)
  })
  try {
    if (!isWithin(root, await realpath(`/proc/self/fd/${file.fd}`))) {
      throw new ToolError('invalid_input', `${JSON.stringify(relative)} leads out of the workspace by a link.`)
    }
    const stat = await file.stat()
    if (stat.isDirectory()) throw new ToolError('invalid_input', `${JSON.stringify(relative)} is a folder, not a file.`)
    if (!stat.isFile()) throw new ToolError('invalid_input', `${JSON.stringify(relative)} is not a regular file.`)
    return { file, size: stat.size, modified: stat.mtime }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** The whole file. Throws `invalid_input` when it has more than `maxBytes`. */
export async function readWhole(workspace: string, path: string, maxBytes: number): Promise<Buffer> {
  const { file, size } = await openFile(workspace, path)
  try {
    if (size > maxBytes) {
      throw new ToolError(
        'invalid_input',
        `${JSON.stringify(path)} has ${size} bytes; at most ${maxBytes} can be read.`,
      )
    }
    return await file.readFile()
  } finally {
    await file.close()
  }
}

/**
 * Writes the whole file or nothing (temporary file and rename) and makes its folders. Replaces a link, never follows
 * it.
 */
export async function writeWhole(workspace: string, path: string, data: string | Uint8Array): Promise<void> {
  const file = await createFile(workspace, path)
  try {
    await file.append(data)
    await file.commit()
  } catch (error) {
    await file.discard()
    throw error
  }
}

/** A file that is being written and is not visible yet. Ends with `commit` or `discard`. */
export interface NewFile {
  append(data: string | Uint8Array): Promise<void>
  /** Moves the file to its path and replaces what is there. */
  commit(): Promise<void>
  discard(): Promise<void>
}

/** Like `writeWhole`, for content that comes in pieces. Throws `invalid_input`. */
export async function createFile(workspace: string, path: string): Promise<NewFile> {
  const relative = relativePath(path)
  if (relative === '') throw new ToolError('invalid_input', 'The path names the workspace itself, not a file.')
  const explained = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw explain(error, relative)
    })
  const folder = await locate(workspace, dirname(relative))
  await explained(mkdir(folder, { recursive: true }))
  const temporary = join(await locate(workspace, dirname(relative)), `.${randomUUID()}.tmp`)
  const file = await explained(open(temporary, 'wx'))
  return {
    append: (data) => explained(file.appendFile(data)),
    async commit() {
      await file.close()
      const checked = await locate(workspace, dirname(relative))
      await explained(rename(temporary, join(checked, basename(relative))))
    },
    async discard() {
      await file.close().catch(() => {})
      await rm(temporary, { force: true })
    },
  }
}

async function realpathOfExisting(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw error
    return realpathOfExisting(dirname(path))
  }
}

function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(root + sep)
}

function explain(error: unknown, path: string): unknown {
  const name = JSON.stringify(path)
  if (hasCode(error, 'ENOENT'))
    return new ToolError('not_found', `There is no file ${name}. list_files shows what there is.`)
  if (hasCode(error, 'ENOTDIR', 'EEXIST'))
    return new ToolError('invalid_input', `A part of ${name} is a file, not a folder.`)
  if (hasCode(error, 'EISDIR')) return new ToolError('invalid_input', `${name} is a folder, not a file.`)
  if (hasCode(error, 'ENAMETOOLONG'))
    return new ToolError('invalid_input', `A part of ${name} is too long for a file name.`)
  if (hasCode(error, 'ELOOP')) return new ToolError('invalid_input', `${name} is a link that leads nowhere.`)
  if (hasCode(error, 'EACCES', 'EPERM')) return new ToolError('tool_failed', `${name} may not be opened.`)
  if (hasCode(error, 'ENOSPC', 'EDQUOT'))
    return new ToolError('tool_failed', 'The workspace is full: delete files first.')
  return error
}
