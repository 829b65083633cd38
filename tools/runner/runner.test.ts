import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { MAX_LINE_BYTES } from '../../contracts/runner.ts'
import { toolNames } from '../registry.ts'
import { type RunnerProcess, withRunner } from './fixtures/runner-process.ts'

const real = fileURLToPath(new URL('./main.ts', import.meta.url))
const misbehaving = fileURLToPath(new URL('./fixtures/misbehaving-runner.ts', import.meta.url))

async function failure(runner: RunnerProcess, id: string) {
  const reply = await runner.end(id)
  if (reply.type !== 'error') throw new Error(`expected an error, got ${JSON.stringify(reply)}`)
  return reply.error
}

test('sends ready first, with the names of its tools', () =>
  withRunner(real, async (runner) => {
    const ready = await runner.ready()
    expect(ready).toMatchObject({ tools: toolNames, node: process.version })
    expect(runner.replies[0]).toEqual(ready)
  }))

test('calls run at the same time, and each reply carries the id of its call', () =>
  withRunner(misbehaving, async (runner) => {
    const slow = runner.call('sleep', { count: 400 })
    const quick = runner.call('echo', { text: 'hello' })
    expect(await runner.end(quick)).toMatchObject({ type: 'result', output: { text: 'hello' }, files: [] })
    expect(runner.replies.some((reply) => 'id' in reply && reply.id === slow)).toBe(false)
    expect(await runner.end(slow)).toMatchObject({ type: 'result', output: 'slept' })
  }))

test('progress and log come before the result', () =>
  withRunner(misbehaving, async (runner) => {
    const id = runner.call('progress', { text: 'working' })
    await runner.end(id)
    expect(runner.replies.slice(1)).toEqual([
      { type: 'progress', id, message: 'working', fraction: 0.5 },
      { type: 'log', id, message: 'noted' },
      { type: 'result', id, output: 'done', files: [] },
    ])
  }))

test.each(['sleep', 'deaf'])('a cancelled call ends at once, even when the tool ignores the signal (%s)', (tool) =>
  withRunner(misbehaving, async (runner) => {
    const id = runner.call(tool)
    const other = runner.call('sleep', { count: 300 })
    // waits until the runner has started, because its start must not be measured
    await runner.end(runner.call('echo'))
    runner.send({ type: 'cancel', id })
    const before = performance.now()
    expect(await failure(runner, id)).toMatchObject({ code: 'cancelled' })
    expect(performance.now() - before).toBeLessThan(1500)
    expect(await runner.end(other)).toMatchObject({ type: 'result' })
  }),
)

test('a call that passes its deadline times out', () =>
  withRunner(misbehaving, async (runner) => {
    const id = runner.call('deaf', {}, { deadline_ms: 100 })
    expect(await failure(runner, id)).toEqual({ code: 'timeout', message: 'The call took longer than 0.1 s.' })
  }))

test('the error for invalid input tells the model what to correct', () =>
  withRunner(real, async (runner) => {
    const error = await failure(
      runner,
      runner.call('generate_powerpoint', { title: 'T', slides: [{ bullets: ['a'] }] }),
    )
    expect(error.code).toBe('invalid_input')
    expect(error.message).toContain('slides[0].title')
    expect(error.message).not.toContain(' at file:')
  }))

test('harmless mistakes of models are corrected: nulls, and numbers and JSON as strings', () =>
  withRunner(misbehaving, async (runner) => {
    const id = runner.call('echo', { text: null, count: '3', list: '["a","b"]' })
    expect(await runner.end(id)).toMatchObject({ output: { count: 3, list: ['a', 'b'] } })
    expect(await failure(runner, runner.call('echo', { count: 'three' }))).toMatchObject({ code: 'invalid_input' })
  }))

test('an unknown tool is refused, also one with the name of an object property', () =>
  withRunner(real, async (runner) => {
    expect(await failure(runner, runner.call('nope'))).toMatchObject({ code: 'unknown_tool' })
    expect(await failure(runner, runner.call('constructor'))).toMatchObject({ code: 'unknown_tool' })
  }))

test('output of a tool on stdout does not disturb the protocol', () =>
  withRunner(misbehaving, async (runner) => {
    const id = runner.call('noisy')
    expect(await runner.end(id)).toMatchObject({ type: 'result', output: 'quiet' })
    expect(runner.replies).toHaveLength(2)
    expect(runner.stderr).toContain('raw noise')
    expect(runner.stderr).toContain('forged')
  }))

test('a tool that throws fails only its own call, without a stack trace', () =>
  withRunner(misbehaving, async (runner) => {
    expect(await failure(runner, runner.call('throws'))).toEqual({ code: 'tool_failed', message: 'it broke' })
    expect(await runner.end(runner.call('echo'))).toMatchObject({ type: 'result' })
  }))

test.each([
  ['stray_rejection', 'nobody waits for this'],
  ['stray_exception', 'thrown in a timer'],
])('an uncaught error fails the call that caused it (%s)', (tool, message) =>
  withRunner(misbehaving, async (runner) => {
    const other = runner.call('sleep', { count: 500 })
    expect(await failure(runner, runner.call(tool))).toEqual({ code: 'tool_failed', message })
    expect(await runner.end(other)).toMatchObject({ type: 'result', output: 'slept' })
  }),
)

test('output that breaks the contract or is too large is refused', () =>
  withRunner(misbehaving, async (runner) => {
    expect(await failure(runner, runner.call('bad_output'))).toMatchObject({ code: 'invalid_output' })
    expect(await failure(runner, runner.call('huge_output'))).toMatchObject({ code: 'invalid_output' })
    expect(await failure(runner, runner.call('produces_outside'))).toMatchObject({ code: 'invalid_input' })
  }))

test('a tool gets the secrets it declared, and no reply holds their values', () =>
  withRunner(misbehaving, async (runner) => {
    const id = runner.call('tells_secret', {}, { secrets: { KEY: 'sk-123456789', OTHER: 'not-declared' } })
    const reply = await runner.end(id)
    expect(reply).toMatchObject({ output: { secrets: { KEY: '[secret]' }, url: 'https://host/?key=[secret]' } })
    expect(JSON.stringify(runner.replies)).not.toContain('sk-123456789')
    expect(JSON.stringify(reply)).not.toContain('OTHER')
  }))

/** Writes a file in one piece, unless `changes` say otherwise. */
const write = (id: string, path: string, data = Buffer.alloc(0), changes: object = {}) => ({
  ...{ type: 'write', id, upload: id, path, offset: 0, last: true },
  data: data.toString('base64'),
  ...changes,
})

test('a piece out of order removes the whole file', () =>
  withRunner(real, async (runner) => {
    const piece = Buffer.from('abc')
    runner.send(write('a', 'x.txt', piece, { upload: 'u', last: false }))
    await runner.end('a')
    runner.send(write('b', 'x.txt', piece, { upload: 'u', offset: 4 }))
    expect(await failure(runner, 'b')).toMatchObject({ code: 'invalid_input' })
    expect(await readdir(runner.workspace)).toEqual([])
  }))

test('files are written and read in pieces', () =>
  withRunner(real, async (runner) => {
    const bytes = Buffer.from(Uint8Array.from({ length: 1_500_000 }, (_, i) => i % 251))
    const half = 750_000
    runner.send(write('w1', 'in/data.bin', bytes.subarray(0, half), { upload: 'u', last: false }))
    expect(await runner.end('w1')).toMatchObject({ type: 'result', output: { path: 'in/data.bin', size: half } })
    expect(await readdir(join(runner.workspace, 'in'))).not.toContain('data.bin')
    runner.send(write('w2', 'in/data.bin', bytes.subarray(half), { upload: 'u', offset: half }))
    expect(await runner.end('w2')).toMatchObject({
      type: 'result',
      output: { path: 'in/data.bin', size: bytes.length },
    })
    expect(await readdir(join(runner.workspace, 'in'))).toEqual(['data.bin'])
    runner.send({ type: 'read', id: 'r1', path: '/workspace/in/data.bin', offset: 0 })
    runner.send({ type: 'read', id: 'r2', path: 'in/data.bin', offset: 1024 * 1024 })
    const [first, second] = [await runner.end('r1'), await runner.end('r2')]
    if (first.type !== 'chunk' || second.type !== 'chunk') throw new Error('no chunks')
    expect([first.eof, second.eof, first.size]).toEqual([false, true, bytes.length])
    expect(Buffer.concat([first, second].map(({ data }) => Buffer.from(data, 'base64'))).equals(bytes)).toBe(true)
  }))

test('no path and no link leads out of the workspace', () =>
  withRunner(real, async (runner) => {
    await symlink('/etc/passwd', join(runner.workspace, 'link'))
    await symlink('/etc', join(runner.workspace, 'folder'))
    await symlink('loop', join(runner.workspace, 'loop'))
    const paths = ['../x', '/etc/passwd', 'a/../../x', 'link', 'folder/passwd', 'loop', 'a\u0000b', '', '/workspaces/x']
    for (const [i, path] of paths.entries()) {
      runner.send({ type: 'read', id: `r${i}`, path, offset: 0 })
      expect([path, (await failure(runner, `r${i}`)).code]).toEqual([path, 'invalid_input'])
    }
    runner.send(write('w1', 'folder/persona-test'))
    expect(await failure(runner, 'w1')).toMatchObject({ code: 'invalid_input' })
    runner.send(write('w2', '../persona-test'))
    expect(await failure(runner, 'w2')).toMatchObject({ code: 'invalid_input' })
    // writing to a link replaces the link, and does not touch its target
    await writeFile(join(runner.workspace, 'target'), 'old')
    await symlink('target', join(runner.workspace, 'inner'))
    runner.send(write('w3', 'inner', Buffer.from('new')))
    await runner.end('w3')
    expect(await readFile(join(runner.workspace, 'target'), 'utf8')).toBe('old')
  }))

test('missing files, folders and broken base64 give an error', () =>
  withRunner(real, async (runner) => {
    await mkdir(join(runner.workspace, 'dir'))
    runner.send({ type: 'read', id: 'a', path: 'nope.txt', offset: 0 })
    runner.send({ type: 'read', id: 'b', path: 'dir', offset: 0 })
    runner.send({ ...write('c', 'x'), data: 'not base64!' })
    expect(await failure(runner, 'a')).toMatchObject({ code: 'not_found' })
    expect(await failure(runner, 'b')).toMatchObject({ code: 'invalid_input' })
    expect(await failure(runner, 'c')).toMatchObject({ code: 'invalid_input' })
  }))

test('unknown and broken messages are refused without harm', () =>
  withRunner(real, async (runner) => {
    runner.process.stdin!.write('this is no JSON\n\n[1]\nnull\n')
    runner.send({ type: 'launch', id: 'x1' })
    runner.send({ type: 'call', id: 'x2', tool: 'list_files' })
    runner.send({ type: 'cancel', id: 'never-called' })
    expect(await failure(runner, 'x1')).toMatchObject({ code: 'invalid_input' })
    expect(await failure(runner, 'x2')).toMatchObject({ code: 'invalid_input' })
    expect(await runner.end(runner.call('list_files'))).toMatchObject({ output: { entries: [] } })
  }))

test('a line beyond the limit ends the runner', () =>
  withRunner(real, async (runner) => {
    await runner.ready()
    const piece = Buffer.alloc(1024 * 1024, 'x')
    for (let sent = 0; sent <= MAX_LINE_BYTES; sent += piece.length) runner.process.stdin!.write(piece)
    expect(await runner.exited).toBe(1)
    expect(runner.stderr).toContain('giving up')
  }))

test('exits when stdin closes, even while calls are running', () =>
  withRunner(misbehaving, async (runner) => {
    await runner.ready()
    const id = runner.call('deaf')
    runner.process.stdin!.end()
    expect(await failure(runner, id)).toMatchObject({ code: 'cancelled' })
    expect(await runner.exited).toBe(0)
  }))

test('a document that takes forever does not block other calls, and ends when it is cancelled', () =>
  withRunner(real, async (runner) => {
    // nested emphasis makes a Markdown parser extremely slow
    const id = runner.call('generate_pdf', { title: 'T', content: '*a **b '.repeat(20_000) })
    expect(await runner.end(runner.call('list_files'))).toMatchObject({ type: 'result' })
    expect(runner.replies.some((reply) => reply.type === 'progress' && reply.id === id)).toBe(true)
    runner.send({ type: 'cancel', id })
    const before = performance.now()
    expect(await failure(runner, id)).toMatchObject({ code: 'cancelled' })
    expect(performance.now() - before).toBeLessThan(2000)
    runner.process.stdin!.end()
    expect(await runner.exited).toBe(0)
  }))

test('a document that the runner made can be read through the runner', () =>
  withRunner(real, async (runner) => {
    const slides = [{ title: 'One', bullets: ['a'] }]
    const made = await runner.end(runner.call('generate_powerpoint', { title: 'Deck', slides }))
    expect(made).toMatchObject({ type: 'result', files: [{ path: 'deck.pptx' }] })
    runner.send({ type: 'read', id: 'r', path: 'deck.pptx', offset: 0 })
    const chunk = await runner.end('r')
    if (chunk.type !== 'chunk') throw new Error('no chunk')
    expect(Buffer.from(chunk.data, 'base64').subarray(0, 2).toString()).toBe('PK')
  }))
