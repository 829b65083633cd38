/** Calls to PostgREST, which return data or throw a refusal as a `Problem`. */
import type { SupabaseClient } from '@supabase/supabase-js'
import type { Database } from '../../../contracts/database.ts'
import { type ErrorCode, errors } from '../../../contracts/errors.ts'
import { Problem } from '../problem.ts'

/** The types come from contracts/database.ts, which is generated from supabase/schemas: a wrong column does not compile. */
export type Db = SupabaseClient<Database>

interface DatabaseError {
  code?: string
  message: string
  hint?: string | null
  details?: string | null
}
interface Answer<T> {
  data: T
  error: DatabaseError | null
  status: number
}

/** Awaits one call of supabase-js. Throws a `Problem` for a refusal, an `Error` with the cause for anything unexpected. */
export async function ask<T>(call: PromiseLike<Answer<T>>): Promise<NonNullable<T>> {
  const data = await find(call)
  if (data === null || data === undefined) throw new Error('The database answered without the expected data')
  return data
}

/** Like `ask`, but returns null if there is no such row. */
export async function find<T>(call: PromiseLike<Answer<T>>): Promise<T> {
  const { data, error, status } = await call
  if (error) throw toProblem(error, status)
  return data
}

/** Like `ask`, for commands that return nothing. */
export async function tell(call: PromiseLike<Answer<unknown>>): Promise<void> {
  await find(call)
}

/** SQLSTATEs for values that the zod schemas accept but the database refuses: checks, foreign keys, casts, depth. */
const INVALID_VALUE = /^(22\w{3}|54\w{3}|23502|23503|23514)$/
const NOT_REACHABLE = /^(PGRST00\d|57\w{3}|53\w{3}|08\w{3}|40001|40P01)$/

function toProblem(error: DatabaseError, status: number): Error {
  const { code = '', message, hint } = error
  if (/^PT\d{3}$/.test(code)) {
    if (hint && hint in errors) return new Problem(hint as ErrorCode, message, parsed(error.details))
    return new Error(`A refusal without a known code: ${hint}`, { cause: error })
  }
  if (status === 401) return new Problem('not_signed_in')
  if (code === '42501') return new Problem('not_allowed', undefined, undefined, { cause: error })
  if (INVALID_VALUE.test(code)) return new Problem('invalid_input', undefined, undefined, { cause: error })
  if (status === 0 || status >= 502 || NOT_REACHABLE.test(code)) {
    return new Problem('unavailable', undefined, undefined, { cause: error })
  }
  return new Error(`The database answered ${status} ${code}`, { cause: error })
}

function parsed(details: string | null | undefined): unknown {
  return details ? JSON.parse(details) : undefined
}
