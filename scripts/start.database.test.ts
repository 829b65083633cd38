/** Protects: `npm start`, as a newcomer uses it, in processes of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { DEMO_PASSWORD } from '../supabase/embedded/demo.ts'
import { createDatabase } from '../tests/support/database.ts'
import type { InstanceStatus } from './instance.ts'

let folder: string
const started: ChildProcess[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'persona-start-'))
})
afterAll(async () => {
  for (const child of started) if (child.exitCode === null) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

interface Run {
  child: ChildProcess
  output(): string
  /** Resolves with the exit code. */
  ended: Promise<number | null>
}

function run(script: string, args: string[] = [], env: Record<string, string> = {}, input = ''): Run {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
    env: { ...process.env, DATA_DIR: join(folder, 'data'), API_PORT: '0', NODE_ENV: 'production', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  started.push(child)
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => output.push(String(text)))
  child.stdin.end(input)
  return { child, output: () => output.join(''), ended: once(child, 'close').then(([code]) => code) }
}

const ready = (start: Run) =>
  expect
    .poll(
      () => {
        if (start.child.exitCode !== null) throw new Error(start.output())
        return start.output()
      },
      { timeout: 150_000, interval: 200 },
    )
    .toContain('The platform is ready')

async function readStatus(): Promise<InstanceStatus> {
  const status = run('status.ts', ['--json'])
  expect(await status.ended).toBe(0)
  return JSON.parse(status.output())
}

test('starts, prints its address, refuses a second start, stops, and comes back with its data after a crash', async () => {
  const first = run('start.ts')
  await ready(first)
  expect(first.output()).toMatch(/owner@acme\.test +owner of Acme/)
  const status = await readStatus()
  expect(status).toMatchObject({ ready: true, database: expect.stringContaining('PGlite') })
  const signIn = async ({ api_url, publishable_key }: InstanceStatus) => {
    const client = createClient(api_url!, publishable_key!, {
      auth: { persistSession: false, autoRefreshToken: false },
    })
    expect(
      (await client.auth.signInWithPassword({ email: 'member@acme.test', password: DEMO_PASSWORD })).error,
    ).toBeNull()
    return client
  }
  const client = await signIn(status)
  expect((await client.from('workspaces').select('name')).data).toEqual([{ name: 'Acme' }])

  const second = run('start.ts')
  expect(await second.ended).toBe(1)
  expect(second.output()).toContain('The platform is already running')
  const reset = run('start.ts', ['--reset', '--yes'])
  expect(await reset.ended).toBe(1)

  const stopping = Date.now()
  first.child.kill('SIGTERM')
  expect(await first.ended).toBe(0)
  expect(Date.now() - stopping).toBeLessThan(10_000)
  expect(await run('status.ts').ended).toBe(1)

  const crashed = run('start.ts')
  await ready(crashed)
  crashed.child.kill('SIGKILL')
  await crashed.ended
  const after = run('status.ts')
  expect(await after.ended).toBe(1)
  expect(after.output()).toContain('Nothing is running')

  const again = run('start.ts')
  await ready(again)
  await signIn(await readStatus())
  again.child.kill('SIGINT')
  expect(await again.ended).toBe(0)

  const declined = run('start.ts', ['--reset'], {}, 'n\n')
  expect(await declined.ended).toBe(1)
  expect(declined.output()).toContain('Nothing was deleted.')
  expect(await readdir(join(folder, 'data'))).toContain('pgdata')
}, 500_000)

test('a database that DATABASE_URL names gets no account with a public password, and keeps the key of its secrets', async () => {
  const database = await createDatabase(inject('postgresUrl'))
  const env = { DATABASE_URL: database.url, DATA_DIR: join(folder, 'own-database') }
  const start = run('start.ts', [], env)
  await ready(start)
  expect(start.output()).not.toMatch(/acme\.test|demo-password/)
  expect(start.output()).toMatch(/Sign up at http:\S+\/sign-up, or sign in\.\n\n {2}Nobody is platform admin yet/)
  const status = run('status.ts', ['--json'], env)
  await status.ended
  const { api_url, publishable_key } = JSON.parse(status.output())
  expect(await (await fetch(`${api_url}/config.json`)).json()).toMatchObject({ demo_accounts: false })
  const client = createClient(api_url, publishable_key, { auth: { persistSession: false, autoRefreshToken: false } })
  const demo = await client.auth.signInWithPassword({ email: 'owner@acme.test', password: DEMO_PASSWORD })
  expect(demo.error).toMatchObject({ code: 'invalid_credentials' })
  const mine = await client.auth.signUp({ email: 'me@mine.test', password: 'correct-horse' })
  expect(mine.data.session, 'a first account needs no invitation').not.toBeNull()
  expect((await client.rpc('create_workspace', { name: 'Mine' })).error).toBeNull()
  start.child.kill('SIGTERM')
  await start.ended

  const reset = run('start.ts', ['--reset', '--yes'], env)
  expect(await reset.ended).toBe(1)
  expect(reset.output()).toContain('Nothing was deleted')
  expect(await readdir(env.DATA_DIR)).toContain('keys.json')
  await database.drop()
}, 300_000)

test('a taken port is named', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const start = run('start.ts', [], { API_PORT: String(port), DATA_DIR: join(folder, 'other') })
  expect(await start.ended).toBe(1)
  expect(start.output()).toContain(`Another program uses port ${port}`)
  other.close()
}, 120_000)

test('a folder that is not ours is never deleted', async () => {
  const precious = join(folder, 'precious')
  await mkdir(precious)
  await writeFile(join(precious, 'thesis.txt'), 'years of work')
  const start = run('start.ts', ['--reset', '--yes'], { DATA_DIR: precious })
  expect(await start.ended).toBe(1)
  expect(start.output()).toContain('nothing was deleted')
  expect(await readdir(precious)).toEqual(['thesis.txt'])
}, 60_000)

test('offers a model that is on this machine by name, uses it only when it is named, and refuses one that is not there', async () => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    request.resume()
    asked.push(request.url ?? '')
    response.end(JSON.stringify({ data: [{ id: 'qwen3:8b' }, { id: "odd'; rm -rf /" }] }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const env = { DATA_DIR: join(folder, 'local'), LOCAL_MODEL_SERVERS: `Ollama:${port}`, SANDBOX: 'none' }
  try {
    const unknown = run('start.ts', ['--model', 'gpt-9'], env)
    expect(await unknown.ended).toBe(1)
    expect(unknown.output()).toMatch(/no.* model "gpt-9".*These are there:\n {2}qwen3:8b \(Ollama\)/is)
    const twice = run('start.ts', ['--model', 'qwen3:8b'], { ...env, OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' })
    expect(await twice.ended).toBe(1)
    expect(twice.output()).toContain('names a model already')

    const unasked = run('start.ts', [], env)
    await ready(unasked)
    expect(unasked.output()).toMatch(/model +scripted demo model/)
    expect(unasked.output()).toContain('Ollama     npm start -- --model qwen3:8b')
    expect(unasked.output()).toContain("--model 'odd?? rm -rf /'")
    unasked.child.kill('SIGTERM')
    await unasked.ended

    const named = run('start.ts', ['--model', 'qwen3:8b'], env)
    await ready(named)
    expect(named.output()).toMatch(new RegExp(`model +qwen3:8b at 127\\.0\\.0\\.1:${port}`))
    expect(named.output()).not.toContain('--model')
    named.child.kill('SIGTERM')
    await named.ended
    expect(new Set(asked), 'nothing but its list was asked for').toEqual(new Set(['/v1/models']))
  } finally {
    server.close()
  }
}, 240_000)
