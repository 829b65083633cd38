/** Protects: example chips. What a new workspace's persona, a template or the demo offers to try makes a file, with the demo model too. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DemoModel, startDemoModel } from '../../demo-model/server.ts'
import { talkTo } from '../../demo-model/testing/talk-to.ts'
import { templates } from '../../nuxt-app/app/features/personas/templates.ts'
import { ownDatabase } from './own-database.ts'

const { client } = await ownDatabase()
let server: DemoModel
beforeAll(async () => {
  server = await startDemoModel()
})
afterAll(() => server.close())

const firstPersona = (await client.query('select platform.first_persona() as persona')).rows[0].persona
const seed = await readFile(new URL('../../supabase/seed.sql', import.meta.url), 'utf8')
const ofDemo = [...seed.matchAll(/'\{("[^']+")\}'/g)].flatMap(([, list]) => JSON.parse(`[${list}]`) as string[])
const offered = new Set([...firstPersona.examples, ...templates.flatMap(({ examples }) => examples), ...ofDemo])

test('every template but the empty one, the first persona and the demo have examples', () => {
  expect(templates.filter(({ examples }) => !examples.length).map(({ key }) => key)).toEqual(['blank'])
  expect(firstPersona.examples.length).toBeGreaterThan(1)
  expect(ofDemo.length).toBeGreaterThan(3)
})

test.each([...offered])('“%s” ends with a file', async (example) => {
  const played = await talkTo(server.url, example)
  expect(played.limit).toBeUndefined()
  expect(played.calls.some(({ name }) => name.startsWith('generate_'))).toBe(true)
})
