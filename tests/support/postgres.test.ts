import { existsSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { createDatabase } from './database.ts'
import { startPostgres, withPostgres } from './postgres.ts'

async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

test('is PostgreSQL 17 with pgvector and pgmq, each test file on its own clone', async () => {
  const [one, two] = await Promise.all([createDatabase(inject('postgresUrl')), createDatabase(inject('postgresUrl'))])
  expect(await ask(one.url, 'show server_version_num')).toEqual([{ server_version_num: expect.stringMatching(/^17/) }])
  expect(await ask(one.url, `select '[1,2]'::vector <-> '[1,3]' as distance`)).toEqual([{ distance: 1 }])
  await ask(one.url, `select pgmq.create('q')`)
  expect(await ask(one.url, `select pgmq.send('q', '{}') as id`)).toEqual([{ id: '1' }])
  expect(await ask(two.url, 'select queue_name from pgmq.meta')).not.toContainEqual({ queue_name: 'q' })
  await Promise.all([one.drop(), two.drop()])
})

test('committed rows survive a crash, and fsync is on unless asked otherwise', async () => {
  await withPostgres(async (server) => {
    expect(await ask(server.url, 'show fsync')).toEqual([{ fsync: 'on' }])
    await ask(server.url, 'create table kept as select 7 as n')
    const before = server.pid
    await server.kill9()
    await expect(ask(server.url, 'select 1')).rejects.toThrow(/ECONNREFUSED/)
    await server.restart()
    expect(server.pid).not.toBe(before)
    expect(await ask(server.url, 'select n from kept')).toEqual([{ n: 7 }])
  })
})

test('runs as an ordinary user, and leaves nothing behind', async () => {
  const server = await startPostgres({ fsync: false })
  const [row] = await ask(server.url, `select current_setting('data_directory') as folder`)
  const inside = readlinkSync(`/proc/${server.pid}/root`)
  const folder = join(inside, String(row?.folder))
  expect(statSync(`/proc/${server.pid}`).uid).not.toBe(0)
  expect(existsSync(folder)).toBe(true)
  await server.stop()
  expect(existsSync(folder)).toBe(false)
  expect(existsSync(`/proc/${server.pid}`)).toBe(false)
})
