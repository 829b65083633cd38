import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keepBuild, takeBuild } from './kept-builds.ts'
import { sourceDigest } from './sources.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'web-build-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const digestOf = (letter: string) => letter.repeat(64)
const cache = () => join(folder, 'cache')

async function write(path: string, content: string) {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), content)
}
async function keep(letter: string) {
  await write('built/index.html', `build ${letter}`)
  await write('built/_nuxt/app.js', `script ${letter}`)
  await keepBuild(cache(), digestOf(letter), join(folder, 'built'))
}
const take = (letter: string) => takeBuild(cache(), digestOf(letter), join(folder, 'taken'))

test('a kept build replaces everything that was in the folder', async () => {
  await keep('a')
  await write('taken/old.html', 'old')
  expect(await take('a')).toBe(true)
  expect(await readFile(join(folder, 'taken/index.html'), 'utf8')).toBe('build a')
  expect((await readdir(join(folder, 'taken'), { recursive: true })).sort()).toEqual([
    '_nuxt',
    '_nuxt/app.js',
    'index.html',
  ])
})

test('a build of other sources is never taken', async () => {
  await keep('a')
  expect(await take('b')).toBe(false)
})

test.each([
  ['a file that was changed', (kept: string) => writeFile(join(kept, 'public/index.html'), 'stale')],
  ['a file that is gone', (kept: string) => rm(join(kept, 'public/_nuxt/app.js'))],
  ['a file that was added', (kept: string) => writeFile(join(kept, 'public/more.js'), '')],
])('a kept build with %s is not taken, and the next one is kept in its place', async (_what, damage) => {
  await keep('a')
  await damage(join(cache(), `web-${digestOf('a')}`))
  expect(await take('a')).toBe(false)
  await keep('a')
  expect(await take('a')).toBe(true)
})

test('a build that another process has kept meanwhile stays, and nothing else is left', async () => {
  await keep('a')
  await keep('a')
  expect(await take('a')).toBe(true)
  expect(await readdir(cache())).toEqual([`web-${digestOf('a')}`])
})

test('the builds that were unused for the longest time are removed, and nothing else in the folder', async () => {
  await write('cache/web-notes.txt', 'not a build')
  for (const [age, letter] of ['a', 'b', 'c', 'd', 'e'].entries()) {
    await keep(letter)
    await utimes(join(cache(), `web-${digestOf(letter)}`), 1000 + age, 1000 + age)
  }
  await take('a')
  await keep('f')
  expect((await readdir(cache())).sort()).toEqual([
    ...['a', 'c', 'd', 'e', 'f'].map((letter) => `web-${digestOf(letter)}`),
    'web-notes.txt',
  ])
})

test.each([
  'nuxt-app/app/pages/index.vue',
  'nuxt-app/app/deep/new.ts',
  'nuxt-app/public/icon.svg',
  'nuxt-app/nuxt.config.ts',
  'nuxt-app/package.json',
  'nuxt-app/.env',
  'contracts/api/runs.ts',
  'sdk/index.ts',
  'package-lock.json',
  'node_modules/.package-lock.json',
])('a change of %s makes another build', async (path) => {
  await write('nuxt-app/app/app.vue', 'app')
  const before = await sourceDigest(folder)
  await write(path, 'one')
  const added = await sourceDigest(folder)
  await write(path, 'two')
  expect(new Set([before, added, await sourceDigest(folder)]).size).toBe(3)
})

test('text that moves from one file to another makes another build; changes of tests and other rooms do not', async () => {
  await write('sdk/a.ts', 'one')
  await write('sdk/b.ts', 'two')
  const before = await sourceDigest(folder)
  await write('sdk/a.test.ts', 'a test')
  await write('sdk/node_modules/x/index.js', 'a library')
  await write('executor/main.ts', 'another room')
  expect(await sourceDigest(folder)).toBe(before)
  await write('sdk/a.ts', 'onetwo')
  await write('sdk/b.ts', '')
  expect(await sourceDigest(folder)).not.toBe(before)
})
