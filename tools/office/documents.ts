/**
 * Names and stores a document for people. A name belongs to the first call (idempotency key) that used it. A second
 * attempt of that call writes the same file; another call gets the next free name ("report-2.pdf").
 */
import { createHash, randomUUID } from 'node:crypto'
import { link, lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { z } from 'zod'
import type { ToolContext } from '../../contracts/tool.ts'
import { ToolError } from '../../contracts/tool-errors.ts'
import { hasCode } from '../kit/errors.ts'
import { lineField } from '../kit/text.ts'
import { locate, PRIVATE_FOLDER, relativePath, writeWhole } from '../kit/workspace.ts'

const MAX_TRIES = 1000
const MAX_STEM = 60

/** The input field that every document tool has. */
export const filenameField = (extension: string) =>
  lineField(150)
    .optional()
    .describe(
      `File name, e.g. "q3-report${extension}". Left out: made from the title. A name that is taken gets a number.`,
    )

/** The part of the output that every document tool has. */
export const documentOutput = {
  path: z.string().describe('The file, relative to the workspace.'),
  bytes: z.number().int().describe('Size of the file.'),
}

/** Reserves a name, writes the file and reports it as a result. Returns what `documentOutput` describes. */
export async function saveDocument(
  ctx: ToolContext,
  document: { filename: string | undefined; title: string; extension: string; contentType: string; data: Uint8Array },
): Promise<{ path: string; bytes: number }> {
  const wanted = documentName(document.filename, document.title, document.extension)
  const path = await claimName(ctx, wanted)
  ctx.signal.throwIfAborted()
  await writeWhole(ctx.workspace, path, document.data)
  ctx.produce({ path, contentType: document.contentType })
  return { path, bytes: document.data.length }
}

/** The path for a document: the given name with the right extension, or a name made from the title. */
export function documentName(filename: string | undefined, title: string, extension: string): string {
  const wanted = filename ? relativePath(filename.replaceAll('\\', '/')).replace(/[:*?"<>|]/g, '-') : ''
  const folder = posix.dirname(wanted)
  const name = posix.basename(wanted)
  const stem = name.toLowerCase().endsWith(extension) ? name.slice(0, -extension.length) : name
  return posix.join(folder, (stem || slug(title) || 'document') + extension)
}

function slug(title: string): string {
  const ascii = title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replaceAll('ß', 'ss')
    .replaceAll(/[łŁ]/g, 'l')
    .toLowerCase()
  return ascii
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .slice(0, MAX_STEM)
    .replace(/^-+|-+$/g, '')
}

/**
 * The first of "name", "name-2", "name-3" … that is free or that this call has already reserved. A reservation is a
 * file that is created atomically and never removed. So two calls cannot get the same name, and a second attempt finds
 * its own.
 */
async function claimName(ctx: ToolContext, wanted: string): Promise<string> {
  const claims = await locate(ctx.workspace, `${PRIVATE_FOLDER}/claims`)
  await mkdir(claims, { recursive: true })
  const owner = sha256(ctx.idempotencyKey)
  const { dir, name, ext } = posix.parse(wanted)
  for (let n = 1; n <= MAX_TRIES; n++) {
    const path = posix.join(dir, n === 1 ? name + ext : `${name}-${n}${ext}`)
    const claim = join(claims, sha256(path))
    const holder = await readClaim(claim)
    if (holder === owner) return path
    if (holder !== undefined || (await exists(await locate(ctx.workspace, path)))) continue
    if ((await tryClaim(claim, owner)) || (await readClaim(claim)) === owner) return path
  }
  throw new ToolError(
    'invalid_input',
    `There are ${MAX_TRIES} files named like "${wanted}" already. Choose another name.`,
  )
}

async function readClaim(claim: string): Promise<string | undefined> {
  try {
    return await readFile(claim, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

async function tryClaim(claim: string, owner: string): Promise<boolean> {
  const draft = `${claim}.${randomUUID()}`
  await writeFile(draft, owner)
  try {
    await link(draft, claim)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false
    throw error
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
