/** Protects: a database that is briefly unreachable fails no run, and uses up none of its attempts. */
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import type { Query } from '../../contracts/database-handle.ts'
import { type Platform, startPlatform } from './support/platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform(inject('postgresUrl'))
})
afterAll(() => platform?.close())

it('a segment is handed back each time the database is unreachable', async () => {
  const { database } = platform.embedded
  let away = 6 // more often than a persona has attempts
  const query: Query = async (sql, params) => {
    if (sql.includes('search_tools') && away-- > 0) {
      throw Object.assign(new Error('terminating connection due to administrator command'), { code: '57P01' })
    }
    return database.query(sql, params)
  }
  const executor = await platform.startExecutor({ database: { ...database, query } })
  const search = { tool_calls: [{ name: 'tool_search', arguments: { query: 'list files' } }] }
  const persona = await platform.persona([search, { text: 'Done.' }])
  const runId = await platform.createRun(persona.id)
  expect(await platform.ended(runId)).toMatchObject({ status: 'completed', fence: 8 })
  expect(away).toBeLessThanOrEqual(0)
  expect((await platform.steps(runId)).filter(({ kind }) => kind === 'notice')).toEqual([])
  await executor.close()
})
