/** Protects: git's history shows that a landed migration has changed. The repositories are created here. */
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addToLanded, changedMigrations, historyGap, rewrittenMigrations } from './landed.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'persona-landed-'))
  await mkdir(join(folder, 'migrations'))
})
afterEach(() => rm(folder, { recursive: true }))

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...args], { cwd: folder })

const write = (file: string, text: string) => writeFile(join(folder, 'migrations', file), text)

async function land(file: string, text: string): Promise<void> {
  await write(file, text)
  await addToLanded(folder)
  commit(`land ${file}`)
}

function commit(subject: string): void {
  git('add', '--all')
  git('commit', '--quiet', '--message', subject)
}

/** Changes a landed migration and rewrites the list, so that the two match. */
async function rewrite(file: string, text: string): Promise<void> {
  await rm(join(folder, 'migrations/landed.sha256'))
  await write(file, text)
  await addToLanded(folder)
}

test('a landed migration that is changed together with its hash is named, committed or not', async () => {
  git('init', '--quiet')
  await land('1_first.sql', 'select 1;')
  await land('2_second.sql', 'select 2;')
  expect(await rewrittenMigrations(folder)).toEqual([])

  await rewrite('1_first.sql', 'select 3;')
  expect(await changedMigrations(folder)).toEqual([])
  expect(await rewrittenMigrations(folder)).toEqual(['1_first.sql'])
  commit('rewrite it')
  expect(await rewrittenMigrations(folder)).toEqual(['1_first.sql'])

  await rewrite('1_first.sql', 'select 1;')
  commit('take it back')
  expect(await rewrittenMigrations(folder)).toEqual([])
})

test('a landed migration that is removed together with its line is named', async () => {
  git('init', '--quiet')
  await land('1_first.sql', 'select 1;')
  await land('2_second.sql', 'select 2;')
  await rm(join(folder, 'migrations/1_first.sql'))
  await rewrite('2_second.sql', 'select 2;')
  commit('remove one')
  expect(await changedMigrations(folder)).toEqual([])
  expect(await rewrittenMigrations(folder)).toEqual(['1_first.sql'])
})

test('a clone without the whole history is reported, and so is a folder without any', async () => {
  await write('1_first.sql', 'select 1;')
  await addToLanded(folder)
  expect(await historyGap(folder)).toMatch(/^Git does not work here: /)
  expect(await rewrittenMigrations(folder)).toEqual([])

  git('init', '--quiet')
  commit('first')
  expect(await historyGap(folder)).toBeUndefined()
  await land('2_second.sql', 'select 2;')
  git('clone', '--quiet', '--depth', '1', `file://${folder}`, 'shallow')
  expect(await historyGap(join(folder, 'shallow'))).toMatch(/^This clone is shallow/)
})
