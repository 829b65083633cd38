/** Puts a program into the workspace, so that it can import what is beside it, and has it run in a room of its own. */
import { randomUUID } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ToolError } from '../../contracts/tool-errors.ts'
import type { ProgramResult, Programs } from '../../contracts/tool-services.ts'
import { locate, PRIVATE_FOLDER, PROGRAM_FILE, writeWhole } from '../kit/workspace.ts'

/** No call takes longer. An older program belongs to a sandbox that was lost. */
const STALE_MS = 3_600_000

const LANGUAGES = {
  javascript: { command: process.execPath, args: ['--no-warnings'], extension: '.js' },
  python: { command: 'python3', args: ['-u', '-X', 'utf8'], extension: '.py' },
}

/** The exit code of `env` when there is no such program. */
const NOT_FOUND = 127

export interface Script {
  language: keyof typeof LANGUAGES
  code: string
  stdin: string
  workspace: string
  timeoutMs: number
}

/** A program that fails or is too slow is a result, not a rejection. */
export async function runScript(script: Script, programs: Programs, signal: AbortSignal): Promise<ProgramResult> {
  signal.throwIfAborted()
  const { language, code, stdin, workspace, timeoutMs } = script
  const { command, args, extension } = LANGUAGES[language]
  await removeStale(workspace)
  const path = `.program-${randomUUID()}${extension}`
  await writeWhole(workspace, path, code)
  const file = await locate(workspace, path)
  try {
    const words = ['env', ...environment(workspace), command, ...args, file]
    const result = await programs.run({ command: words, stdin, timeoutMs })
    signal.throwIfAborted()
    if (result.exitCode === NOT_FOUND && result.stderr.includes('No such file or directory')) {
      throw new ToolError('tool_failed', `This sandbox has no ${command}. Use the other language.`)
    }
    return result
  } finally {
    await rm(file, { force: true })
  }
}

async function removeStale(workspace: string): Promise<void> {
  for (const name of await readdir(workspace)) {
    if (!PROGRAM_FILE.test(name)) continue
    const { mtimeMs } = await stat(join(workspace, name)).catch(() => ({ mtimeMs: Date.now() }))
    if (Date.now() - mtimeMs > STALE_MS) await rm(join(workspace, name), { force: true })
  }
}

const environment = (workspace: string) => [
  `HOME=${workspace}`,
  'LANG=C.UTF-8',
  'PYTHONDONTWRITEBYTECODE=1',
  // matplotlib: draw without a window, and keep caches out of the workspace
  'MPLBACKEND=Agg',
  `MPLCONFIGDIR=${join(workspace, PRIVATE_FOLDER, 'matplotlib')}`,
]
