/** Protects: the client survives broken and hostile runners, which are real processes here. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import type { ToolCall } from '../../contracts/sandbox.ts'
import { ToolCallError } from '../failures.ts'
import { RunnerClient } from './runner-client.ts'

const processes: ReturnType<typeof spawn>[] = []
const never = new AbortController().signal
const SECRET = 'hunter2-hunter2'

afterEach(() => {
  for (const child of processes.splice(0)) child.kill('SIGKILL')
})

/** A runner that says ready and then handles each request by `body`, which has `request` and `say(reply)`. */
const noPrograms = () => Promise.reject(new ToolCallError('tool_failed', 'No programs here.'))

function clientOf(body: string): { client: RunnerClient; logs: string[] } {
  const script = `
    const say = (reply) => process.stdout.write(JSON.stringify(reply) + '\\n')
    say({ type: 'ready', tools: [], node: process.version })
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const request = JSON.parse(line)
      ${body}
    })`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'pipe'] })
  processes.push(child)
  const logs: string[] = []
  const ended = once(child, 'close').then(([code, signal]) => `it ended with ${code ?? signal}`)
  const log = pino({ level: 'debug' }, { write: (line) => void logs.push(line) })
  return {
    client: new RunnerClient({ ...stdio(child), ended, kill: () => void child.kill('SIGKILL') }, log, noPrograms),
    logs,
  }
}

const stdio = ({ stdin, stdout, stderr }: ReturnType<typeof spawn>) => ({
  stdin: stdin!,
  stdout: stdout!,
  stderr: stderr!,
})

const callOf = (changes: Partial<ToolCall> = {}): ToolCall => ({
  tool: 'any',
  input: {},
  idempotencyKey: 'key',
  traceId: 'run-1',
  deadlineMs: 10_000,
  secrets: { PASSWORD: SECRET },
  ...changes,
})

test('sends the whole call, passes on progress and logs, and removes secrets from messages', async () => {
  const { client } = clientOf(`
    say({ type: 'progress', id: request.id, message: 'half ' + request.secrets.PASSWORD, fraction: 0.5 })
    say({ type: 'printed', id: request.id, text: 'printed ' + request.secrets.PASSWORD })
    say({ type: 'log', id: request.id, message: 'pw ' + request.secrets.PASSWORD })
    delete request.secrets
    say({ type: 'result', id: request.id, output: request, files: [{ path: 'a.txt', contentType: 'text/plain' }] })`)
  const seen: unknown[] = []
  const result = await client.call(callOf({ input: { a: 1 } }), never, {
    onProgress: (message, fraction) => seen.push([message, fraction]),
    onPrinted: (text) => seen.push(text),
    onLog: (message) => seen.push(message),
  })
  expect(result.output).toMatchObject({
    type: 'call',
    tool: 'any',
    input: { a: 1 },
    trace_id: 'run-1',
    deadline_ms: 10_000,
  })
  expect(result.files).toEqual([{ path: 'a.txt', contentType: 'text/plain' }])
  expect(seen).toEqual([['half [secret]', 0.5], 'printed [secret]', 'pw [secret]'])
})

test('an error keeps its code, and an error with an unknown code is ignored', async () => {
  const { client } = clientOf(`
    say({ type: 'error', id: request.id, error: { code: 'made_up', message: 'x' } })
    say({ type: 'error', id: request.id, error: { code: 'invalid_input', message: 'bad ' + request.secrets.PASSWORD } })`)
  await expect(client.call(callOf(), never)).rejects.toMatchObject({
    failure: { code: 'invalid_input', message: 'bad [secret]' },
  })
})

test('drops lines that do not belong to the protocol, and never logs a secret', async () => {
  const { client, logs } = clientOf(`
    process.stdout.write('plain words ' + request.secrets.PASSWORD + '\\n{"type":"result"}\\nnull\\n')
    process.stderr.write('to stderr ' + request.secrets.PASSWORD + '\\n')
    say({ type: 'result', id: request.id, output: 1, files: [] })`)
  expect(await client.call(callOf(), never)).toEqual({ output: 1, files: [] })
  expect(logs.filter((line) => line.includes('not of its protocol'))).toHaveLength(3)
  await expect.poll(() => logs.join()).toContain('to stderr [secret]')
  expect(logs.join()).not.toContain(SECRET)
})

test('never logs a secret of a call that has ended', async () => {
  const { client, logs } = clientOf(`
    if (request.secrets.PASSWORD) globalThis.kept = request.secrets.PASSWORD
    else process.stderr.write('kept: ' + kept + '\\n')
    say({ type: 'result', id: request.id, output: 1, files: [] })`)
  await client.call(callOf(), never)
  await client.call(callOf({ secrets: {} }), never)
  await expect.poll(() => logs.join()).toContain('kept: [secret]')
  expect(logs.join()).not.toContain(SECRET)
})

test('ignores replies to calls that are not open', async () => {
  const { client } = clientOf(`
    say({ type: 'result', id: 'other', output: 'forged', files: [] })
    say({ type: 'result', id: request.id, output: 'mine', files: [] })
    say({ type: 'result', id: request.id, output: 'twice', files: [] })`)
  expect((await client.call(callOf(), never)).output).toBe('mine')
  expect((await client.call(callOf(), never)).output).toBe('mine')
})

test('a runner that ignores a cancel is killed, and its other calls fail as lost', async () => {
  const { client } = clientOf('')
  const controller = new AbortController()
  const stuck = client.call(callOf(), controller.signal)
  const other = client.call(callOf(), never)
  stuck.catch(() => {})
  other.catch(() => {})
  controller.abort()
  await expect(stuck).rejects.toMatchObject({ failure: { code: 'cancelled' } })
  await expect(other).rejects.toMatchObject({
    failure: { code: 'sandbox_lost', message: expect.stringMatching(/did not answer a cancel/) },
  })
  await client.ended
  expect(client.lost).toBe(true)
  await expect(client.call(callOf(), never)).rejects.toMatchObject({ failure: { code: 'sandbox_lost' } })
})

test('a runner that misses the deadline is cancelled, and the call fails with a timeout', async () => {
  const { client } = clientOf(`
    if (request.type === 'cancel') say({ type: 'error', id: request.id, error: { code: 'cancelled', message: 'ok' } })`)
  await expect(client.call(callOf({ deadlineMs: 50 }), never)).rejects.toMatchObject({ failure: { code: 'timeout' } })
})

test('a result that arrives after the cancel counts', async () => {
  const { client } = clientOf(`
    if (request.type === 'cancel') say({ type: 'result', id: request.id, output: 'done', files: [] })`)
  const controller = new AbortController()
  const call = client.call(callOf(), controller.signal)
  controller.abort()
  expect((await call).output).toBe('done')
})

test('a cancellation that nobody asked for counts as a loss', async () => {
  const { client } = clientOf(`
    say({ type: 'error', id: request.id, error: { code: 'cancelled', message: 'The runner was stopped.' } })`)
  await expect(client.call(callOf(), never)).rejects.toMatchObject({ failure: { code: 'sandbox_lost' } })
})

test('a call that is cancelled before it begins is never sent', async () => {
  const { client } = clientOf(`say({ type: 'result', id: request.id, output: 'sent', files: [] })`)
  await expect(client.call(callOf(), AbortSignal.abort())).rejects.toMatchObject({ failure: { code: 'cancelled' } })
})

test('an endless line ends the runner', async () => {
  const { client } = clientOf(`process.stdout.write('x'.repeat(9 * 1024 * 1024))`)
  await expect(client.call(callOf(), never)).rejects.toMatchObject({
    failure: { code: 'sandbox_lost', message: expect.stringMatching(/more than \d+ bytes/) },
  })
})

test('an input that is too long for a line is refused, and the runner lives on', async () => {
  const { client } = clientOf(`say({ type: 'result', id: request.id, output: 1, files: [] })`)
  const huge = callOf({ input: 'x'.repeat(9 * 1024 * 1024) })
  await expect(client.call(huge, never)).rejects.toMatchObject({ failure: { code: 'invalid_input' } })
  expect((await client.call(callOf(), never)).output).toBe(1)
})

test('a file that never ends, or lies about its size, is cut off at the limit', async () => {
  const endless = clientOf(`
    say({ type: 'chunk', id: request.id, data: Buffer.alloc(600).toString('base64'), size: 5, eof: false })`)
  await expect(endless.client.readFile('f', 1_000)).rejects.toThrow(/larger than the limit of 1000 bytes/)
  const silent = clientOf(`say({ type: 'chunk', id: request.id, data: '', size: 5, eof: false })`)
  await expect(silent.client.readFile('f', 1_000)).rejects.toThrow(/sends no more/)
})

test('a runner that dies at once says why', async () => {
  const child = spawn(process.execPath, ['-e', 'console.error("no such folder"); process.exit(3)'])
  const ended = once(child, 'close').then(([code]) => `it exited with code ${code}`)
  const client = new RunnerClient({ ...stdio(child), ended, kill: () => {} }, pino({ level: 'silent' }), noPrograms)
  await expect(client.ready).rejects.toThrow('The sandbox ended: it exited with code 3. no such folder')
})
