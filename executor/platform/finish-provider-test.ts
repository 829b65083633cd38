import type { ProviderTestResult } from '../../contracts/api.ts'
import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'

/** The database adds what the call cost. */
export type TestedProvider = Omit<ProviderTestResult, 'cost' | 'currency' | 'has_price'>

/** Writes the result of a test. An old attempt changes nothing. */
export function finishProviderTest(query: Query, id: string, attempt: number, result: TestedProvider): Promise<void> {
  const sql = 'select platform.finish_provider_test(test_id => $1, attempt => $2, result => $3) as result'
  return call(query, sql, [id, attempt, toJson(result)])
}
