/**
 * `npm run check:schemas`: proves on PGlite that the schemas and the migrations give the same database, that no migration
 * has changed since it landed, and that every schema file has its place in the order.
 */
import '../require-node.ts'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { differences } from './catalog.ts'
import { changedMigrations } from './landed.ts'

const schemas = join(import.meta.dirname, '../../supabase/schemas')

async function filesWithoutPlace(): Promise<string[]> {
  const order = (await readFile(join(schemas, 'order.txt'), 'utf8')).split('\n')
  const files = (await readdir(schemas, { recursive: true })).filter((file) => file.endsWith('.sql'))
  return files.filter((file) => !order.includes(file))
}

const problems = [
  ...(await filesWithoutPlace()).map((file) => `supabase/schemas/${file} has no line in order.txt.`),
  ...(await changedMigrations()).map(
    (file) =>
      `supabase/migrations/${file} is not as it landed. Never change a migration: add one by \`npm run migration NAME\`.`,
  ),
  ...(await differences()).map(({ object, wanted, given }) =>
    given
      ? wanted
        ? `${object} differs.`
        : `${object} is in the migrations only.`
      : `${object} is in the schemas only.`,
  ),
]
if (problems.length > 0) {
  console.error(`${problems.join('\n')}\n\`npm run migration NAME\` writes what the migrations lack.`)
  process.exit(1)
}
