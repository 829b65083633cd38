/** A migration that has landed is never changed: `supabase/migrations/landed.sha256` holds what each of them was. */
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../../supabase/migrations')
const list = join(folder, 'landed.sha256')

/** Lines as `sha256sum` writes them, so that `sha256sum --check` reads them as well. */
async function linesNow(): Promise<string[]> {
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
export async function changedMigrations(): Promise<string[]> {
  const landed = (await readFile(list, 'utf8')).split('\n').filter(Boolean)
  const now = await linesNow()
  const different = [...landed.filter((line) => !now.includes(line)), ...now.filter((line) => !landed.includes(line))]
  return [...new Set(different.map((line) => line.split('  ')[1] ?? line))]
}

/** Adds what is new to the list. Throws when a migration of the list was changed or removed. */
export async function addToLanded(): Promise<void> {
  const landed = (await readFile(list, 'utf8').catch(() => '')).split('\n').filter(Boolean)
  const now = await linesNow()
  const changed = landed.filter((line) => !now.includes(line))
  if (changed.length > 0) throw new Error(`These migrations have landed and must not change: ${changed.join(', ')}`)
  await writeFile(list, `${now.join('\n')}\n`)
}
