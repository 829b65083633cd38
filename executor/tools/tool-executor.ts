/** The interface of everything that runs claimed calls, wherever the tool runs. */
import { z } from 'zod'
import type { SentPart } from '../../contracts/tool-parts.ts'
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
  /** What the tool shows the model in addition to its output. */
  parts?: SentPart[]
  /** Writes a text into the workspace, where the model can read it in parts. Undefined where there is no workspace. */
  keep?(path: string, data: Buffer): Promise<void>
}

export interface CallContext {
  signal: AbortSignal
  /**
   * Throws when another worker may hold the call by now (this process was paused, or the database is unreachable). Call it
   * at the last moment before an effect leaves this process.
   */
  assertKept(): void
  /** Decrypted secrets: only those that the tool declares and the persona was granted. */
  secrets: Record<string, string>
  onProgress(message: string, fraction?: number): void
  /** The next piece of what a program prints. */
  onPrinted(text: string): void
}

/** The answer about an effect whose worker was lost: its outcome, that it did not happen, or that nobody can tell. */
export type Reconciled = { happened: 'yes'; outcome: ToolOutcome } | { happened: 'no' | 'unknown' }

const Answer = z.discriminatedUnion('happened', [
  z.object({ happened: z.literal('yes'), output: z.unknown() }),
  z.object({ happened: z.enum(['no', 'unknown']) }),
])

/** Reads a tool's answer to a look-up. It may come from a sandbox, so an answer of another shape means that nobody can tell. */
export function readReconciled(answer: unknown, outcome: (output: unknown) => ToolOutcome): Reconciled {
  const { data = { happened: 'unknown' } } = Answer.safeParse(answer)
  return data.happened === 'yes' ? { happened: 'yes', outcome: outcome(data.output) } : { happened: data.happened }
}

export interface ToolExecutor {
  /** Rejects with a ToolCallError. */
  execute(call: ClaimedCall, context: CallContext): Promise<ToolOutcome>
  /** Looks up whether an effect happened that a lost worker had started. */
  reconcile(call: ClaimedCall, context: CallContext): Promise<Reconciled>
}
