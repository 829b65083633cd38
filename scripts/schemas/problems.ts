/** Finds what is wrong with `supabase/schemas` and `supabase/migrations`, one line for each problem. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Difference, differences, SUPABASE } from './catalog.ts'
import { changedMigrations, rewrittenMigrations } from './landed.ts'

export async function schemaProblems(supabase = SUPABASE): Promise<string[]> {
  return [
    ...(await filesWithoutPlace(supabase)).map((file) => `supabase/schemas/${file} has no line in order.txt.`),
    ...(await changedMigrations(supabase)).map(
      (file) =>
        `supabase/migrations/${file} was changed after it landed. Undo the change, and add a migration with \`npm run migration NAME\`.`,
    ),
    ...(await rewrittenMigrations(supabase)).map(
      (file) =>
        `supabase/migrations/${file} landed with another hash in landed.sha256. Restore both and add a migration; if the file never left your branch, squash the commits that made it.`,
    ),
    ...(await differences(supabase)).map(describe),
  ]
}

async function filesWithoutPlace(supabase: string): Promise<string[]> {
  const schemas = join(supabase, 'schemas')
  const order = (await readFile(join(schemas, 'order.txt'), 'utf8')).split('\n')
  const files = (await readdir(schemas, { recursive: true })).filter((file) => file.endsWith('.sql'))
  return files.filter((file) => !order.includes(file))
}

function describe({ object, wanted, given }: Difference): string {
  if (!given) return `${object} is only in the schemas.`
  return wanted ? `${object} differs.` : `${object} is only in the migrations.`
}
