/** Protects: nobody can stop the others. Whatever strangers send, another tenant's runs complete and /health answers. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { attacks } from './attacks.ts'
import { sendRefused } from './refused.ts'
import { healthDuring, quietHealth, type Siege, startSiege } from './siege.ts'

/** The maximum ratio between the slowest /health under attack and without. Before the limits it was over a thousand. */
const MOST_TIMES_QUIET = 100
/** `npm run soak` sends 100,000. */
const REFUSED_STATEMENTS = 3_000

let siege: Siege
beforeAll(async () => {
  siege = await startSiege()
}, 400_000)
afterAll(() => siege?.close())

test('every attack is refused, and nobody has to wait', { timeout: 300_000 }, async () => {
  const quiet = await quietHealth(siege.product.url)
  const failed: string[] = []
  let statuses: string[] = []
  const health = await healthDuring(siege.product.url, async () => {
    statuses = await siege.besideRuns(async () => {
      for (const [name, attack] of Object.entries(attacks)) {
        await attack(siege.target).catch((error) => failed.push(`${name}: ${error.message}`))
      }
    })
  })
  expect(failed).toEqual([])
  expect([...new Set(statuses)]).toEqual(['completed'])
  expect(health.at(-1)! / quiet.at(-1)!).toBeLessThan(MOST_TIMES_QUIET)
})

test('refused statements cost nothing', { timeout: 300_000 }, async () => {
  let answers = new Map<number, number>()
  const statuses = await siege.besideRuns(async () => {
    answers = await sendRefused(siege.target, REFUSED_STATEMENTS)
  })
  expect([...answers.keys()].filter((status) => status >= 500 || status < 400)).toEqual([])
  expect([...new Set(statuses)]).toEqual(['completed'])
})
