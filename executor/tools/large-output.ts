/**
 * The one place that limits a tool's output. Output that is too long for the model is stored completely, in Storage for
 * people and in the workspace for the model. The row has its beginning and says how to read on.
 */
import type { ClaimedCall } from '../platform/types.ts'
import type { FileStore } from './file-store.ts'
import { MAX_KEPT_BYTES, MAX_OUTPUT_BYTES } from './limits.ts'
import { runFolder } from './store-files.ts'
import type { ToolOutcome } from './tool-executor.ts'

export interface StoredOutput {
  output: unknown
  output_path?: string
}

export async function storeOutput(call: ClaimedCall, outcome: ToolOutcome, store: FileStore): Promise<StoredOutput> {
  const compact = JSON.stringify(outcome.output) ?? 'null'
  if (Buffer.byteLength(compact) <= MAX_OUTPUT_BYTES) return { output: outcome.output ?? null }

  const isText = typeof outcome.output === 'string'
  const whole = isText ? (outcome.output as string) : JSON.stringify(outcome.output, null, 2)
  const data = Buffer.from(whole)
  const suffix = isText ? 'txt' : 'json'
  const path = `${runFolder(call)}/outputs/${call.tool_run_id}.${suffix}`
  await store.upload('artifacts', path, data, isText ? 'text/plain; charset=utf-8' : 'application/json')

  const file = `tool-outputs/${call.tool}-${call.tool_run_id.slice(-12)}.${suffix}`
  const isKept = await keep(outcome, file, data)
  const output = {
    truncated: true,
    beginning: data.subarray(0, MAX_OUTPUT_BYTES).toString('utf8'),
    bytes: data.length,
    hint: isKept
      ? `Only the beginning is shown. The whole output is the file ${file} in the workspace: read on with read_file, or take what you need with run_code.`
      : 'Only the beginning is shown. Ask the tool for less, or for another part.',
  }
  return { output, output_path: path }
}

async function keep(outcome: ToolOutcome, file: string, data: Buffer): Promise<boolean> {
  if (!outcome.keep || data.length > MAX_KEPT_BYTES) return false
  return outcome.keep(file, data).then(
    () => true,
    () => false,
  )
}
