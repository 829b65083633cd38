/** Protects: a statement that breaks PGlite's session fails, but other data and listeners are not affected. */
import { execFile } from 'node:child_process'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import manifest from '../../../package.json' with { type: 'json' }
import { copyTemplate, openPreparedPglite } from '../../../tests/support/embedded/template.ts'
import type { EmbeddedDatabase } from './embedded-database.ts'
import { openPglite } from './pglite.ts'

const DEEP_JSON = "select (repeat('[', 100000) || repeat(']', 100000))::jsonb"
/** PGlite's default, which is more than V8's stack allows. */
const UNBOUNDED = "set max_stack_depth = '2MB'"

let database: EmbeddedDatabase
beforeAll(async () => {
  database = await openPreparedPglite()
  await database.exec('create table public.kept (id int primary key)')
})
afterAll(() => database.close())

/** Each way in which a statement was seen to break PGlite 0.5.17. */
const breaking: [name: string, run: () => Promise<unknown>][] = [
  ['JSON nested more deeply than the stack holds', () => database.handle.transaction((query) => query(DEEP_JSON))],
  [
    'a pattern nested more deeply than the stack holds',
    () => database.handle.transaction((query) => query(`select 'a' ~ repeat('(', 50000)`)),
  ],
  [
    'a function that calls itself for ever',
    async () => {
      await database.handle.query(`
        create or replace function public.for_ever(i int) returns int language plpgsql as $$
        begin
          return public.for_ever(i + 1);
        end
        $$`)
      return database.handle.query('select public.for_ever(1)')
    },
  ],
]

test.each(breaking)('after %s the database is opened again, with all that was committed', async (name, run) => {
  const { query, transaction, listen } = database.handle
  const id = breaking.findIndex(([other]) => other === name)
  await query('insert into public.kept values ($1)', [id])
  const heard: string[] = []
  const stop = await listen('news', (payload) => heard.push(payload))
  await query(UNBOUNDED)

  const [broken, waiting] = await Promise.allSettled([run(), transaction((inside) => inside('select 1 as one'))])
  expect(broken).toMatchObject({ status: 'rejected', reason: { code: 'PT503' } })
  // it waited behind the broken statement: it failed too, or the next session answered it correctly
  if (waiting.status === 'fulfilled') expect(waiting.value).toEqual([{ one: 1 }])
  else expect(waiting.reason).toMatchObject({ code: 'PT503' })

  expect(await query('select id from public.kept where id = $1', [id])).toEqual([{ id }])
  await query("select pg_notify('news', 'again')")
  await expect.poll(() => heard).toEqual(['', 'again'])
  await stop()
})

test('in the process that `npm start` starts, nesting without end is refused like any other statement', async () => {
  const [stackSize] = /--stack-size=\d+/.exec(manifest.scripts.start) ?? []
  const program = `
    import { openPglite } from ${JSON.stringify(join(import.meta.dirname, 'pglite.ts'))}
    const { handle } = await openPglite(process.argv[1])
    const nested = (open, close, levels) => open.repeat(levels) + '1' + close.repeat(levels)
    const outcomes = []
    for (const levels of [1_000, 3_999, 100_000]) {
      for (const [sql, value] of [
        ['select jsonb_typeof($1::jsonb)', nested('[', ']', levels)],
        ['select jsonb_typeof($1::jsonb)', nested('{"a":', '}', levels)],
        ["select 'a' ~ $1", nested('(', ')', levels)],
        ['select length($1::tsquery::text)', nested('(', ')', levels)],
      ]) {
        const outcome = handle.transaction((query) => query(sql, [value]))
        outcomes.push(await outcome.then(() => 'done', ({ code }) => code))
      }
    }
    console.log(JSON.stringify([outcomes, await handle.query('select 1 as one')]))`
  await using folder = await mkdtempDisposable(join(tmpdir(), 'persona-session-'))
  await copyTemplate(join(folder.path, 'pgdata'))
  const flags = [stackSize ?? '', '--input-type=module', '--eval', program]
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, join(folder.path, 'pgdata')])
  const [outcomes, after] = JSON.parse(stdout)
  const done = Array.from({ length: 4 }, () => 'done')
  // PostgreSQL refuses some of them by its own depth
  const tooDeep = done.map(() => expect.stringMatching(/^(done|54001)$/))
  expect(outcomes).toEqual([...done, ...tooDeep, ...done.map(() => '22023')])
  expect(after).toEqual([{ one: 1 }])
})

test('data in memory is not opened again, because it would be empty', async () => {
  const memory = await openPglite()
  await memory.handle.query(UNBOUNDED)
  const deepJson = () => memory.handle.transaction((query) => query(DEEP_JSON))
  await expect(deepJson()).rejects.toMatchObject({ code: 'PT503' })
  await expect(memory.handle.query('select 1')).rejects.toMatchObject({ code: 'PT503' })
  await memory.close()
})
