import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'

export interface NewModelCall {
  runId: string
  fence: number
  provider: string
  model: string
  /** Upper bounds: what the call may cost at most is reserved. */
  inputTokens: number
  maxOutputTokens: number
}

/** Reserves a model call's worst case. `stopped` names the cap that does not allow it; the run is failed then. */
export function beginModelCall(
  query: Query,
  c: NewModelCall,
): Promise<{ llm_call_id: string; stopped?: undefined } | { stopped: string }> {
  const sql = `select platform.begin_model_call(run_id => $1, fence => $2, provider => $3, model => $4,
    input_tokens => $5, max_output_tokens => $6) as result`
  return call(query, sql, [c.runId, c.fence, c.provider, c.model, c.inputTokens, c.maxOutputTokens])
}
