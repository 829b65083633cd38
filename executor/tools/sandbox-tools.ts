/** Calls that run in the persona's sandbox. */
import { type Sandbox, type SandboxSpec, sandboxLimitsOf, type ToolCall } from '../../contracts/sandbox.ts'
import { attachmentPath } from '../../contracts/workspace.ts'
import { loadTool } from '../../tools/registry.ts'
import { CallNotStarted, ToolCallError } from '../failures.ts'
import type { Attachment, ClaimedCall } from '../platform/types.ts'
import type { FileStore } from './file-store.ts'
import { MAX_FILE_BYTES } from './limits.ts'
import {
  type CallContext,
  type Reconciled,
  readReconciled,
  type ToolExecutor,
  type ToolOutcome,
} from './tool-executor.ts'

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
    return outcomeOf(await sandbox.call(toSandbox(call, secrets), signal, { onProgress }), sandbox)
  }

  async reconcile(call: ClaimedCall, { signal, secrets, onProgress }: CallContext): Promise<Reconciled> {
    const tool = await loadTool(call.tool).catch(() => undefined)
    if (!tool?.reconcile) return { happened: 'unknown' }
    const sandbox = await this.#prepare(call)
    const answer = await sandbox.call({ ...toSandbox(call, secrets), reconcile: true }, signal, { onProgress })
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
      throw new CallNotStarted(`The sandbox could not be made ready: ${(error as Error).message}`, { cause: error })
    }
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
