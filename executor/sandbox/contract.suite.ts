/**
 * The contract that every sandbox must keep, tested with the real runner and with the `run_code` tool as the attacker. Each
 * driver's test file says how to set it up and how to observe it from outside.
 */
import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { lstat, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sandbox, SandboxSpec, ToolCall, ToolCallEvents } from '../../contracts/sandbox.ts'
import { openSandboxes, type Sandboxes, ToolCallError } from './index.ts'

/** A machine with one kind of sandbox, as observed from outside. */
export interface World {
  /** The environment variables that choose the driver. */
  env: NodeJS.ProcessEnv
  /** The number of live processes or containers of the persona. */
  countAlive(personaId: string, dataDir: string): Promise<number>
  /** The number of processes, containers and leftovers of the persona, alive or not. */
  countRemains(personaId: string, dataDir: string): Promise<number>
  /** Ends the persona's sandbox as the kernel or an operator would, without asking. */
  kill(personaId: string, dataDir: string): Promise<void>
  /** Everything that an operator can look up about it. */
  inspect(personaId: string, dataDir: string): Promise<string>
  close(): Promise<void>
}

/** Programs for `run_code`. They are in Python, because it shows the kernel's answers directly. */
const FORK_BOMB = `
import os, time
started = 0
try:
    while started < 500:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        started += 1
except OSError as error:
    print(type(error).__name__, started)
`
const EAT_MEMORY = `
hoard = []
while len(hoard) < 1500:
    hoard.append(b'x' * 1024 * 1024)
print('had it all')
`
const HUGE_FILE = `
import os, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    with open('huge.bin', 'wb') as file:
        for _ in range(200):
            file.write(bytes(1024 * 1024))
    print('wrote it all')
except OSError as error:
    print(error.strerror)
os.remove('huge.bin')
`
const MANY_FILES = `
import os, time
os.umask(0o077)
os.mkdir('parts')
for i in range(10):
    with open(f'parts/part-{i}', 'wb') as file:
        file.write(bytes(20 * 1024 * 1024))
    time.sleep(0.5)
`

/** A machine's first test builds the image. */
const FIRST_START_MS = 600_000

const SECRET = 'sk-very-secret-value'

/** Searches the memory of all other visible processes for the secret, which it gets reversed. */
const READ_MEMORY = `
import os
wanted = b'${[...SECRET].reverse().join('')}'[::-1]
found, looked = [], 0
for pid in os.listdir('/proc'):
    if not pid.isdigit() or int(pid) == os.getpid():
        continue
    try:
        for line in open(f'/proc/{pid}/maps'):
            if ' rw' not in line or '[v' in line:
                continue
            start, end = (int(part, 16) for part in line.split()[0].split('-'))
            with open(f'/proc/{pid}/mem', 'rb', 0) as memory:
                while start < end:
                    memory.seek(start)
                    piece = memory.read(min(end - start, 1 << 20))
                    if not piece: break
                    looked += len(piece)
                    if wanted in piece: found.append(pid)
                    start += len(piece)
    except (OSError, ValueError):
        pass
print('found', found)
`
/** Writes a line of the runner's protocol to every descriptor of every visible process, for the calls 1 to 99. */
const FORGE = `
import json, os
for pid in os.listdir('/proc'):
    if not pid.isdigit() or int(pid) == os.getpid():
        continue
    for descriptor in range(10):
        try:
            target = os.open(f'/proc/{pid}/fd/{descriptor}', os.O_WRONLY | os.O_NONBLOCK)
            for call in range(1, 100):
                forged = {'type': 'result', 'id': str(call), 'output': {'path': 'forged'}, 'files': []}
                os.write(target, (json.dumps(forged) + chr(10)).encode())
        except OSError:
            pass
`
/** Tries to end all visible processes but its keeper, and prints their names. */
const SIGNAL_ALL = `
import os, signal
names = []
for pid in sorted(int(name) for name in os.listdir('/proc') if name.isdigit()):
    names.append(open(f'/proc/{pid}/comm').read().strip())
    try:
        if pid != os.getpid() and names[-1] != 'perl': os.kill(pid, signal.SIGKILL)
    except OSError: pass
print(*names)
`
/** Prints its user and group, and those of a file of the tools. */
const WHO_AM_I = `
import os, pwd
print(os.getuid(), pwd.getpwuid(os.getuid()).pw_name, os.getgid())
kept = os.stat('kept.txt')
print(kept.st_uid, kept.st_gid)
`
/** Tries to end all visible processes, also the one that keeps it. */
const END_ALL = `
import os, signal
for pid in range(1, 30):
    try:
        if pid != os.getpid(): os.kill(pid, signal.SIGKILL)
    except OSError: pass
print('still here')
`
/** Uses files of the tools, and leaves files behind that are closed to everyone else. */
const USE_FILES_OF_TOOLS = `
import os, pathlib
given = pathlib.Path('theirs/given.txt')
given.write_text(given.read_text() + ' and edited')
pathlib.Path('theirs/new.txt').write_text('new')
os.umask(0o077)
os.mkdir('closed')
pathlib.Path('closed/secretive.txt').write_text('made by a program')
pathlib.Path('closed/old.txt').write_text('old')
os.remove('kept.txt')
`
/** Leaves a process behind that has left the session and keeps the program's output open. */
const DAEMON = `
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open('/tmp/daemon', 'w').write('was here')
        for _ in range(600):
            open('beat.txt', 'a').write('x')
            time.sleep(0.1)
    os._exit(0)
time.sleep(0.5)
print('left a daemon')
`
/** Prints the kernel's answers to system calls that are forbidden in every sandbox. */
const FORBIDDEN_CALLS = `
import ctypes, errno, json, os, platform
libc = ctypes.CDLL(None, use_errno=True)
column = 0 if platform.machine() == 'x86_64' else 1
calls = {
    'ptrace': ((101, 117), (0,)), 'process_vm_readv': ((310, 270), (os.getpid(), 0, 0, 0, 0, 0)),
    'pidfd_getfd': ((438, 438), (-1, 0, 0)), 'keyctl': ((250, 219), (0, -3, 1)),
    'io_uring_setup': ((425, 425), (1, 0)), 'perf_event_open': ((298, 241), (0, 0, -1, -1, 0)),
    'bpf': ((321, 280), (0, 0, 0)), 'unshare': ((272, 97), (0x10000000,)), 'mount': ((165, 40), (0, 0, 0, 0, 0)),
    'clone': ((56, 220), (0x10000000 | 17, 0, 0, 0, 0)),
}
answers = {}
for name, (numbers, arguments) in calls.items():
    answer = libc.syscall(numbers[column], *[ctypes.c_long(argument) for argument in arguments])
    if name == 'clone' and answer == 0:
        os._exit(0)
    answers[name] = 'done' if answer >= 0 else errno.errorcode[ctypes.get_errno()]
print(json.dumps(answers))
`

/** Draws a chart, and reads it as a picture and as a PDF; writes and reads Word and Excel. */
const USE_LIBRARIES = `
import docx, matplotlib.pyplot as plt, numpy as np, pandas as pd, pypdf
from PIL import Image
plt.figure(figsize=(6, 4), dpi=200)
plt.bar(['a', 'b', 'c'], np.array([1, 2, 3]))
plt.title('Sales')
plt.savefig('chart.png')
plt.savefig('chart.pdf')
with Image.open('chart.png') as picture: print(picture.format.lower(), '%dx%d' % picture.size)
print('pdf', 'Sales' if 'Sales' in pypdf.PdfReader('chart.pdf').pages[0].extract_text() else 'nothing')
document = docx.Document()
document.add_paragraph('Hello')
document.save('letter.docx')
print('docx', docx.Document('letter.docx').paragraphs[0].text)
pd.DataFrame({'n': [1.0, 2.0, 3.0]}).to_excel('table.xlsx', index=False)
print('xlsx', int(pd.read_excel('table.xlsx')['n'].sum()))
`
/**
 * Prints honest words, then tries to put others into its own result: in the memory of all processes that it sees, and as
 * lines of the protocol on every descriptor that it gets hold of, by its path or by the kernel's call for that.
 */
const FORGE_OWN_RESULT = `
import ctypes, json, os, time
print('hon' + 'est words', flush=True)
time.sleep(0.5)
libc = ctypes.CDLL(None, use_errno=True)
honest, forged = b'hon' + b'est words', b'for' + b'ged words'
output = {'exit_code': 0, 'timed_out': False, 'stdout': 'forged words', 'stderr': '', 'files_changed': []}
lines = ''.join(
    json.dumps({'type': 'result', 'id': str(call), 'output': output, 'files': []}) + chr(10) for call in range(1, 300)
).encode()
def overwrite(pid):
    for line in open(f'/proc/{pid}/maps'):
        if ' rw' not in line or '[v' in line: continue
        start, end = (int(part, 16) for part in line.split()[0].split('-'))
        try:
            with open(f'/proc/{pid}/mem', 'rb+', 0) as memory:
                while start < end:
                    memory.seek(start)
                    piece = memory.read(min(end - start, 1 << 20))
                    if not piece: break
                    at = piece.find(honest)
                    while at >= 0:
                        memory.seek(start + at)
                        memory.write(forged)
                        at = piece.find(honest, at + 1)
                    start += len(piece)
        except (OSError, ValueError):
            pass
def write_by_path(pid, descriptor):
    os.write(os.open(f'/proc/{pid}/fd/{descriptor}', os.O_WRONLY | os.O_NONBLOCK), lines)
def write_by_call(pid, descriptor):
    copy = libc.syscall(438, libc.syscall(434, pid, 0), descriptor, 0)
    if copy >= 0: os.write(copy, lines)
for pid in (int(name) for name in os.listdir('/proc') if name.isdigit()):
    if pid == os.getpid(): continue
    for attempt, arguments in [(overwrite, [()]), (write_by_path, [(d,) for d in range(10)]), (write_by_call, [(d,) for d in range(10)])]:
        for argument in arguments:
            try: attempt(pid, *argument)
            except OSError: pass
time.sleep(0.5)
`

interface RunCodeOutput {
  exit_code: number | null
  stdout: string
  stderr: string
}

function callOf(input: unknown, changes: Partial<ToolCall> = {}): ToolCall {
  return {
    tool: 'run_code',
    input,
    idempotencyKey: 'key',
    traceId: 'run-contract',
    deadlineMs: 60_000,
    secrets: {},
    ...changes,
  }
}

async function runCode(sandbox: Sandbox, language: 'javascript' | 'python', code: string): Promise<RunCodeOutput> {
  const { output } = await sandbox.call(callOf({ language, code }), new AbortController().signal)
  return output as RunCodeOutput
}

const js = (sandbox: Sandbox, code: string) => runCode(sandbox, 'javascript', code)

/** Of the whole machine, with `argument` among theirs. */
async function countProcesses(argument: string): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'args'])
  return stdout.split('\n').filter((line) => line.trim().endsWith(argument)).length
}

/** Registers the tests. `name` is the driver's name for itself. */
export function describeSandbox(name: string, start: () => Promise<World>): void {
  describe(name, () => {
    const logs: string[] = []
    const web = createServer((incoming, response) => response.end(`web saw ${incoming.url}`))
    let world: World
    let dataDir: string
    let sandboxes: Sandboxes
    let sandbox: Sandbox

    const specOf = (personaId: string, changes: Partial<SandboxSpec> = {}): SandboxSpec => ({
      personaId,
      allowedHosts: [`allowed.test:${(web.address() as AddressInfo).port}`, 'private.test'],
      limits: { memoryMb: 512, cpus: 1, processes: 64, diskMb: 64 },
      ...changes,
    })

    const open = (options: { runner?: string } = {}) =>
      openSandboxes({
        ...options,
        dataDir,
        log: pino({ level: 'debug' }, { write: (line) => void logs.push(line) }),
        env: world.env,
        diskIntervalMs: 500,
        egress: {
          reach: async ({ host }) => (host === 'private.test' ? [] : ['127.0.0.1']),
        },
      })

    beforeAll(async () => {
      await new Promise<void>((resolve) => void web.listen(0, '127.0.0.1', resolve))
      dataDir = await mkdtemp(join(tmpdir(), 'sandbox-'))
      world = await start()
      sandboxes = await open()
      sandbox = await sandboxes.sandboxFor(specOf('alice'))
    }, FIRST_START_MS)

    afterAll(async () => {
      await sandboxes?.close()
      await world?.close()
      web.close()
      await rm(dataDir, { recursive: true, force: true })
    })

    test('reports its driver', () => {
      expect(sandboxes.name).toBe(name)
    })

    test('runs JavaScript and Python', async () => {
      expect(await js(sandbox, 'console.log(6 * 7, process.version)')).toMatchObject({
        exit_code: 0,
        stdout: `42 ${process.version}\n`,
      })
      expect(await runCode(sandbox, 'python', 'print(6 * 7)')).toMatchObject({ exit_code: 0, stdout: '42\n' })
    })

    test('has the libraries that the description of run_code names', async () => {
      const python = await runCode(sandbox, 'python', USE_LIBRARIES)
      expect(python).toMatchObject({
        stderr: '',
        exit_code: 0,
        stdout: 'png 1200x800\npdf Sales\ndocx Hello\nxlsx 6\n',
      })
      expect(await js(sandbox, "require('exceljs'); require('jszip'); console.log('both')")).toMatchObject({
        stdout: 'both\n',
      })
    }, 120_000)

    test('runs the tools of the registry', async () => {
      const input = { path: 'notes/a.txt', content: 'written inside' }
      const { output } = await sandbox.call(callOf(input, { tool: 'write_file' }), new AbortController().signal)
      expect(output).toBeTruthy()
      expect(String(await sandbox.readFile('notes/a.txt', 1_000))).toBe('written inside')
    })

    test('has the fonts for documents in any script', async () => {
      const title = 'Łódź 世界 日本語 한국어 مرحبا שלום สวัสดี नमस्ते ខ្មែរ ქართული አማርኛ 👍 🚀 ∑'
      const deck = callOf({ title, slides: [{ title }] }, { tool: 'generate_powerpoint' })
      const { output } = await sandbox.call(deck, new AbortController().signal)
      expect(output).toMatchObject({ slides: 2, warnings: [] })
    })

    test('calls run at the same time, and each gets its own answer', async () => {
      const calls = Array.from({ length: 5 }, (_, i) =>
        js(sandbox, `setTimeout(() => console.log(${i}), ${(5 - i) * 100})`),
      )
      expect((await Promise.all(calls)).map(({ stdout }) => stdout)).toEqual(['0\n', '1\n', '2\n', '3\n', '4\n'])
    })

    test('cancels a call within a second', async () => {
      const controller = new AbortController()
      const endless = sandbox.call(callOf({ language: 'javascript', code: 'for (;;) {}' }), controller.signal)
      await sleep(500)
      const began = Date.now()
      controller.abort()
      await expect(endless).rejects.toMatchObject({ failure: { code: 'cancelled' } })
      expect(Date.now() - began).toBeLessThan(1_000)
    })

    test('enforces deadlines', async () => {
      const call = callOf({ language: 'python', code: 'while True: pass' }, { deadlineMs: 700 })
      await expect(sandbox.call(call, new AbortController().signal)).rejects.toMatchObject({
        failure: { code: 'timeout' },
      })
    })

    test('transfers files in both directions, complete and within the limit', async () => {
      const data = Buffer.alloc(2_500_000, 'abc')
      await sandbox.writeFile('in/big.bin', data)
      expect((await sandbox.readFile('in/big.bin', 3_000_000)).equals(data)).toBe(true)
      await expect(sandbox.readFile('in/big.bin', 2_000_000)).rejects.toThrow(/larger than the limit/)
      await expect(sandbox.readFile('nothing.txt', 10)).rejects.toMatchObject({ failure: { code: 'not_found' } })
    })

    test('the host never follows a link that the sandbox made', async () => {
      await js(
        sandbox,
        `const fs = require('node:fs'); fs.rmSync('leak', { force: true }); fs.rmSync('up', { force: true, recursive: true })
         fs.symlinkSync('/etc/passwd', 'leak'); fs.symlinkSync('/', 'up')`,
      )
      await expect(sandbox.readFile('leak', 10_000)).rejects.toBeInstanceOf(ToolCallError)
      await expect(sandbox.readFile('up/etc/hostname', 10_000)).rejects.toBeInstanceOf(ToolCallError)
      await expect(sandbox.writeFile('up/tmp/x', Buffer.from('x'))).rejects.toBeInstanceOf(ToolCallError)
      await expect(sandbox.readFile('../../etc/passwd', 10_000)).rejects.toBeInstanceOf(ToolCallError)
    })

    test('has no network of its own', async () => {
      const { port } = web.address() as AddressInfo
      const { stdout } = await js(
        sandbox,
        `const net = require('node:net'), os = require('node:os')
         const attempt = (host, port) => new Promise((done) => net.connect({ host, port, timeout: 3000 })
           .on('connect', () => done('open')).on('timeout', () => done('timeout')).on('error', (e) => done(e.code)))
         Promise.all([attempt('127.0.0.1', ${port}), attempt('1.1.1.1', 443), attempt('169.254.169.254', 80)]).then((seen) =>
           console.log(JSON.stringify({ seen, interfaces: Object.keys(os.networkInterfaces()) })))`,
      )
      const { seen, interfaces } = JSON.parse(stdout)
      expect(seen).toEqual(['ECONNREFUSED', expect.stringMatching(/UNREACH/), expect.stringMatching(/UNREACH/)])
      expect(interfaces).toEqual(['lo'])
    })

    test('reaches an allowed host through the proxy, and no other host', async () => {
      const { port } = web.address() as AddressInfo
      const get = (url: string) =>
        js(
          sandbox,
          `fetch('${url}').then(async (r) => console.log(r.status, await r.text()), (e) => console.log(e.cause?.cause?.message))`,
        )
      expect((await get(`http://allowed.test:${port}/hello`)).stdout).toBe('200 web saw /hello\n')
      expect((await get('http://denied.test/')).stdout).toMatch(/403/)
      expect((await get('https://denied.test/')).stdout).toMatch(/403/)
      expect((await get('http://private.test/')).stdout).toMatch(/403/)
      const python = await runCode(
        sandbox,
        'python',
        `import urllib.request; print(urllib.request.urlopen('http://allowed.test:${port}/py').read().decode())`,
      )
      expect(python.stdout).toBe('web saw /py\n')
      const denied = `import urllib.request; urllib.request.urlopen('https://denied.test/')`
      expect((await runCode(sandbox, 'python', denied)).stderr).toMatch(
        /denied.test is not among this persona's allowed hosts/,
      )
      const egress = logs.map((line) => JSON.parse(line)).filter((line) => line.verdict)
      expect(egress).toContainEqual(
        expect.objectContaining({
          verdict: 'denied',
          host: 'denied.test',
          trace_ids: ['run-contract'],
          persona_id: 'alice',
        }),
      )
    })

    test('a changed list of hosts takes effect at once', async () => {
      const { port } = web.address() as AddressInfo
      const bob = await sandboxes.sandboxFor(specOf('bob', { allowedHosts: [] }))
      const get = () =>
        js(
          bob,
          `fetch('http://allowed.test:${port}/').then((r) => console.log(r.status), () => console.log('refused'))`,
        )
      expect((await get()).stdout).not.toBe('200\n')
      await sandboxes.sandboxFor(specOf('bob'))
      expect((await get()).stdout).toBe('200\n')
    })

    test('runs unprivileged: not as root, without capabilities, without new privileges', async () => {
      const { stdout } = await js(sandbox, `console.log(require('node:fs').readFileSync('/proc/self/status', 'utf8'))`)
      expect(stdout).toMatch(/^CapEff:\s+0+$/m)
      expect(stdout).toMatch(/^CapBnd:\s+0+$/m)
      const noNewPrivileges = `import ctypes; print(ctypes.CDLL(None).prctl(39, 0, 0, 0, 0))` // PR_GET_NO_NEW_PRIVS
      expect((await runCode(sandbox, 'python', noNewPrivileges)).stdout).toBe('1\n')
      expect(Number(/^Uid:\s+(\d+)/m.exec(stdout)?.[1])).toBeGreaterThanOrEqual(1000)
    })

    test('can write to its workspace, its cache and /tmp, and nowhere else', async () => {
      const places = [
        '/workspace',
        '/cache',
        '/tmp',
        '/',
        '/usr',
        '/etc',
        '/tools',
        '/contracts',
        '/node_modules',
        '/run/egress',
      ]
      const { stdout } = await js(
        sandbox,
        `const fs = require('node:fs')
         console.log(${JSON.stringify(places)}.filter((place) => { try { fs.writeFileSync(place + '/probe', ''); return true } catch { return false } }).join())`,
      )
      expect(stdout).toBe('/workspace,/cache,/tmp\n')
    })

    test('sees neither the host nor other personas', async () => {
      const bob = await sandboxes.sandboxFor(specOf('bob'))
      await js(bob, `require('node:fs').writeFileSync('/workspace/bobs-plan.txt', 'bob only')`)
      const { stdout } = await js(
        sandbox,
        `const fs = require('node:fs'), path = require('node:path')
         const found = []
         const walk = (folder, depth) => { let names = []; try { names = fs.readdirSync(folder) } catch { return }
           for (const name of names) { const at = path.join(folder, name)
             if (name === 'bobs-plan.txt') found.push(at)
             if (depth < 4 && !/^.(proc|usr|node_modules|tools)/.test(at)) walk(at, depth + 1) } }
         walk('/', 0)
         const processes = fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).length
         const visible = ['/root', '/home', '/var/run/docker.sock', ${JSON.stringify(process.cwd())}, ${JSON.stringify(dataDir)}, '/etc/shadow']
           .filter((p) => { try { fs.readdirSync(p).length || fs.readFileSync(p); return fs.readdirSync(p).length > 0 } catch { try { fs.readFileSync(p); return true } catch { return false } } })
         console.log(JSON.stringify({ found, processes, visible }))`,
      )
      const { found, processes, visible } = JSON.parse(stdout)
      expect(found).toEqual([])
      expect(processes).toBeLessThan(10)
      expect(visible).toEqual([])
    })

    test('a secret is visible only to its call: not in the environment, the logs or the inspection', async () => {
      const code = `const fs = require('node:fs')
        const read = (file) => { try { return fs.readFileSync(file, 'latin1') } catch { return '' } }
        const pids = fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))
        console.log(pids.map((pid) => read('/proc/' + pid + '/environ') + read('/proc/' + pid + '/cmdline')).join(' '))
        console.error('${SECRET.slice(0, 6)}' + '${SECRET.slice(6)}')`
      const call = callOf({ language: 'javascript', code }, { secrets: { API_KEY: SECRET } })
      const { output } = await sandbox.call(call, new AbortController().signal)
      expect((output as RunCodeOutput).stdout).not.toContain(SECRET)
      expect((output as RunCodeOutput).stdout).toContain('HTTP_PROXY')
      expect(logs.join('\n')).not.toContain(SECRET)
      const seen = await world.inspect('alice', dataDir)
      expect(seen).toContain('/workspace')
      expect(seen).not.toContain(SECRET)
    })

    describe('a program', () => {
      const keepSecret = () =>
        sandbox.call(
          callOf({ path: 'kept.txt', content: 'x' }, { tool: 'write_file', secrets: { API_KEY: SECRET } }),
          new AbortController().signal,
        )

      test("reads no other call's secrets from memory", async () => {
        await keepSecret()
        expect((await runCode(sandbox, 'python', READ_MEMORY)).stdout).toBe('found []\n')
      })

      test('cannot answer another call as if it were the runner', async () => {
        const forging = runCode(sandbox, 'python', FORGE).catch(() => {})
        const read = () =>
          sandbox.call(callOf({ path: 'kept.txt', content: 'x' }, { tool: 'write_file' }), new AbortController().signal)
        for (let i = 0; i < 20; i += 1) expect((await read()).output).toMatchObject({ path: 'kept.txt' })
        await forging
        expect((await read()).output).toMatchObject({ path: 'kept.txt' })
      })

      test("cannot forge its own call's result", async () => {
        expect(await runCode(sandbox, 'python', FORGE_OWN_RESULT)).toMatchObject({
          exit_code: 0,
          stdout: 'honest words\n',
        })
      })

      test('has a user of its own, and the group of the tools', async () => {
        await keepSecret()
        const { stdout } = await runCode(sandbox, 'python', WHO_AM_I)
        const [, program, user, group, tools, toolsGroup] = /^(\d+) (\w+) (\d+)\n(\d+) (\d+)\n$/.exec(stdout) ?? []
        expect(user).toBe('program')
        expect(program).not.toBe(tools)
        expect(group).toBe(toolsGroup)
      })

      test('sees no process besides its keeper, and cannot stop the runner', async () => {
        const signalling = runCode(sandbox, 'python', SIGNAL_ALL)
        const kept = keepSecret()
        expect(await signalling).toMatchObject({
          exit_code: 0,
          stdout: expect.stringMatching(/^(perl|bwrap|python3| )+\n$/),
        })
        expect((await kept).output).toMatchObject({ path: 'kept.txt' })
        expect((await keepSecret()).output).toMatchObject({ path: 'kept.txt' })
      })

      test('that ends its own keeper only ends itself', async () => {
        expect([0, null]).toContain((await runCode(sandbox, 'python', END_ALL)).exit_code)
        expect((await js(sandbox, 'console.log("next")')).stdout).toBe('next\n')
      })

      test('and the tools use each other’s files, also those that were closed', async () => {
        await sandbox.writeFile('theirs/given.txt', Buffer.from('given'))
        const made = await runCode(sandbox, 'python', USE_FILES_OF_TOOLS)
        expect(made).toMatchObject({ exit_code: 0, stderr: '' })
        expect(String(await sandbox.readFile('theirs/given.txt', 100))).toBe('given and edited')
        expect(String(await sandbox.readFile('closed/secretive.txt', 100))).toBe('made by a program')
        await sandbox.writeFile('closed/old.txt', Buffer.from('written again'))
        await sandbox.writeFile('closed/fresh.txt', Buffer.from('by a tool'))
        await expect(sandbox.readFile('kept.txt', 100)).rejects.toMatchObject({ failure: { code: 'not_found' } })
        const cleaning = `import shutil
print(open('closed/old.txt').read(), open('closed/fresh.txt').read())
shutil.rmtree('closed')
shutil.rmtree('theirs')`
        expect(await runCode(sandbox, 'python', cleaning)).toMatchObject({
          stderr: '',
          stdout: 'written again by a tool\n',
        })
      })

      test('is heard while it runs, also when it is cancelled', async () => {
        const code = `import os, sys, time
print('first')
while not os.path.exists('go.txt'): time.sleep(0.05)
os.remove('go.txt')
print('last', file=sys.stderr)
time.sleep(60)`
        let printed = ''
        const controller = new AbortController()
        const events = {
          onPrinted: (text: string) => {
            printed += text
          },
        }
        const call = sandbox.call(callOf({ language: 'python', code }), controller.signal, events)
        const cancelled = expect(call).rejects.toMatchObject({ failure: { code: 'cancelled' } })
        await expect.poll(() => printed, { timeout: 20_000 }).toBe('first\n')
        await sandbox.writeFile('go.txt', Buffer.from('go'))
        await expect.poll(() => printed, { timeout: 20_000 }).toBe('first\nlast\n')
        controller.abort()
        await cancelled
        expect(printed).toBe('first\nlast\n')
      })

      test('that prints without end is ended, and the model is told', async () => {
        const { output } = await sandbox.call(
          callOf({ language: 'python', code: "print('first')\nwhile True: print('x' * 1000)" }),
          new AbortController().signal,
        )
        expect(output).toMatchObject({
          exit_code: null,
          timed_out: false,
          hint: expect.stringContaining('printed too much'),
        })
        expect((output as RunCodeOutput).stdout).toMatch(/^first\nxxx/)
      })

      test('imports a module that was written before', async () => {
        const input = { path: 'helper.py', content: 'def twice(n):\n    return 2 * n\n' }
        await sandbox.call(callOf(input, { tool: 'write_file' }), new AbortController().signal)
        const { stdout } = await runCode(sandbox, 'python', 'from helper import twice\nprint(twice(21))')
        expect(stdout).toBe('42\n')
      })

      test('that crashes is called by its signal, and loses nothing that it printed', async () => {
        const code = "import ctypes\nprint('so far')\nctypes.string_at(0)"
        expect(await runCode(sandbox, 'python', code)).toMatchObject({ signal: 'SIGSEGV', stdout: 'so far\n' })
      })

      test('loses neither its words nor its other files to a delivery that is refused', async () => {
        const code =
          "import os\nos.mkdir('folder')\nos.mkfifo('pipe')\nos.truncate(os.open('huge.bin', os.O_CREAT | os.O_WRONLY), 51 << 20)\nopen('good.txt', 'w').write('good')\nprint('printed')"
        const call = callOf({
          language: 'python',
          code,
          deliver: ['folder', 'pipe', 'huge.bin', 'x'.repeat(300), 'good.txt'],
        })
        const { output, files } = await sandbox.call(call, new AbortController().signal)
        expect(output).toMatchObject({ exit_code: 0, stdout: 'printed\n' })
        expect(files.map(({ path }) => path)).toEqual(['good.txt'])
      })

      test('leaves nothing running, and nothing outside of the workspace', async () => {
        const began = Date.now()
        expect((await runCode(sandbox, 'python', DAEMON)).stdout).toBe('left a daemon\n')
        expect(Date.now() - began).toBeLessThan(20_000)
        const beats = async () => (await sandbox.readFile('beat.txt', 100_000)).length
        const before = await beats()
        const { stdout } = await js(
          sandbox,
          `const fs = require('node:fs')
           setTimeout(() => console.log(fs.existsSync('/tmp/daemon'), fs.readdirSync('/proc').filter((name) => +name > 0).length), 500)`,
        )
        expect(stdout).toMatch(/^false [1-6]\n$/)
        expect(await beats()).toBe(before)
      })

      test('learns nothing about the host from the first process', async () => {
        const { stdout } = await js(
          sandbox,
          `const fs = require('node:fs'); console.log(fs.readFileSync('/proc/1/cmdline', 'latin1').replaceAll('\\0', ' '))`,
        )
        expect(stdout.length).toBeGreaterThan(1)
        expect(stdout).not.toContain(dataDir)
        expect(stdout).not.toContain(process.cwd())
      })

      if (name.includes('gVisor')) {
        // gVisor takes no filter of ours: its own kernel answers. It allows ptrace, keyctl and user namespaces, but to a
        // program that sees no process besides its own ("reads no other call's secrets from memory")
        test('runs on gVisor’s own kernel, which refuses calls that widen the attack surface', async () => {
          const { stdout } = await js(sandbox, `console.log(require('node:os').release())`)
          expect(stdout.trim()).not.toBe(release())
          const answers = JSON.parse((await runCode(sandbox, 'python', FORBIDDEN_CALLS)).stdout)
          for (const call of ['bpf', 'io_uring_setup', 'perf_event_open', 'pidfd_getfd', 'mount']) {
            expect(answers[call], call).toMatch(/^E/)
          }
        })
      } else {
        test('cannot make system calls that inspect other processes or widen the attack surface', async () => {
          const answers = JSON.parse((await runCode(sandbox, 'python', FORBIDDEN_CALLS)).stdout)
          expect(Object.keys(answers)).toHaveLength(10)
          for (const [call, answer] of Object.entries(answers)) expect([call, answer]).toEqual([call, 'EPERM'])
        })
      }
    })

    test('contains a fork bomb', async () => {
      const carol = await sandboxes.sandboxFor(specOf('carol'))
      const { stdout } = await runCode(carol, 'python', FORK_BOMB)
      const [, name, started] = /^(\w+) (\d+)$/m.exec(stdout) ?? []
      expect(name).toBe('BlockingIOError')
      expect(Number(started)).toBeLessThan(64)
      expect((await js(carol, 'console.log("alive")')).stdout).toBe('alive\n')
    })

    test('contains a program that uses too much memory, and works afterwards', async () => {
      const dave = await sandboxes.sandboxFor(specOf('dave'))
      const result = await runCode(dave, 'python', EAT_MEMORY).catch((error: ToolCallError) => error)
      if (result instanceof ToolCallError) expect(result.failure.code).toBe('sandbox_lost')
      else expect(result).toMatchObject({ exit_code: expect.not.toSatisfy((code) => code === 0) })
      expect((await js(dave, 'console.log("alive")')).stdout).toBe('alive\n')
    })

    test('limits the size of a file', async () => {
      const { stdout } = await runCode(sandbox, 'python', HUGE_FILE)
      expect(stdout).toBe('File too large\n')
    })

    test('ends a sandbox that exceeds its disk limit, and starts it again to delete files', async () => {
      const heidi = await sandboxes.sandboxFor(specOf('heidi'))
      await expect(runCode(heidi, 'python', MANY_FILES)).rejects.toMatchObject({
        failure: {
          code: 'tool_failed',
          message: expect.stringMatching(/keeps \d+ MB of files where 64 MB is the limit/),
        },
      })
      const cleaned = await js(
        heidi,
        `
        const fs = require('node:fs')
        fs.rmSync('parts', { recursive: true })
        setTimeout(() => console.log('clean'), 2000)`,
      )
      expect(cleaned.stdout).toBe('clean\n')
    })

    test('a call fails when its sandbox dies, and the next call finds the files in a new sandbox', async () => {
      const erin = await sandboxes.sandboxFor(specOf('erin'))
      await erin.writeFile('kept.txt', Buffer.from('still here'))
      const running = js(erin, 'setTimeout(() => {}, 30000)')
      running.catch(() => {})
      await sleep(300)
      await world.kill('erin', dataDir)
      await expect(running).rejects.toMatchObject({ failure: { code: 'sandbox_lost' } })
      // the program's room and the persona's room end one after the other
      const kept = () => erin.readFile('kept.txt', 100).then(String, ({ failure }: ToolCallError) => failure.code)
      await expect.poll(async () => (await kept()) !== 'sandbox_lost', { timeout: 20_000 }).toBe(true)
      expect(await kept()).toBe('still here')
    })

    describe('services', () => {
      let withEcho: Sandboxes
      let ivan: Sandbox
      const run = async (tool: string, input: object = {}, events: ToolCallEvents = {}) =>
        (await ivan.call(callOf(input, { tool }), new AbortController().signal, events)).output
      const echo = async (input: object = {}, tool = 'echo') =>
        (await run(tool, input)) as { pid: number; text: string }

      beforeAll(async () => {
        withEcho = await open({ runner: 'runner/fixtures/echo-runner.ts' })
        ivan = await withEcho.sandboxFor(specOf('ivan'))
      })
      afterAll(() => withEcho?.close())

      test('are run by a runner that was compiled before', async () => {
        expect(await run('compile_cache')).toMatch(/^\/compile-cache\/v\d/)
      })

      test('start when needed and are shared by calls', async () => {
        const [one, two] = await Promise.all([echo({ text: 'a' }), echo({ text: 'b' })])
        expect([one.text, two.text]).toEqual(['a', 'b'])
        expect(two.pid).toBe(one.pid)
        expect((await echo()).pid).toBe(one.pid)
        expect(logs.map((line) => JSON.parse(line))).toContainEqual(
          expect.objectContaining({ service: 'echo', state: 'started', persona_id: 'ivan' }),
        )
      })

      test('end when idle', async () => {
        const { pid } = await echo({}, 'echo_brief')
        await expect.poll(() => run('is_alive', { pid }), { timeout: 10_000 }).toBe(false)
      })

      test('fail their calls with a retryable error when lost, and the next call gets a new one', async () => {
        const { pid } = await echo()
        const using = Promise.withResolvers<void>()
        const held = run('hold', {}, { onProgress: () => using.resolve() })
        held.catch(() => {})
        await using.promise
        await run('kill', { pid })
        await expect(held).rejects.toMatchObject({ failure: { code: 'service_lost' } })
        expect((await echo()).pid).not.toBe(pid)
      })

      test('are replaced before use when they no longer answer', async () => {
        const deaf = await run('make_deaf')
        expect((await echo()).pid).not.toBe(deaf)
      })

      test('end with their sandbox', async () => {
        await ivan.writeFile('label.txt', Buffer.from(`echo-of-${name}-${process.pid}`))
        await echo({}, 'echo_labelled')
        if (!name.includes('gVisor')) expect(await countProcesses(`echo-of-${name}-${process.pid}`)).toBe(1)
        await ivan.stop()
        await expect.poll(() => countProcesses(`echo-of-${name}-${process.pid}`), { timeout: 10_000 }).toBe(0)
        expect((await echo()).text).toBe('hello')
      })
    })

    test('works in a folder of the caller, who owns the files before and after', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'lent-'))
      await writeFile(join(folder, 'given.txt'), 'given')
      const judy = await sandboxes.sandboxFor(specOf('judy', { workspace: folder }))
      const { stdout } = await js(
        judy,
        `const fs = require('node:fs'); fs.writeFileSync('made.txt', fs.readFileSync('given.txt') + ' and made')
         fs.symlinkSync('/etc/passwd', 'link'); console.log('done')`,
      )
      expect(stdout).toBe('done\n')
      await judy.stop()
      expect(await readFile(join(folder, 'made.txt'), 'utf8')).toBe('given and made')
      const owner = process.getuid?.()
      for (const name of ['.', 'given.txt', 'made.txt', 'link']) {
        expect((await lstat(join(folder, name))).uid, name).toBe(owner)
      }
      await rm(folder, { recursive: true })
    })

    test('leaves nothing behind when closed', async () => {
      const shortLived = await open()
      await shortLived.sandboxFor(specOf('frank'))
      expect(await world.countAlive('frank', dataDir)).toBeGreaterThan(0)
      await shortLived.close()
      expect(await world.countRemains('frank', dataDir)).toBe(0)
    })

    test('a killed executor leaves nothing running, and the next executor cleans up', async () => {
      const fixture = new URL('./start-one.fixture.ts', import.meta.url)
      const env = { ...process.env, ...world.env }
      const child = fork(fixture, [dataDir, 'grace'], { stdio: 'ignore', env })
      await once(child, 'message')
      expect(await world.countAlive('grace', dataDir)).toBeGreaterThan(0)
      child.kill('SIGKILL')
      await expect.poll(() => world.countAlive('grace', dataDir), { timeout: 10_000 }).toBe(0)
      const next = await open()
      expect(await world.countRemains('grace', dataDir)).toBe(0)
      await next.close()
    })
  })
}
