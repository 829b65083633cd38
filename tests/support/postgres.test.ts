import { existsSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { ask } from './ask.ts'
import { startPostgres, withPostgres } from './postgres.ts'

test('is PostgreSQL 17 with pgvector 0.8 and pgmq', async () => {
  const url = inject('postgresUrl')
  expect(await ask(url, 'show server_version')).toEqual([{ server_version: expect.stringMatching(/^17\./) }])
  const extensions = `select name, default_version as version from pg_available_extensions
    where name in ('pgmq', 'vector') order by name`
  expect(await ask(url, extensions)).toEqual([
    { name: 'pgmq', version: '1.11.1' },
    { name: 'vector', version: expect.stringMatching(/^0\.8\./) },
  ])
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
