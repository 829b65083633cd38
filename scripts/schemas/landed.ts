/** A migration that has landed is never changed: `supabase/migrations/landed.sha256` holds what each of them was. */
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const listOf = (supabase: string) => join(supabase, 'migrations/landed.sha256')

/** Lines as `sha256sum` writes them, so that `sha256sum --check` reads them as well. */
async function linesNow(supabase: string): Promise<string[]> {
  const folder = join(supabase, 'migrations')
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

/** Migrations that are not as they were when they landed, or are not in the list. */
export async function changedMigrations(supabase: string): Promise<string[]> {
  const landed = (await readFile(listOf(supabase), 'utf8')).split('\n').filter(Boolean)
  const now = await linesNow(supabase)
  const different = [...landed.filter((line) => !now.includes(line)), ...now.filter((line) => !landed.includes(line))]
  return [...new Set(different.map((line) => line.split('  ')[1] ?? line))]
}

/** Adds what is new to the list. Throws when a migration of the list was changed or removed. */
export async function addToLanded(supabase: string): Promise<void> {
  const landed = (await readFile(listOf(supabase), 'utf8').catch(() => '')).split('\n').filter(Boolean)
  const now = await linesNow(supabase)
  const changed = landed.filter((line) => !now.includes(line))
  if (changed.length > 0) throw new Error(`These migrations have landed and must not change: ${changed.join(', ')}`)
  await writeFile(listOf(supabase), `${now.join('\n')}\n`)
}
