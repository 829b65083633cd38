/** Writes migrations from the difference between schemas and migrations. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Difference, differences, SUPABASE } from './catalog.ts'
import { addToLanded } from './landed.ts'

const FUNCTIONS = 'function '

/** Writes all changes that can be generated to a new file. Returns undefined if nothing differs. */
export async function writeMigration(
  name: string,
  supabase = SUPABASE,
): Promise<{ file: string; statements: number } | undefined> {
  const found = await differences(supabase)
  if (found.length === 0) return undefined
  const writable = found.filter(canBeWritten)
  // replaced objects are removed first, in reverse order, so that no other object still needs them
  const undone = writable.filter((difference) => !isReplacedInPlace(difference)).reverse()
  const statements = [...undone.map(({ given }) => given?.undo), ...writable.map(({ wanted }) => wanted?.make)].filter(
    Boolean,
  )
  const file = `${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}_${name}.sql`
  const head = `-- ${name.replaceAll('_', ' ')}\nset check_function_bodies = off;`
  await writeFile(join(supabase, 'migrations', file), `${[head, ...statements].join('\n\n')}\n`)
  return { file, statements: statements.length }
}

const isReplacedInPlace = ({ object, wanted, given }: Difference) => wanted && given && object.startsWith(FUNCTIONS)

/** A generated statement never removes data: catalog.sql has no such statement. */
function canBeWritten(difference: Difference): boolean {
  const { wanted, given } = difference
  const canMake = wanted?.make !== null
  const canUndo = given?.undo !== null
  return canMake && (canUndo || Boolean(isReplacedInPlace(difference)))
}

/**
 * Records the migrations as landed if they match the schemas. Otherwise returns the changes that a person has to write.
 */
export async function sealMigrations(supabase = SUPABASE): Promise<string[]> {
  const left = await differences(supabase)
  if (left.length === 0) await addToLanded(supabase)
  return left.map(describe)
}

function describe({ object, wanted, given }: Difference): string {
  return `  ${object}: ${given?.definition ?? 'is missing'} -> ${wanted?.definition ?? 'has to be removed'}`
}
