import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { claimInstance, publishInstance, releaseInstance, runningInstance } from './instance.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'persona-instance-'))
})
afterEach(() => rm(folder, { recursive: true }))

const status = {
  api_url: 'http://127.0.0.1:1',
  web_url: 'http://127.0.0.1:2',
  publishable_key: 'sb_publishable_x',
  secret_key: 'sb_secret_x',
  database: 'PGlite',
  sandbox: 'none',
  model: 'demo',
  ready: true,
}

test('a folder belongs to one living process', async () => {
  await claimInstance(folder)
  expect(await runningInstance(folder)).toMatchObject({ pid: process.pid, ready: false })
  await publishInstance(folder, status)
  await expect(claimInstance(folder)).rejects.toThrow(
    `The platform is already running on ${folder} (process ${process.pid} at http://127.0.0.1:2)`,
  )
  await releaseInstance(folder)
  expect(await runningInstance(folder)).toBeUndefined()
})

test('only its owner may read the file, which holds the secret key', async () => {
  await claimInstance(folder)
  await publishInstance(folder, status)
  expect((await stat(join(folder, 'instance.json'))).mode & 0o777).toBe(0o600)
})

test('the file of a dead process does not count, even if another process has its number', async () => {
  const file = join(folder, 'instance.json')
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  await claimInstance(folder)
  const claimed = JSON.parse(await readFile(file, 'utf8'))
  for (const stale of [{ ...claimed, pid: child.pid }, { ...claimed, began: '1' }, 'no JSON']) {
    await writeFile(file, JSON.stringify(stale))
    expect(await runningInstance(folder)).toBeUndefined()
    await claimInstance(folder)
    expect(await runningInstance(folder)).toBeDefined()
  }
})
