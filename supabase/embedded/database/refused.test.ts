import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPreparedPglite } from '../../../tests/support/embedded/template.ts'
import type { EmbeddedDatabase } from './embedded-database.ts'

/** PGlite 0.5.8 lost some stack space with each of these statements, and crashed after 1,850 of them. */
const REFUSED = 2_500

let database: EmbeddedDatabase
beforeAll(async () => {
  database = await openPreparedPglite()
  await database.exec(`
    create table public.rows (id int primary key);
    insert into public.rows values (1);
    alter table public.rows enable row level security;
    grant all on public.rows to anon`)
})
afterAll(() => database.close())

test('refused statements leave the database intact', async () => {
  const { query, transaction } = database.handle
  const kinds = [
    { code: '42P01', refused: () => query('select * from nowhere') },
    { code: '42703', refused: () => query('select missing from public.rows') },
    { code: '23505', refused: () => query('insert into public.rows values (1)') },
    { code: '22P02', refused: () => query('select $1::int', ['x']) },
    {
      code: '42501',
      refused: () =>
        transaction(async (inside) => {
          await inside('set local role anon')
          await inside('insert into public.rows values (2)')
        }),
    },
  ]
  for (let count = 0; count < REFUSED; count++) {
    const { code, refused } = kinds[count % kinds.length]!
    const error = await refused().catch((error) => error)
    if (error.code !== code) expect.fail(`statement ${count} ended with ${error.code ?? error}`)
  }
  expect(await query('select id from public.rows')).toEqual([{ id: 1 }])
})
