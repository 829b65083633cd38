import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { packBuild, packedDigest, unpackBuild } from './packed-build.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'packed-build-'))
  await write('nuxt-app/app/app.vue', 'app')
  await write('build/index.html', 'page')
  await write('build/_nuxt/app.js', 'script')
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function write(path: string, content: string) {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), content)
}
const archive = () => readFile(join(root, 'nuxt-app/built/app.tar.gz'))

test('a packed build is unpacked whole, in the place of what was there', async () => {
  await packBuild(root, join(root, 'build'))
  await write('public/old.html', 'old')
  expect(await packedDigest(root)).toMatch(/^[0-9a-f]{64}$/)
  await unpackBuild(root, join(root, 'public'))
  expect(await readFile(join(root, 'public/_nuxt/app.js'), 'utf8')).toBe('script')
  await expect(readFile(join(root, 'public/old.html'))).rejects.toThrow('ENOENT')
})

test('the same files give the same archive', async () => {
  await packBuild(root, join(root, 'build'))
  const first = await archive()
  await rm(join(root, 'build'), { recursive: true })
  await write('build/_nuxt/app.js', 'script')
  await write('build/index.html', 'page')
  await packBuild(root, join(root, 'build'))
  expect((await archive()).equals(first)).toBe(true)
})

test('it does not count once the sources have changed, or when there is none', async () => {
  expect(await packedDigest(root)).toBeUndefined()
  await packBuild(root, join(root, 'build'))
  await write('nuxt-app/app/app.vue', 'changed')
  expect(await packedDigest(root)).toBeUndefined()
})

test('what an unpacking that failed leaves is no build', async () => {
  await packBuild(root, join(root, 'build'))
  await writeFile(join(root, 'nuxt-app/built/app.tar.gz'), 'broken')
  await write('public/index.html', 'old')
  await expect(unpackBuild(root, join(root, 'public'))).rejects.toThrow()
  expect(await readFile(join(root, 'public/index.html'), 'utf8')).toBe('old')
})
