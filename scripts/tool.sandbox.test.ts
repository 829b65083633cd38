/** Protects: `npm run tool`, as people and agents use it, in processes of its own, with the sandbox of this machine. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toolNames } from '../tools/registry.ts'
import type { Answer } from './tool/answer.ts'

const SCRIPT = join(import.meta.dirname, 'tool.ts')
const NOBODY = 65_534

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tool-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Ran extends Answer {
  exitCode: number | null
}

interface RunOptions {
  /** Holds what the command keeps in TMPDIR. */
  home?: string
  uid?: number
}

function start(args: string[], { home = folder, uid }: RunOptions = {}): ChildProcess {
  const env = { ...process.env, SANDBOX: 'namespaces', TMPDIR: home }
  return spawn(process.execPath, [SCRIPT, ...args], { env, uid, gid: uid, stdio: ['ignore', 'pipe', 'ignore'] })
}

async function run(args: string[], options?: RunOptions): Promise<Ran> {
  const child = start(args, options)
  const [output, [exitCode]] = await Promise.all([text(child.stdout!), once(child, 'close')])
  expect(output).toMatch(/^\{.*\}\n$/) // one line, and nothing else
  return { ...JSON.parse(output), exitCode }
}

const call = (tool: string, input: object, ...options: string[]) => run([tool, JSON.stringify(input), ...options])
const write = (path: string, ...options: string[]) => call('write_file', { path, content: 'hello' }, ...options)
const left = async () => (await readdir(folder)).filter((name) => name.startsWith('persona-tool-'))

/** Runs `work` with a session of its own, which is ended afterwards. */
async function withSession(work: (options: string[], end: () => Promise<Ran>) => Promise<void>): Promise<void> {
  const options = ['--session', `s${Math.random().toString(36).slice(2)}`]
  const end = () => run([...options, '--end'])
  try {
    await work(options, end)
  } finally {
    await end()
  }
}

test('lists all tools with group, effect and place', async () => {
  const { exitCode, ok, output } = await run(['--list'])
  expect([exitCode, ok]).toEqual([0, true])
  expect((output as { name: string }[]).map(({ name }) => name).sort()).toEqual([...toolNames].sort())
  expect(output).toContainEqual({ name: 'read_file', group: 'files', effect: 'pure', place: 'sandbox' })
})

test('runs a tool in a folder of the caller, whose files stay the caller’s', async () => {
  const workspace = join(folder, 'mine')
  await mkdir(workspace)
  await writeFile(join(workspace, 'given.txt'), 'was here')
  const made = await write('made/note.txt', '--workspace', workspace)
  expect(made).toMatchObject({ exitCode: 0, ok: true, error: null, files: [{ path: 'made/note.txt' }] })
  expect(made.ms).toBeGreaterThan(0)
  expect(await readFile(join(workspace, 'made/note.txt'), 'utf8')).toBe('hello')
  const { uid } = await stat(folder)
  for (const path of ['given.txt', 'made', 'made/note.txt']) expect((await stat(join(workspace, path))).uid).toBe(uid)
  expect(await call('read_file', { path: 'given.txt' }, '--workspace', workspace)).toMatchObject({ ok: true })
})

test('without a folder it works in one of its own, and leaves nothing behind', async () => {
  const home = join(folder, 'alone')
  await mkdir(home)
  const { output } = await run(['run_code', '{"language":"javascript","code":"console.log(process.cwd())"}'], { home })
  expect(output).toMatchObject({ exit_code: 0, stdout: '/workspace\n' })
  expect(await readdir(home)).toEqual([])
})

test.each([
  ['an unknown tool', ['no_such_tool', '{}'], 'unknown_tool'],
  ['a name that every object has', ['constructor', '{}'], 'unknown_tool'],
  ['invalid JSON', ['read_file', '{path'], 'invalid_json'],
  ['no name', [], 'invalid_arguments'],
  ['an unknown option', ['read_file', '{}', '--color'], 'invalid_arguments'],
  ['unquoted JSON', ['read_file', '{"path":', '"a.txt"}'], 'invalid_arguments'],
  ['a folder that does not exist', ['read_file', '{}', '--workspace', '/no/such'], 'invalid_arguments'],
  ['the root as the folder', ['read_file', '{}', '--workspace', '/'], 'invalid_arguments'],
  ['a session that leads elsewhere', ['read_file', '{}', '--session', '../up'], 'invalid_arguments'],
  ['--end without a session', ['--end'], 'invalid_arguments'],
  ['arguments that do not fit the tool', ['read_file', '{"path": {}}'], 'invalid_input'],
])('%s is an error with a stable code', async (_what, args, code) => {
  expect(await run(args)).toMatchObject({ exitCode: 1, ok: false, error: { code } })
})

test('a tool of the executor that needs the platform says so', async () => {
  const mail = { to: ['ada@example.com'], subject: 'Hello', body: 'Hello Ada' }
  expect(await call('send_email', mail)).toMatchObject({ exitCode: 1, ok: false, error: { code: 'need_missing' } })
})

test('a session keeps its sandbox between calls, until it is ended', () =>
  withSession(async (session, end) => {
    await write('kept.txt', ...session)
    expect(await call('read_file', { path: 'kept.txt' }, ...session)).toMatchObject({ exitCode: 0, ok: true })
    expect(await end()).toMatchObject({ exitCode: 0, output: { ended: true } })
    expect(await end()).toMatchObject({ exitCode: 0, output: { ended: false } })
  }))

test('calls that start a session at once share one', () =>
  withSession(async (session) => {
    const names = ['a.txt', 'b.txt', 'c.txt', 'd.txt']
    expect((await Promise.all(names.map((name) => write(name, ...session)))).map(({ ok }) => ok)).not.toContain(false)
    const { output } = await call('list_files', {}, ...session)
    expect((output as { entries: { path: string }[] }).entries.map(({ path }) => path)).toEqual(names)
  }))

test('a session is closed to other users, and refuses another folder', () =>
  withSession(async (session) => {
    await write('a.txt', ...session)
    const sessions = join(folder, `persona-tools-${process.getuid?.()}`)
    expect((await stat(sessions)).mode & 0o777).toBe(0o700)
    expect((await stat(join(sessions, `${session[1]}.sock`))).mode & 0o777).toBe(0o600)
    expect(await write('a.txt', ...session, '--workspace', folder)).toMatchObject({
      exitCode: 1,
      error: { code: 'invalid_arguments' },
    })
  }))

test('an idle session ends by itself', () =>
  withSession(async (session, end) => {
    await write('a.txt', ...session, '--idle', '0.3')
    await expect.poll(end, { timeout: 20_000 }).toMatchObject({ output: { ended: false } })
  }))

test('a session that was killed is replaced', () =>
  withSession(async (session) => {
    await write('before.txt', ...session)
    const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid,args'])
    const [line] = stdout.split('\n').filter((row) => row.includes('session-process') && row.includes(session[1]!))
    process.kill(Number.parseInt(line!, 10), 'SIGKILL')
    expect(await write('after.txt', ...session)).toMatchObject({ exitCode: 0 })
  }))

test('a folder of sessions that other users can enter is refused', async () => {
  const home = join(folder, 'open')
  await mkdir(join(home, `persona-tools-${process.getuid?.()}`), { recursive: true })
  await chmod(join(home, `persona-tools-${process.getuid?.()}`), 0o777)
  expect(await run(['list_files', '{}', '--session', 'x'], { home })).toMatchObject({
    error: { code: 'session_failed' },
  })
})

test('it ends together with its caller, and so does its sandbox', async () => {
  const before = await left()
  const child = start(['run_code', '{"language":"javascript","code":"for (;;) {}"}'])
  await expect.poll(async () => (await left()).length, { timeout: 20_000 }).toBeGreaterThan(before.length)
  child.kill('SIGTERM')
  const [output, [exitCode]] = await Promise.all([text(child.stdout!), once(child, 'close')])
  expect([exitCode, JSON.parse(output).error.code]).toEqual([1, 'cancelled'])
})

/** A checkout in a folder that only root can enter is closed to an ordinary user. */
const nobodyMayRunIt = () => {
  if (process.getuid?.() !== 0) return false
  try {
    execFileSync(process.execPath, ['--check', SCRIPT], { uid: NOBODY, gid: NOBODY, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test.runIf(nobodyMayRunIt())('works for an ordinary user, whose files stay theirs', async () => {
  const home = await mkdtemp(join(tmpdir(), 'tool-user-'))
  await chown(home, NOBODY, NOBODY)
  const workspace = join(home, 'mine')
  await mkdir(workspace)
  await chown(workspace, NOBODY, NOBODY)
  const args = ['write_file', '{"path":"a.txt","content":"hello"}', '--workspace', workspace]
  expect(await run(args, { home, uid: NOBODY })).toMatchObject({ exitCode: 0, ok: true })
  expect((await stat(join(workspace, 'a.txt'))).uid).toBe(NOBODY)
  await rm(home, { recursive: true })
})
