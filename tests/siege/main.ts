/**
 * `npm run soak -- [--statements N]`: sends refused statements while runs are under way. Prints a table, and one JSON
 * object as its last line.
 */
import { parseArgs } from 'node:util'
import { table } from '../chaos/report.ts'
import { residentMB } from '../support/memory.ts'
import { sendRefused } from './refused.ts'
import { healthDuring, quietHealth, startSiege } from './siege.ts'

/** The number of refused statements before memory is measured, because the first ones fill caches. */
const WARM_UP = 5_000
const MOST_GROWTH = 1.25
const LONGEST_STALL_MS = 1_000

const { values: flags } = parseArgs({ options: { statements: { type: 'string', default: '100000' } } })
const statements = Number(flags.statements)
if (!Number.isInteger(statements) || statements < 1) {
  console.error('--statements is a whole number from 1.')
  process.exit(2)
}

const siege = await startSiege()
const { pid, url } = siege.product
try {
  const quiet = await quietHealth(url)
  await siege.besideRuns(async () => void (await sendRefused(siege.target, WARM_UP)))
  const before = await residentMB(pid)
  let answers = new Map<number, number>()
  let runs: string[] = []
  const began = performance.now()
  const health = await healthDuring(url, async () => {
    runs = await siege.besideRuns(async () => {
      answers = await sendRefused(siege.target, statements)
    })
  })
  const after = await residentMB(pid)
  const completed = runs.filter((status) => status === 'completed').length
  const result = {
    statements,
    seconds: Math.round((performance.now() - began) / 1000),
    statuses: Object.fromEntries(answers),
    runs: runs.length,
    completed,
    resident_mb: [before, after],
    longest_health_ms: Math.round(health.at(-1) ?? 0),
    quiet_health_ms: Math.round(quiet.at(-1) ?? 0),
  }
  const faults = [
    ...(completed < runs.length ? [`${runs.length - completed} runs did not complete`] : []),
    ...([...answers.keys()].some((status) => status >= 500 || status < 400) ? ['not all were refused in order'] : []),
    ...(after > before * MOST_GROWTH ? ['memory grows'] : []),
    ...(result.longest_health_ms > LONGEST_STALL_MS ? ['it stalled for more than a second'] : []),
  ]
  console.log(
    table([
      ['refused statements', `${statements} in ${result.seconds} s`],
      ['answers by status', JSON.stringify(result.statuses)],
      ['runs beside them, completed', `${runs.length}, ${completed}`],
      ['resident memory before, after', `${before} MB, ${after} MB`],
      ['longest time of /health, and without load', `${result.longest_health_ms} ms, ${result.quiet_health_ms} ms`],
    ]),
  )
  for (const fault of faults) console.log(`! ${fault}`)
  console.log(JSON.stringify(result))
  process.exitCode = faults.length > 0 ? 1 : 0
} finally {
  await siege.close()
}
