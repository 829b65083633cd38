/**
 * For tests of tools: runs a tool in this process on a temporary workspace, with the same checks as the runner. Each deck
 * that a tool makes must follow the rules of `office-rules/`.
 */
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { z } from 'zod'
import type { ProducedFile, ToolDefinition } from '../../contracts/tool.ts'
import { ToolError } from '../../contracts/tool-errors.ts'
import type { SentPart } from '../../contracts/tool-parts.ts'
import type { ToolServices } from '../../contracts/tool-services.ts'
import { runCall } from '../runner/call.ts'
import { localPrograms } from './local-programs.ts'
import { deckFaults } from './office-rules/deck.ts'

const DECK = 'application/vnd.openxmlformats-officedocument.presentationml.presentation'

export interface RunOptions {
  /** Use the same key to repeat a call. Default: a new key. */
  key?: string
  secrets?: Record<string, string>
  signal?: AbortSignal
  onPrinted?(text: string): void
  /** The services that the tool needs, besides `programs`. */
  services?: Partial<ToolServices>
}

export interface ToolOutcome<O> {
  output: O
  files: ProducedFile[]
  parts: SentPart[]
  progress: string[]
}

export interface ToolBench {
  /** The workspace's absolute path. */
  workspace: string
  /** Rejects with the tool's error. A `ToolError` carries a code. */
  run<I extends z.ZodType, O extends z.ZodType>(
    tool: ToolDefinition<I, O>,
    input: z.input<I>,
    options?: RunOptions,
  ): Promise<ToolOutcome<z.output<O>>>
  /** The bytes of a file in the workspace. */
  read(path: string): Promise<Buffer>
}

/** Calls `use` with a workspace, and removes it afterwards. */
export async function withToolBench(use: (bench: ToolBench) => Promise<void>): Promise<void> {
  const workspace = await mkdtemp(join(tmpdir(), 'workspace-'))
  try {
    await use({
      workspace,
      run: (tool, input, options = {}) => runOnce(tool, input, workspace, options),
      read: (path) => readFile(join(workspace, path)),
    })
  } finally {
    await rm(workspace, { recursive: true, force: true })
  }
}

async function runOnce<I extends z.ZodType, O extends z.ZodType>(
  tool: ToolDefinition<I, O>,
  input: z.input<I>,
  workspace: string,
  options: RunOptions,
): Promise<ToolOutcome<z.output<O>>> {
  const progress: string[] = []
  const request = {
    type: 'call' as const,
    id: 'test',
    tool: tool.name,
    input,
    idempotency_key: options.key ?? randomUUID(),
    trace_id: 'run-test',
    deadline_ms: tool.timeoutSeconds * 1000,
    secrets: options.secrets ?? {},
  }
  const signal = options.signal ?? new AbortController().signal
  const print = (text: string) => options.onPrinted?.(text)
  const { output, files, parts } = await runCall(tool as ToolDefinition, request, workspace, signal, {
    progress: (message) => void progress.push(message),
    print,
    log: () => {},
    service: async (name) => {
      const service = name === 'programs' ? localPrograms(workspace, signal, print) : options.services?.[name]
      if (!service) throw new ToolError('need_missing', `The test provides no service ${name}.`)
      return service
    },
  })
  for (const { path, contentType } of files) {
    if (contentType === DECK) expect(await deckFaults(await readFile(join(workspace, path)))).toEqual([])
  }
  return { output: output as z.output<O>, files, parts, progress }
}
