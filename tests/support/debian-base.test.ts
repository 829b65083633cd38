/** Protects: things in the cache are made once for their content, even for simultaneous callers, and again if damaged. */
import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'persona-cache-'))
  await mkdir(join(folder, 'bin'))
  const debootstrap = join(folder, 'bin/debootstrap')
  await writeFile(
    debootstrap,
    `#!/bin/sh\necho made >>"${folder}/log"\nmkdir -p "$3/var/lib" && echo Debian >"$3/issue"\n`,
  )
  await chmod(debootstrap, 0o755)
})
afterEach(() => rm(folder, { recursive: true }))

async function debianBase(): Promise<string> {
  const env = { ...process.env, PERSONA_TEST_CACHE: join(folder, 'cache'), PATH: `${folder}/bin:${process.env.PATH}` }
  const { stdout } = await promisify(execFile)(join(import.meta.dirname, 'debian-base.sh'), { env })
  return stdout.trim()
}
const timesMade = async () => (await readFile(join(folder, 'log'), 'utf8')).split('\n').length - 1

test('simultaneous callers get one archive, which is made once', async () => {
  const paths = await Promise.all([debianBase(), debianBase(), debianBase()])
  expect(new Set(paths).size).toBe(1)
  expect(await timesMade()).toBe(1)
})

test('a damaged archive is made anew', async () => {
  const archive = await debianBase()
  const whole = (await readFile(archive)).length
  await truncate(archive, 100)
  expect(await debianBase()).toBe(archive)
  expect((await readFile(archive)).length).toBe(whole)
  expect(await timesMade()).toBe(2)
})
