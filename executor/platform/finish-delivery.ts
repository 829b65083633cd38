import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'

export interface DeliveryResult {
  delivered: boolean
  response_status?: number | undefined
  error?: string | undefined
  /** Without it a failure is final. */
  retry_seconds?: number | undefined
}

/** Ends one try of a delivery. */
export function finishDelivery(query: Query, id: string, attempt: number, result: DeliveryResult): Promise<void> {
  const sql = 'select platform.finish_delivery(delivery_id => $1, attempt => $2, result => $3) as result'
  return call(query, sql, [id, attempt, toJson(result)])
}
