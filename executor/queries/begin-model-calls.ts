import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'

export interface NewModelCall {
  run_id: string
  fence: number
  provider: string
  model: string
  /** Upper bounds: what the call may cost at most is reserved. */
  input_tokens: number
  max_output_tokens: number
}

/** `stopped` names the cap that does not allow the call; the run is failed then. */
export type BegunModelCall = { llm_call_id: string; stopped?: undefined } | { stopped: string }

/** Reserves the worst case of each call, in one transaction. */
export function beginModelCalls(query: Query, calls: NewModelCall[]): Promise<BegunModelCall[]> {
  return call(query, 'select platform.begin_model_calls(calls => $1) as result', [toJson(calls)])
}
