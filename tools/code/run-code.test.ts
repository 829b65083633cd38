import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { MAX_OUTPUT_CHARS } from '../kit/truncate.ts'
import { withToolBench } from '../testing/harness.ts'
import { runCode } from './run-code.ts'

test.each([
  [
    'javascript',
    "const fs = require('fs'); const text = fs.readFileSync('in.txt', 'utf8'); console.log(text.length); fs.writeFileSync('out.txt', 'made')",
  ],
  [
    'javascript',
    "import fs from 'node:fs'\nconst text = await fs.promises.readFile('in.txt', 'utf8')\nconsole.log(text.length)\nfs.writeFileSync('out.txt', 'made')",
  ],
  ['python', "text = open('in.txt').read()\nprint(len(text))\nopen('out.txt', 'w').write('made')"],
] as const)('runs %s in the workspace and returns its output and its files', (language, code) =>
  withToolBench(async ({ run, read, workspace }) => {
    await writeFile(join(workspace, 'in.txt'), 'hello')
    const { output, files } = await run(runCode, { language, code, deliver: ['out.txt'] })
    expect(output).toEqual({ exit_code: 0, timed_out: false, stdout: '5\n', stderr: '', files_changed: ['out.txt'] })
    expect(files).toEqual([{ path: 'out.txt', contentType: 'text/plain' }])
    expect((await read('out.txt')).toString()).toBe('made')
  }),
)

test('passes standard input, also to programs that do not read it', () =>
  withToolBench(async ({ run }) => {
    const upper = await run(runCode, {
      language: 'python',
      code: 'import sys\nprint(sys.stdin.read().upper())',
      stdin: 'größe',
    })
    expect(upper.output.stdout).toBe('GRÖSSE\n')
    const deaf = await run(runCode, { language: 'javascript', code: 'process.exit(3)', stdin: 'x'.repeat(900_000) })
    expect(deaf.output.exit_code).toBe(3)
  }))

test('a program that fails gives a result with exit code and error text', () =>
  withToolBench(async ({ run }) => {
    const { output } = await run(runCode, { language: 'python', code: 'raise ValueError("no")', deliver: ['none.txt'] })
    expect(output.exit_code).toBe(1)
    expect(output.stderr).toContain('ValueError: no')
    expect(output.hint).toContain('none.txt')
  }))

test('a killed program gives a result that says so', () =>
  withToolBench(async ({ run }) => {
    const { output } = await run(runCode, { language: 'javascript', code: "process.kill(process.pid, 'SIGKILL')" })
    expect(output).toMatchObject({
      exit_code: null,
      timed_out: false,
      hint: expect.stringContaining('too much memory'),
    })
  }))

test('long output is cut in the middle', () =>
  withToolBench(async ({ run }) => {
    const { output } = await run(runCode, {
      language: 'javascript',
      code: "console.log('first'); for (let i = 0; i < 2e5; i++) console.log('line', i); console.log('last')",
    })
    expect(output.stdout.startsWith('first\n')).toBe(true)
    expect(output.stdout.endsWith('last\n')).toBe(true)
    expect(output.stdout).toContain('bytes left out here')
    expect(output.stdout.length).toBeLessThan(MAX_OUTPUT_CHARS + 200)
  }))

test('the program does not see the runner’s environment variables', () =>
  withToolBench(async ({ run }) => {
    process.env.PERSONA_TEST_SECRET = 'hush'
    const { output } = await run(
      runCode,
      { language: 'javascript', code: 'console.log(JSON.stringify(process.env))' },
      { secrets: { KEY: 'sk-12345678' } },
    )
    delete process.env.PERSONA_TEST_SECRET
    expect(output.stdout).not.toContain('hush')
    expect(output.stdout).not.toContain('sk-12345678')
  }))

test.each([
  ['python', 'helper.py', 'def twice(n):\n    return 2 * n\n', 'from helper import twice\nprint(twice(21))'],
  ['javascript', 'helper.js', 'exports.twice = (n) => 2 * n', "console.log(require('./helper').twice(21))"],
  [
    'javascript',
    'helper.mjs',
    'export const twice = (n) => 2 * n',
    "import { twice } from './helper.mjs'\nconsole.log(twice(21))",
  ],
] as const)('a %s program imports a module of the workspace: %s', (language, name, module, code) =>
  withToolBench(async ({ run, workspace }) => {
    await writeFile(join(workspace, name), module)
    const { output } = await run(runCode, { language, code })
    expect(output).toEqual({ exit_code: 0, timed_out: false, stdout: '42\n', stderr: '', files_changed: [] })
    expect(await readdir(workspace)).toEqual([name])
  }),
)

test('a crash is reported with its signal and the output so far', () =>
  withToolBench(async ({ run }) => {
    const code = "import ctypes\nprint('so far')\nctypes.string_at(0)"
    const { output } = await run(runCode, { language: 'python', code })
    expect(output).toMatchObject({ exit_code: null, signal: 'SIGSEGV', stdout: 'so far\n' })
    expect(output.hint).toContain('SIGSEGV')
  }))

test('a process that left the program’s group does not delay the call', () =>
  withToolBench(async ({ run, workspace }) => {
    const code = `import os, time
if os.fork() == 0:
    os.setsid()
    open('pids', 'w').write(str(os.getpid()))
    time.sleep(60)
while not os.path.exists('pids') or not open('pids').read(): time.sleep(0.01)
print('done')`
    const began = Date.now()
    const { output } = await run(runCode, { language: 'python', code })
    process.kill(Number(await pidOf(workspace)), 'SIGKILL') // in a sandbox its room ends it
    expect(output).toMatchObject({ exit_code: 0, timed_out: false, stdout: 'done\n' })
    expect(Date.now() - began).toBeLessThan(20_000)
  }))

test('a file that cannot be delivered does not lose the output or the other files', () =>
  withToolBench(async ({ run }) => {
    const code = `import os
os.mkdir('folder')
os.mkfifo('pipe')
with open('huge.bin', 'wb') as file: file.truncate(60 * 1024 * 1024)
open('good.txt', 'w').write('good')
print('printed')`
    const deliver = ['folder', 'pipe', 'huge.bin', 'x'.repeat(300), 'good.txt']
    const { output, files } = await run(runCode, { language: 'python', code, deliver })
    expect(output).toMatchObject({ exit_code: 0, stdout: 'printed\n' })
    expect(files.map(({ path }) => path)).toEqual(['good.txt'])
    for (const word of ['folder', 'pipe', 'huge.bin', '52428800']) expect(output.hint).toContain(word)
  }))

test('a program that lacks a library gets the list of those that exist', () =>
  withToolBench(async ({ run }) => {
    const { output } = await run(runCode, { language: 'python', code: 'import no_such_library' })
    expect(output.hint).toMatch(/this Python has:|This Python has only/)
    for (const name of ['numpy', 'pandas', 'matplotlib', 'openpyxl', 'PIL', 'docx', 'pypdf']) {
      const has = (await run(runCode, { language: 'python', code: `import ${name}` })).output.exit_code === 0
      const told = new RegExp(`this Python has: [^.]*\\b${name}\\b`).test(output.hint ?? '')
      expect([name, told]).toEqual([name, has])
    }
  }))

const FORKING = `
import subprocess, sys, time
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])
open('pids', 'w').write(f'{child.pid}')
print('started', flush=True)
`

test('a program that is too slow is killed with everything it started', () =>
  withToolBench(async ({ run, workspace }) => {
    const { output } = await run(runCode, { language: 'python', code: `${FORKING}time.sleep(60)`, timeout_seconds: 1 })
    expect(output).toMatchObject({ exit_code: null, timed_out: true, stdout: 'started\n' })
    await expectGone(workspace)
  }))

test('processes that a program leaves running end with it', () =>
  withToolBench(async ({ run, workspace }) => {
    const { output } = await run(runCode, { language: 'python', code: FORKING })
    expect(output).toMatchObject({ exit_code: 0, timed_out: false })
    await expectGone(workspace)
  }))

test('what a program prints is passed on while it runs', () =>
  withToolBench(async ({ run, workspace }) => {
    const code =
      "import os, time\nprint('first', flush=True)\nwhile not os.path.exists('go'): time.sleep(0.01)\nprint('last')"
    let printed = ''
    const call = run(runCode, { language: 'python', code }, { onPrinted: (text) => (printed += text) })
    await vi.waitUntil(() => printed === 'first\n', { timeout: 20_000 })
    await writeFile(join(workspace, 'go'), '')
    expect((await call).output.stdout).toBe('first\nlast\n')
    expect(printed).toBe('first\nlast\n')
  }))

test('cancelling a call kills the program and everything it started at once', () =>
  withToolBench(async ({ run, workspace }) => {
    const controller = new AbortController()
    const call = run(runCode, { language: 'python', code: `${FORKING}time.sleep(60)` }, { signal: controller.signal })
    const failed = expect(call).rejects.toThrow('stop now')
    await vi.waitUntil(() => pidOf(workspace), { timeout: 20_000 })
    controller.abort(new Error('stop now'))
    await failed
    await expectGone(workspace)
  }))

test('files outside of the workspace cannot be delivered', () =>
  withToolBench(async ({ run }) => {
    const code = "require('fs').symlinkSync('/etc/passwd', 'link')"
    const linked = await run(runCode, { language: 'javascript', code, deliver: ['link'] })
    expect(linked.files).toEqual([])
    expect(linked.output.hint).toContain('link')
    await expect(run(runCode, { language: 'javascript', code: '', deliver: [] })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    await expect(run(runCode, { language: 'javascript', code: '1', deliver: ['../x'] })).rejects.toMatchObject({
      code: 'invalid_input',
    })
  }))

async function pidOf(workspace: string): Promise<string> {
  return readFile(join(workspace, 'pids'), 'utf8').catch(() => '')
}

/** Expects the program's child, whose process id is in the file `pids`, to be dead within a second. A zombie counts as dead. */
async function expectGone(workspace: string): Promise<void> {
  const pid = await pidOf(workspace)
  const state = async () => (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') X')).split(') ')[1]![0]
  await expect.poll(state, { timeout: 1_000, interval: 20 }).toMatch(/^[XZ]$/)
}
