/**
 * `npm run migration NAME`: writes a new migration that brings a database from the newest migration to the schemas, and
 * tries it. Some changes cannot be written without knowing what is meant: a column that is gone, has another type or
 * another name. They are named, and you write them into the new file by hand; then `npm run migration -- --seal` tries it
 * again and notes that it must not change any more.
 */
import '../require-node.ts'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Difference, differences } from './catalog.ts'
import { addToLanded } from './landed.ts'

const folder = join(import.meta.dirname, '../../supabase/migrations')
const FUNCTIONS = 'function '

const [name] = process.argv.slice(2)
if (name === '--seal') await seal()
else if (!name || !/^[a-z0-9_]+$/.test(name)) {
  console.error('Usage: npm run migration NAME, with a name of small letters, digits and _, e.g. add_due_dates')
  process.exitCode = 1
} else await write(name)

async function write(name: string): Promise<void> {
  const found = await differences()
  if (found.length === 0) return console.log('Nothing to write: the migrations give what the schemas say.')
  // what is replaced is removed first, in reverse order, so that nothing else still needs it
  const undone = found
    .filter(({ object, given, wanted }) => given && !(wanted && object.startsWith(FUNCTIONS)))
    .reverse()
  const made = found.map(({ wanted }) => wanted?.make)
  const statements = [...undone.map(({ given }) => given?.undo), ...made].filter(Boolean)
  const file = `${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}_${name}.sql`
  const head = `-- ${name.replaceAll('_', ' ')}\nset check_function_bodies = off;`
  await writeFile(join(folder, file), `${[head, ...statements].join('\n\n')}\n`)
  console.log(`Wrote supabase/migrations/${file} with ${statements.length} statements. Read it before you commit it.`)
  await seal()
}

async function seal(): Promise<void> {
  const left = await differences()
  if (left.length === 0) return addToLanded()
  console.error(
    `Write these changes into the migration by hand, then run \`npm run migration -- --seal\`:\n${left.map(describe).join('\n')}`,
  )
  process.exitCode = 1
}

function describe({ object, wanted, given }: Difference): string {
  return `  ${object}: ${given?.definition ?? 'is missing'} -> ${wanted?.definition ?? 'is to be removed'}`
}
