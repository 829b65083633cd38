/** Runs calls in the persona's sandbox. */
import { type Sandbox, type SandboxSpec, sandboxLimitsOf, type ToolCall } from '../../contracts/sandbox.ts'
import { MAX_FILE_BYTES } from '../../contracts/tool.ts'
import { attachmentPaths } from '../../contracts/workspace.ts'
import { loadTool } from '../../tools/registry.ts'
import { CallNotStarted, ToolCallError } from '../failures.ts'
import type { Attachment, ClaimedCall } from '../platform/types.ts'
import type { FileStore } from './file-store.ts'
import {
  type CallContext,
  type Reconciled,
  readReconciled,
  type ToolExecutor,
  type ToolOutcome,
} from './tool-executor.ts'

/** The messages whose attachments are in the workspace, as far as this worker remembers. */
const MAX_REMEMBERED = 10_000

/** The part of `executor/sandbox/` that this file uses. */
export interface Sandboxes {
  sandboxFor(spec: SandboxSpec): Promise<Sandbox>
}

export class SandboxTools implements ToolExecutor {
  readonly #sandboxes: Sandboxes
  readonly #files: FileStore
  readonly #supplied = new Map<string, Promise<void>>()

  constructor(sandboxes: Sandboxes, files: FileStore) {
    this.#sandboxes = sandboxes
    this.#files = files
  }

  async execute(
    call: ClaimedCall,
    { signal, assertKept, secrets, onProgress, onPrinted }: CallContext,
  ): Promise<ToolOutcome> {
    const sandbox = await this.#prepare(call)
    if (call.effect === 'effect') assertKept()
    return outcomeOf(await sandbox.call(toSandbox(call, secrets), signal, { onProgress, onPrinted }), sandbox)
  }

  async reconcile(call: ClaimedCall, { signal, secrets, onProgress, onPrinted }: CallContext): Promise<Reconciled> {
    const tool = await loadTool(call.tool).catch(() => undefined)
    if (!tool?.reconcile) return { happened: 'unknown' }
    const sandbox = await this.#prepare(call)
    const answer = await sandbox.call({ ...toSandbox(call, secrets), reconcile: true }, signal, {
      onProgress,
      onPrinted,
    })
    return readReconciled(answer.output, (output) => outcomeOf({ ...answer, output }, sandbox))
  }

  async #prepare(call: ClaimedCall): Promise<Sandbox> {
    try {
      const sandbox = await this.#sandboxes.sandboxFor({
        personaId: call.persona_id,
        allowedHosts: call.allowed_hosts,
        limits: sandboxLimitsOf(call.limits),
      })
      await this.#supply(call, sandbox)
      return sandbox
    } catch (error) {
      if (error instanceof ToolCallError && error.failure.code !== 'sandbox_lost') throw error
      throw new CallNotStarted(`The sandbox could not be prepared: ${(error as Error).message}`, { cause: error })
    }
  }

  /** Writes the attachments of the conversation into the workspace, each message's before the first call after it. */
  async #supply({ given_files }: ClaimedCall, sandbox: Sandbox): Promise<void> {
    for (const { message_id, files } of given_files) {
      let supplied = this.#supplied.get(message_id)
      if (!supplied) {
        const [oldest] = this.#supplied.keys()
        if (this.#supplied.size >= MAX_REMEMBERED && oldest) this.#supplied.delete(oldest)
        supplied = this.#supplyAll(message_id, files, sandbox)
        this.#supplied.set(message_id, supplied)
        supplied.catch(() => this.#supplied.delete(message_id))
      }
      await supplied
    }
  }

  /** Writes one file after the other, because files may be large and each is held in memory. */
  async #supplyAll(messageId: string, files: Attachment[], sandbox: Sandbox): Promise<void> {
    const paths = attachmentPaths(
      messageId,
      files.map(({ name }) => name),
    )
    for (const [index, file] of files.entries()) await this.#write(file, paths[index]!, sandbox)
  }

  /**
   * The message's folder has only its attachments. So a file that exists is the attachment, written before this worker took
   * over. It stays as it is, because the persona may have changed it.
   */
  async #write(file: Attachment, path: string, sandbox: Sandbox): Promise<void> {
    if (await isThere(sandbox, path)) return
    await sandbox.writeFile(path, await this.#files.download('attachments', file.path))
  }
}

/** A limit that makes the read only a check: every non-empty file exceeds it, and a missing file gives `not_found`. */
async function isThere(sandbox: Sandbox, path: string): Promise<boolean> {
  try {
    await sandbox.readFile(path, 0)
    return true
  } catch (error) {
    if (!(error instanceof ToolCallError)) throw error
    if (error.failure.code === 'sandbox_lost') throw error
    return error.failure.code !== 'not_found'
  }
}

const toSandbox = (call: ClaimedCall, secrets: Record<string, string>): ToolCall => ({
  tool: call.tool,
  input: call.arguments,
  idempotencyKey: call.tool_run_id,
  traceId: call.trace_id,
  deadlineMs: call.timeout_seconds * 1000,
  secrets,
})

const outcomeOf = ({ output, files, parts }: Awaited<ReturnType<Sandbox['call']>>, sandbox: Sandbox): ToolOutcome => ({
  output,
  parts,
  files: files.map((file) => ({ ...file, read: () => sandbox.readFile(file.path, MAX_FILE_BYTES) })),
  keep: (path, data) => sandbox.writeFile(path, data),
})
