import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'

/** Frees the reservation of a call that was not made. */
export async function releaseModelCall(query: Query, id: string): Promise<void> {
  await call(query, 'select platform.release_model_call(llm_call_id => $1) as result', [id])
}
