/**
 * A migration that has landed is never changed. `supabase/migrations/landed.sha256` holds the hash of each of them, and
 * git's history of that list shows whether somebody changed a migration and its hash together.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const LIST = 'landed.sha256'
const migrationsIn = (supabase: string) => join(supabase, 'migrations')
const fileOf = (line: string) => line.split('  ')[1] ?? line

/** Lines in the format of `sha256sum`, so that `sha256sum --check` can read them. */
async function linesNow(supabase: string): Promise<string[]> {
  const folder = migrationsIn(supabase)
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort()
  return Promise.all(
    files.map(async (file) => {
      const hash = createHash('sha256')
        .update(await readFile(join(folder, file)))
        .digest('hex')
      return `${hash}  ${file}`
    }),
  )
}

const landedLines = async (supabase: string) =>
  (await readFile(join(migrationsIn(supabase), LIST), 'utf8')).split('\n').filter(Boolean)

/** Migrations that do not match the list, or are missing on one side. */
export async function changedMigrations(supabase: string): Promise<string[]> {
  const landed = await landedLines(supabase)
  const now = await linesNow(supabase)
  const different = [...landed.filter((line) => !now.includes(line)), ...now.filter((line) => !landed.includes(line))]
  return [...new Set(different.map(fileOf))]
}

/** Migrations whose line in the list is not the first one that git's history has for them. */
export async function rewrittenMigrations(supabase: string): Promise<string[]> {
  const landed = await landedLines(supabase)
  const first = new Map<string, string>()
  for (const line of await linesEverAdded(supabase)) if (!first.has(fileOf(line))) first.set(fileOf(line), line)
  return [...first].filter(([, line]) => !landed.includes(line)).map(([file]) => file)
}

/** Why git's history cannot show every rewritten migration; undefined if it can. */
export async function historyGap(supabase: string): Promise<string | undefined> {
  try {
    const shallow = await git(supabase, ['rev-parse', '--is-shallow-repository'])
    if (shallow.trim() === 'false') return undefined
    return 'This clone is shallow. Run `git fetch --unshallow` first.'
  } catch (error) {
    return `Git does not work here: ${error instanceof Error ? error.message.trim() : error}`
  }
}

/** Every line that a commit added to the list, oldest first. Empty outside of a git clone (see `historyGap`). */
async function linesEverAdded(supabase: string): Promise<string[]> {
  const log = ['log', '--topo-order', '--reverse', '--full-history', '--format=', '--patch', '--no-ext-diff']
  const patches = await git(supabase, [...log, '--no-color', '--', LIST]).catch(() => '')
  return Array.from(patches.matchAll(/^\+([0-9a-f]{64} {2}.+)$/gm), ([, line]) => line!)
}

async function git(supabase: string, args: string[]): Promise<string> {
  return (await promisify(execFile)('git', args, { cwd: migrationsIn(supabase), maxBuffer: 64 * 1024 * 1024 })).stdout
}

/** Adds new migrations to the list. Throws if a migration in the list was changed or removed. */
export async function addToLanded(supabase: string): Promise<void> {
  const landed = await landedLines(supabase).catch(() => [])
  const now = await linesNow(supabase)
  const changed = landed.filter((line) => !now.includes(line))
  if (changed.length > 0) throw new Error(`These migrations have landed and must not change: ${changed.join(', ')}`)
  await writeFile(join(migrationsIn(supabase), LIST), `${now.join('\n')}\n`)
}
