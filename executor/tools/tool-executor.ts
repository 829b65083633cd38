/** How a claimed call is carried out, wherever its tool runs. */
import type { ClaimedCall } from '../platform/types.ts'

/** A file that the tool made for people. */
export interface MadeFile {
  /** Relative to the workspace. */
  path: string
  contentType: string
  read(): Promise<Buffer>
}

export interface ToolOutcome {
  output: unknown
  files: MadeFile[]
  /** Puts a text into the workspace, where the model can read it in parts; undefined where there is no workspace. */
  keep?(path: string, data: Buffer): Promise<void>
}

export interface CallContext {
  signal: AbortSignal
  /**
   * Throws when another worker may have the call by now (this process was paused, or the database is away). To be asked
   * at the last moment before an effect leaves this process, while it is certain that it has not.
   */
  assertKept(): void
  /** Opened; only those that the tool declared and the persona was granted. */
  secrets: Record<string, string>
  onProgress(message: string, fraction?: number): void
}

/** What became of an effect whose worker was lost: the outcome, that it did not happen, or that nobody can tell. */
export type Reconciled = { happened: 'yes'; outcome: ToolOutcome } | { happened: 'no' | 'unknown' }

export interface ToolExecutor {
  /** Rejects with a ToolCallError. */
  execute(call: ClaimedCall, context: CallContext): Promise<ToolOutcome>
  /** Looks whether an effect that was started, and lost, has happened. */
  reconcile(call: ClaimedCall, context: CallContext): Promise<Reconciled>
}
