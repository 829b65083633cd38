/** Calls a function of schema `platform`: one statement, one row, errors classified by SQLSTATE. */
import type { Query } from '../../contracts/database-handle.ts'
import { DatabaseAwayError, RefusedError, StaleClaimError } from './errors.ts'

/** Runs `select platform.f(…) as result` and returns the result. jsonb parameters are given as `toJson(value)`. */
export async function call<T>(query: Query, sql: string, params: unknown[]): Promise<T> {
  try {
    const [row] = await query<{ result: T }>(sql, params)
    return row?.result as T
  } catch (error) {
    throw translate(error)
  }
}

/** Codes of Node and PostgreSQL for a lost connection or a collision of transactions: the statement itself is not at fault. */
const AWAY =
  /^(08...|57P0[123]|53300|40001|40P01|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH)$/
const AWAY_MESSAGE =
  /connection (terminated|ended|closed)|timeout exceeded when trying to connect|not queryable|server closed/i

function translate(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { code = '', hint } = error as { code?: string; hint?: string }
  if (code === 'PP001') return new StaleClaimError(error.message)
  const refused = /^PT(\d{3})$/.exec(code)
  if (refused) return new RefusedError(Number(refused[1]), hint ?? 'refused', error.message)
  if (AWAY.test(code) || (!code && AWAY_MESSAGE.test(error.message))) {
    return new DatabaseAwayError(error.message, { cause: error })
  }
  return error
}

const UNSTORABLE = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g

/** JSON text that jsonb accepts: NUL and halves of surrogate pairs, which it refuses, become U+FFFD. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null'
  return text.includes('\\u') ? text.replace(UNSTORABLE, '$1\\ufffd') : text
}
