/**
 * `npm run migration NAME`: writes a new migration that brings a database from the newest migration to the schemas, and
 * tries it. Some changes cannot be written without knowing what they mean: a column that was removed or renamed, or
 * that has another type. The script names them; write them into the new file by hand. Then
 * `npm run migration -- --seal` tries the file again and records it as landed.
 */
import '../require-node.ts'
import { sealMigrations, writeMigration } from './write-migration.ts'

const [name] = process.argv.slice(2)
if (name !== '--seal' && !(name && /^[a-z0-9_]+$/.test(name))) {
  console.error('Usage: npm run migration NAME, with a name of small letters, digits and _, e.g. add_due_dates')
  process.exit(1)
}

if (name !== '--seal') {
  const written = await writeMigration(name)
  console.log(
    written
      ? `Wrote supabase/migrations/${written.file} with ${written.statements} statements. Read it before you commit it.`
      : 'Nothing to write: the migrations and the schemas give the same database.',
  )
}
const left = await sealMigrations()
if (left.length > 0) {
  console.error(
    `Write these changes into the migration by hand, then run \`npm run migration -- --seal\`:\n${left.join('\n')}`,
  )
  process.exitCode = 1
}
