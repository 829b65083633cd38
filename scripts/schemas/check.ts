/**
 * `npm run check:schemas`: proves on PGlite that the schemas and the migrations give the same database, that no migration
 * has changed since it landed, and that every schema file is in order.txt.
 */
import '../require-node.ts'
import { SUPABASE } from './catalog.ts'
import { historyGap } from './landed.ts'
import { schemaProblems } from './problems.ts'

const gap = await historyGap(SUPABASE)
if (gap) console.warn(`WARNING: Nothing shows whether a landed migration was changed together with its hash. ${gap}`)
const problems = await schemaProblems()
if (problems.length > 0) {
  console.error(`${problems.join('\n')}\n\`npm run migration NAME\` writes what the migrations lack.`)
  process.exitCode = 1
}
