/** The chaos test on PostgreSQL, from the first worker to the report. */
import {
  crashEverywhere,
  dropConnections,
  killAtRandom,
  killDatabase,
  pauseAtRandom,
  replaceWorkers,
  untilQuiet,
} from './phases.ts'
import { seededRandom } from './random.ts'
import { type Report, report } from './report.ts'
import { type Chaos, startChaos } from './setup.ts'

export interface Plan {
  seed: number
  kills: number
  pauses: number
  drops: number
  databaseKills: number
  /** The number of runs that are always under way. */
  load: number
}

/** The number of other disturbances for N kills of workers. */
export const planFor = (kills: number, seed: number): Plan => ({
  seed,
  kills,
  pauses: Math.ceil(kills / 20),
  drops: Math.ceil(kills / 20),
  databaseKills: Math.ceil(kills / 50),
  load: 16,
})

/** How long runs may take to end after the last kill. Webhooks and mails have leases of a minute. */
const QUIET_SECONDS = 150

/** Rejects only if the harness itself fails. `faults` lists everything that the platform did wrong. */
export async function runChaos(plan: Plan, say: (line: string) => void): Promise<Report> {
  const chaos = await startChaos(seededRandom(plan.seed), say)
  try {
    chaos.load.keep(plan.load)
    const faults = await breakThings(chaos, plan)
    say('waiting until every run has ended')
    await chaos.load.end()
    await untilQuiet(chaos, QUIET_SECONDS)
    const found = await report(chaos, plan.seed)
    for (const [message, times] of chaos.errors) say(`  logged by workers ${times} times: ${message}`)
    return { ...found, faults: [...faults, ...found.faults] }
  } finally {
    await chaos.close()
  }
}

async function breakThings(chaos: Chaos, plan: Plan): Promise<string[]> {
  const { say } = chaos
  const began = Date.now()
  const phase = (what: string) => say(`${((Date.now() - began) / 1000).toFixed(0).padStart(4)} s  ${what}`)
  phase('a worker dies at every named crash point')
  const missed = await crashEverywhere(chaos)
  phase(`${plan.kills} kills at random`)
  await killAtRandom(chaos, plan.kills)
  phase(`${plan.pauses} pauses beyond the lease`)
  await pauseAtRandom(chaos, plan.pauses)
  phase(`connections dropped ${plan.drops} times`)
  await dropConnections(chaos, plan.drops)
  phase(`${plan.databaseKills} kills of PostgreSQL`)
  await killDatabase(chaos, plan.databaseKills)
  phase('one worker more, one less, then each replaced')
  const bad = await replaceWorkers(chaos)
  phase('done')
  return [...missed.map((point) => `crash point not reached: ${point}`), ...bad]
}
