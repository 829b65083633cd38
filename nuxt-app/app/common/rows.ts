/** Awaits a PostgREST query; rejects with a `Failure` that carries the server's message. */
import { databaseFailure, Failure } from '@persona/sdk'

interface Answer {
  data: unknown
  error: { message: string; code?: string; hint?: string | null } | null
  status: number
}

export async function rows<T>(query: PromiseLike<Answer>): Promise<T[]> {
  return (await answerOf(query)) as T[]
}

/** One row; rejects with `not_found` when there is none that this person may see. */
export async function row<T>(query: PromiseLike<Answer>): Promise<T> {
  const data = (await answerOf(query)) as T | null
  if (data === null) throw new Failure('not_found', 'There is no such thing, or it is not open to you.', 404)
  return data
}

async function answerOf(query: PromiseLike<Answer>): Promise<unknown> {
  const { data, error, status } = await query
  if (!error) return data
  throw databaseFailure(error, status)
}
