import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'
import type { RunError, Usage } from './types.ts'

/** Records that a model call failed, with the tokens that may be billed all the same, and frees what it had reserved. */
export async function failModelCall(
  query: Query,
  id: string,
  error: RunError,
  { inputTokens, outputTokens }: Usage,
  latencyMs: number,
): Promise<void> {
  const sql = `select platform.fail_model_call(
    llm_call_id => $1, error => $2, latency_ms => $3, input_tokens => $4, output_tokens => $5) as result`
  await call(query, sql, [id, toJson(error), Math.round(latencyMs), inputTokens, outputTokens])
}
