/** Runs one program as a process group of its own that does not outlive the call. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { ToolError } from '../../contracts/tool-errors.ts'
import { hasCode } from '../kit/errors.ts'
import { HeadAndTail } from '../kit/truncate.ts'
import { locate, PRIVATE_FOLDER, writeWhole } from '../kit/workspace.ts'

/** What a program may see of the runner's environment: how to find programs and the one way out, no more. */
const PASSED_ON = [
  'PATH',
  'TMPDIR',
  'TZ',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'NODE_USE_ENV_PROXY',
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
]

const LANGUAGES = {
  javascript: { command: process.execPath, args: ['--no-warnings'], extension: '.js' },
  python: { command: 'python3', args: ['-u', '-X', 'utf8'], extension: '.py' },
}

export interface Script {
  language: keyof typeof LANGUAGES
  code: string
  stdin: string
  workspace: string
  timeoutMs: number
}

export interface ScriptResult {
  /** Null when a signal ended it. */
  exitCode: number | null
  timedOut: boolean
  stdout: string
  stderr: string
}

/** Rejects with the signal's reason when aborted; a program that fails or is too slow is a result, not a rejection. */
export async function runScript(script: Script, signal: AbortSignal): Promise<ScriptResult> {
  signal.throwIfAborted()
  const { command, args, extension } = LANGUAGES[script.language]
  const path = `${PRIVATE_FOLDER}/scripts/${randomUUID()}${extension}`
  await writeWhole(script.workspace, path, script.code)
  const file = await locate(script.workspace, path)
  try {
    const child = spawn(command, [...args, file], {
      cwd: script.workspace,
      env: environment(script.workspace),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    })
    return await watch(child, script, signal)
  } catch (error) {
    if (hasCode(error, 'ENOENT'))
      throw new ToolError('tool_failed', `This sandbox has no ${command}: use the other language.`)
    throw error
  } finally {
    await rm(file, { force: true })
  }
}

async function watch(child: ChildProcess, script: Script, signal: AbortSignal): Promise<ScriptResult> {
  const stdout = new HeadAndTail()
  const stderr = new HeadAndTail()
  let timedOut = false
  const kill = () => killGroup(child)
  const timer = setTimeout(() => {
    timedOut = true
    kill()
  }, script.timeoutMs)
  signal.addEventListener('abort', kill, { once: true })
  child.stdout?.on('data', (chunk: Buffer) => stdout.add(chunk))
  child.stderr?.on('data', (chunk: Buffer) => stderr.add(chunk))
  // A program that does not read its input closes the pipe: no concern of ours.
  child.stdin?.on('error', () => {})
  child.stdin?.end(script.stdin)
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      // What the program left running holds the pipes open; it ends with the program.
      child.once('exit', kill)
      child.once('close', resolve)
    })
    signal.throwIfAborted()
    return { exitCode, timedOut, stdout: stdout.text(), stderr: stderr.text() }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', kill)
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error
  }
}

function environment(workspace: string): NodeJS.ProcessEnv {
  const passed = PASSED_ON.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))
  return { ...Object.fromEntries(passed), HOME: workspace, LANG: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1' }
}
