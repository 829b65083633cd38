import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { copyFresh } from './fresh-database.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fresh-database-'))
  await mkdir(join(folder, 'fresh'))
  await writeFile(join(folder, 'fresh/PG_VERSION'), '18')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const copy = (from = 'fresh') => copyFresh(join(folder, from), join(folder, 'data/pgdata'))
const versionThere = () => readFile(join(folder, 'data/pgdata/PG_VERSION'), 'utf8')

test('a new data folder begins as a copy', async () => {
  await copy()
  expect(await versionThere()).toBe('18')
})

test('data that is there stays', async () => {
  await mkdir(join(folder, 'data/pgdata'), { recursive: true })
  await writeFile(join(folder, 'data/pgdata/PG_VERSION'), 'mine')
  await copy()
  expect(await versionThere()).toBe('mine')
})

test('what a copy that was cut short has left is replaced', async () => {
  await mkdir(join(folder, 'data/pgdata.part'), { recursive: true })
  await writeFile(join(folder, 'data/pgdata.part/half'), '')
  await copy()
  expect(await readdir(join(folder, 'data'))).toEqual(['pgdata'])
  expect(await readdir(join(folder, 'data/pgdata'))).toEqual(['PG_VERSION'])
})

test('without a fresh database, nothing is created', async () => {
  await copy('missing')
  expect(await readdir(folder)).toEqual(['fresh'])
})
