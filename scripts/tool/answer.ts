/** What `npm run tool` prints: one JSON line, whatever happened. */
import type { ProducedFile } from '../../contracts/tool.ts'

export interface Answer {
  ok: boolean
  output: unknown
  /** Paths relative to the workspace. */
  files: ProducedFile[]
  error: { code: string; message: string } | null
  /** The time of the call alone, without the start of its sandbox. */
  ms: number
}

export const succeeded = (output: unknown, files: ProducedFile[] = [], ms = 0): Answer => ({
  ok: true,
  output,
  files,
  error: null,
  ms,
})

export const failed = (code: string, message: string, ms = 0): Answer => ({
  ok: false,
  output: null,
  files: [],
  error: { code, message },
  ms,
})

/** Ends the command with this answer. */
export class CommandError extends Error {
  readonly answer: Answer

  constructor(code: string, message: string) {
    super(message)
    this.answer = failed(code, message)
  }
}
