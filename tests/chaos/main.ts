/** `npm run chaos -- --kills N --seed S [--embedded]`: prints a table, and as its last line one JSON object. */
import { parseArgs } from 'node:util'
import { planFor, runChaos } from './chaos.ts'
import { runEmbeddedChaos } from './embedded.ts'
import { table } from './report.ts'

const { values: flags } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    embedded: { type: 'boolean' },
  },
})
const kills = Number(flags.kills)
const seed = Number(flags.seed)
if (!Number.isInteger(kills) || kills < 0 || !Number.isInteger(seed)) {
  console.error('--kills is a number from 0, --seed is a whole number.')
  process.exit(2)
}

const say = (line: string) => console.log(line)
const { rows, faults, result } = flags.embedded
  ? await runEmbeddedChaos(kills, seed, say)
  : await runChaos(planFor(kills, seed), say)
say(table(rows))
for (const fault of faults) say(`! ${fault}`)
say(JSON.stringify(result))
process.exit(faults.length > 0 ? 1 : 0)
