/**
 * Protects: whatever process dies, and at whatever point, no run is lost or stuck, and no effect happens twice. This is
 * the short version of `npm run chaos`: every named crash point, a few kills, a pause, broken connections, PostgreSQL
 * killed.
 */
import { expect, it } from 'vitest'
import { runChaos } from './chaos.ts'

it('survives the chaos', { timeout: 900_000 }, async () => {
  const { result, faults } = await runChaos(
    { seed: 1, kills: 5, pauses: 1, drops: 1, databaseKills: 1, load: 10 },
    () => {},
  )
  expect(faults).toEqual([])
  expect(result).toMatchObject({ lost: 0, doubled: 0, stuck: 0 })
  expect(result.runs).toBeGreaterThan(20)
  expect(result.completed).toBe(result.runs)
})
