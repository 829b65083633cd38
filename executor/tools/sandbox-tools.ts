/** Calls that run in the persona's sandbox. */
import { type Sandbox, type SandboxSpec, sandboxLimitsOf } from '../../contracts/sandbox.ts'
import { attachmentPath } from '../../contracts/workspace.ts'
import { CallNotStarted, ToolCallError } from '../failures.ts'
import type { Attachment, ClaimedCall } from '../platform/types.ts'
import type { FileStore } from './file-store.ts'
import { MAX_FILE_BYTES } from './limits.ts'
import type { CallContext, Reconciled, ToolExecutor, ToolOutcome } from './tool-executor.ts'

/** Runs whose attachments stand in their workspace, as far as this worker remembers. */
const MAX_REMEMBERED = 10_000

/** The part of `executor/sandbox/` that is used here. */
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

  async execute(call: ClaimedCall, { signal, assertKept, secrets, onProgress }: CallContext): Promise<ToolOutcome> {
    const sandbox = await this.#prepare(call)
    if (call.effect === 'effect') assertKept()
    const { output, files } = await sandbox.call(
      {
        tool: call.tool,
        input: call.arguments,
        idempotencyKey: call.tool_run_id,
        traceId: call.trace_id,
        deadlineMs: call.timeout_seconds * 1000,
        secrets,
      },
      signal,
      { onProgress },
    )
    return {
      output,
      files: files.map((file) => ({ ...file, read: () => sandbox.readFile(file.path, MAX_FILE_BYTES) })),
      keep: (path, data) => sandbox.writeFile(path, data),
    }
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
      throw new CallNotStarted(`The sandbox could not be made ready: ${(error as Error).message}`, { cause: error })
    }
  }

  /** A process that is gone cannot be asked. */
  async reconcile(): Promise<Reconciled> {
    return { happened: 'unknown' }
  }

  /** Writes the run's attachments into the workspace before its first call there. */
  async #supply(call: ClaimedCall, sandbox: Sandbox): Promise<void> {
    if (call.attachments.length === 0) return
    let supplied = this.#supplied.get(call.run_id)
    if (!supplied) {
      const [oldest] = this.#supplied.keys()
      if (this.#supplied.size >= MAX_REMEMBERED && oldest) this.#supplied.delete(oldest)
      supplied = Promise.all(call.attachments.map((file) => this.#write(file, sandbox))).then(() => {})
      this.#supplied.set(call.run_id, supplied)
      supplied.catch(() => this.#supplied.delete(call.run_id))
    }
    await supplied
  }

  /** A file that is there already stays: the persona may have changed it since. */
  async #write(file: Attachment, sandbox: Sandbox): Promise<void> {
    const path = attachmentPath(file.name)
    const isThere = await sandbox.readFile(path, MAX_FILE_BYTES).then(
      () => true,
      () => false,
    )
    if (!isThere) await sandbox.writeFile(path, await this.#files.download('attachments', file.path))
  }
}
