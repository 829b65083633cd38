import { expect, inject, test } from 'vitest'
import { ask } from './ask.ts'
import { createDatabase } from './database.ts'

test('each test file has the whole schema, and no data of other files', async () => {
  const server = inject('postgresUrl')
  const [one, two] = await Promise.all([createDatabase(server), createDatabase(server)])
  try {
    expect(
      await ask(one.url, `select '[1,2]'::extensions.vector operator(extensions.<->) '[1,3]' as distance`),
    ).toEqual([{ distance: 1 }])
    expect(await ask(one.url, 'select count(*)::int as rows from public.workspaces')).toEqual([{ rows: 0 }])
    await ask(one.url, `select pgmq.create('only_here')`)
    expect(await ask(two.url, 'select queue_name from pgmq.meta')).not.toContainEqual({ queue_name: 'only_here' })
  } finally {
    await Promise.all([one.drop(), two.drop()])
  }
  const left = await ask(server, 'select from pg_database where datname = any($1)', [
    [one, two].map(({ url }) => new URL(url).pathname.slice(1)),
  ])
  expect(left).toEqual([])
})
