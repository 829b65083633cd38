/** Tests the pool with real sandboxes of the bubblewrap driver. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Sandbox, SandboxSpec } from '../../contracts/sandbox.ts'
import { openSandboxes, type Sandboxes } from './index.ts'

let dataDir: string
let sandboxes: Sandboxes

const open = (idleMs?: number) =>
  openSandboxes({ dataDir, idleMs, log: pino({ level: 'silent' }), env: { SANDBOX: 'bubblewrap' } })

const specOf = (memoryMb = 512): SandboxSpec => ({
  personaId: 'alice',
  allowedHosts: [],
  limits: { memoryMb, cpus: 1, processes: 64, diskMb: 64 },
})

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pool-'))
  sandboxes = await open()
})

afterEach(async () => {
  await sandboxes.close()
  await rm(dataDir, { recursive: true, force: true })
})

/** Of the door, of which each live sandbox has one. */
const liveCount = async () => (await readdir(join(dataDir, 'egress')).catch(() => [])).length

/** A mark of the sandbox that a call is in: its door. */
async function mark(sandbox: Sandbox): Promise<string> {
  await sandbox.writeFile('mark.txt', Buffer.from('x'))
  return (await readdir(join(dataDir, 'egress'))).join()
}

test('starts only one sandbox when many calls need it at once', async () => {
  const all = await Promise.all(Array.from({ length: 5 }, () => sandboxes.sandboxFor(specOf())))
  expect(await liveCount()).toBe(1)
  const marks = await Promise.all(all.map(mark))
  expect(new Set(marks).size).toBe(1)
})

test('stops an idle sandbox, and starts it again when needed', async () => {
  await sandboxes.close()
  sandboxes = await open(300)
  const sandbox = await sandboxes.sandboxFor(specOf())
  const before = await mark(sandbox)
  await expect.poll(liveCount, { timeout: 5_000 }).toBe(0)
  expect(await mark(sandbox)).not.toBe(before)
})

test('a sandbox with a running call is not idle', async () => {
  await sandboxes.close()
  sandboxes = await open(200)
  const sandbox = await sandboxes.sandboxFor(specOf())
  const input = { language: 'javascript', code: 'setTimeout(() => console.log("done"), 1000)' }
  const call = { tool: 'run_code', input, idempotencyKey: 'k', traceId: 't', secrets: {}, deadlineMs: 20_000 }
  const { output } = await sandbox.call(call, new AbortController().signal)
  expect(output).toMatchObject({ stdout: 'done\n' })
})

test('new limits restart the sandbox', async () => {
  const before = await mark(await sandboxes.sandboxFor(specOf(512)))
  expect(await mark(await sandboxes.sandboxFor(specOf(512)))).toBe(before)
  expect(await mark(await sandboxes.sandboxFor(specOf(600)))).not.toBe(before)
  expect(await liveCount()).toBe(1)
})

test('two executors can share a data folder', async () => {
  const other = await open()
  const mine = await sandboxes.sandboxFor(specOf())
  const theirs = await other.sandboxFor(specOf())
  expect(await mark(mine)).toBeTruthy()
  await other.close()
  expect(await mark(mine)).toBeTruthy()
  await expect(other.sandboxFor(specOf())).rejects.toMatchObject({ failure: { code: 'sandbox_lost' } })
  await expect(theirs.readFile('x', 1)).rejects.toMatchObject({ failure: { code: 'sandbox_lost' } })
})

test('refuses an id that is a path', async () => {
  await expect(sandboxes.sandboxFor({ ...specOf(), personaId: '../bob' })).rejects.toThrow(/not a persona's id/)
})

test.each([
  [{ SANDBOX: 'none' }, 'none', /SANDBOX=none/],
  [{ SANDBOX: 'bubblewrap' }, 'bubblewrap', /bubblewrap/],
])('the environment decides: %j', async (env, name, describe) => {
  const chosen = await openSandboxes({ dataDir, log: pino({ level: 'silent' }), env })
  expect(chosen.name).toBe(name)
  expect(chosen.describe).toMatch(describe)
  if (name === 'none') {
    await expect(chosen.sandboxFor(specOf())).rejects.toMatchObject({ failure: { code: 'tool_failed' } })
  }
  await chosen.close()
})

test.each([
  [{ SANDBOX: 'docker', DOCKER_HOST: 'unix:///nowhere.sock' }, /no Docker daemon answers/],
  [{ SANDBOX: 'podman' }, /can be docker, bubblewrap, namespaces or none/],
])('what cannot be is refused: %j', async (env, message) => {
  await expect(openSandboxes({ dataDir, log: pino({ level: 'silent' }), env })).rejects.toThrow(message)
})
